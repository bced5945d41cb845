"""Turns that fork: what each block spells, and that threads do not see each other."""

import random

import pytest

from app.demo.problems import sample_problem
from app.demo.rows import NO_TARGET, THREADS, VIEW_OF, Kind
from app.demo.thread_trace import outlines_text, thread_trace
from app.demo.traces import Tokenized


def forked(seed: int, examples, families=("parts",)):
    problem = sample_problem(random.Random(seed), held_out=False, families=families)
    item = Tokenized(problem, examples.encode, examples.prompts)
    return problem, thread_trace(problem, item, examples.encode_tags, examples.prompts)


@pytest.mark.parametrize("seed", range(20))
def test_blocks_one_after_another_spell_the_format(seed, examples, tokenizer):
    problem, rows = forked(seed, examples)
    text = tokenizer.decode([row.token for row in sorted(rows, key=lambda row: row.born)])
    parts = problem.thoughts[1 : len(problem.outlines) + 1]
    threads = "".join(f"\n<Thread>\n{k}: {part}\n</Thread>" for k, part in enumerate(parts, start=1))
    rest = "".join(f"{paragraph}\n\n" for paragraph in problem.thoughts[len(parts) + 1 :])
    answer = "\n\n".join(problem.answer)
    assert text.endswith(
        f"\nthreads:\n{outlines_text(problem.outlines)}{threads}\n</Parallel>\n\n{rest}</think>\n\n{answer}"
    )
    assert "plan" not in text


@pytest.mark.parametrize("seed", range(20))
def test_what_the_engine_puts_in_is_not_to_be_predicted(seed, examples):
    problem, rows = forked(seed, examples)
    pieces = examples.prompts.fork_join
    for kind, opening in (*zip(THREADS, pieces.threads, strict=True), (Kind.JOINED, pieces.join)):
        own = [row for row in rows if row.kind is kind]
        if own:
            assert [row.token for row in own[: len(opening)]] == list(opening)
            assert all(row.target == NO_TARGET for row in own[: len(opening) - 1])
    ends = [row for row in rows if row.kind is not Kind.JOINED and row.target == NO_TARGET]
    assert all(row.target != NO_TARGET or row in ends for row in rows if row.kind is not Kind.JOINED)
    assert rows[-1].target == examples.prompts.end_of_output
    assert sum(kind in {row.kind for row in rows} for kind in THREADS) == len(problem.outlines)


def test_no_thread_sees_another_and_all_are_seen_when_joined():
    for kind in THREADS:
        assert VIEW_OF[kind] == (Kind.INPUT, kind)
    assert VIEW_OF[Kind.JOINED] == (Kind.INPUT, *THREADS, Kind.JOINED)


def test_a_problem_without_parts_is_thought_in_one_stream(examples, tokenizer):
    problem, rows = forked(1, examples, ("chain",))
    text = tokenizer.decode([row.token for row in rows])
    assert {row.kind for row in rows} == {Kind.INPUT}
    assert "threads:\nplan: " in text and text.endswith("\n\n".join(problem.answer))
