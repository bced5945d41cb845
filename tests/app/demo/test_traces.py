"""Traces of whole questions: their schedule is the engine's."""

import random
from itertools import pairwise

import pytest

from app.demo.mixture import Examples, Share
from app.demo.problems import is_held_out, sample_live, sample_problem
from app.demo.problems.live import live_keys
from app.demo.rows import FOREVER, NO_TARGET, Kind, Row
from app.demo.traces import AsyncTrace, Tokenized, no_think_trace, think_trace


def item_of(seed: int, examples: Examples) -> Tokenized:
    problem = sample_problem(random.Random(seed), held_out=False)
    return Tokenized(problem, examples.encode, examples.prompts)


def trace_of(item: Tokenized, seed: int, examples: Examples) -> list[Row]:
    return AsyncTrace(item, examples.prompts, random.Random(seed)).run()


@pytest.mark.parametrize("seed", range(20))
def test_answers_are_said_only_after_the_thoughts_they_need(seed, examples):
    item = item_of(seed, examples)
    rows = trace_of(item, seed, examples)
    thought_born = [r.born for r in rows if r.kind is Kind.THOUGHTS][1:]
    spoken = [r for r in rows if r.kind is Kind.OUTPUT and r.until == FOREVER]
    ends = [0, *cumulative(item.thoughts)]
    begins = [0, *cumulative(item.answer)][: len(item.answer)]
    for paragraph, first in enumerate(begins):
        needed = ends[item.needs[paragraph]]
        assert needed == 0 or thought_born[needed - 1] < spoken[first].born


def cumulative(paragraphs) -> list[int]:
    total, sums = 0, []
    for paragraph in paragraphs:
        total += len(paragraph)
        sums.append(total)
    return sums


@pytest.mark.parametrize("seed", range(10))
def test_both_streams_are_said_whole(seed, examples):
    item = item_of(seed, examples)
    rows = trace_of(item, seed, examples)
    prompts = examples.prompts
    for kind, prefix, paragraphs, end in (
        (Kind.THOUGHTS, prompts.thinker.prefix, item.thoughts, prompts.end_of_thoughts),
        (Kind.OUTPUT, prompts.writer.prefix, item.answer, prompts.end_of_output),
    ):
        lasting = [r for r in rows if r.kind is kind and r.until == FOREVER]
        said = [token for paragraph in paragraphs for token in paragraph]
        assert [r.token for r in lasting] == [*prefix, *said]
        assert [r.target for r in lasting][len(prefix) - 1 :] == [*said, end]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("share", [Share.ASYNC, Share.LIVE, Share.WORKERS])
def test_a_block_holds_one_token_at_each_place_and_questions_last_one_step(share, seed, examples):
    rows = examples.trace(share, random.Random(seed))
    for kind in {row.kind for row in rows} - {Kind.QUESTION}:
        own = [r for r in rows if r.kind is kind]
        lasting = sorted((r for r in own if r.until == FOREVER), key=lambda r: r.local)
        assert [r.local for r in lasting] == list(range(len(lasting)))
        assert all(a.born <= b.born for a, b in pairwise(lasting))
        for first, second in pairwise(sorted(own, key=lambda r: (r.local, r.born))):
            assert first.local != second.local or first.until <= second.born
    assert all(row.until == row.born + 1 for row in rows if row.kind is Kind.QUESTION)
    assert all(row.born < row.until for row in rows)


@pytest.mark.parametrize("seed", range(10))
def test_a_gate_that_says_no_says_so_because_a_thought_is_missing(seed, examples):
    item, prompts = item_of(seed, examples), examples.prompts
    rows = trace_of(item, seed, examples)
    answers = [r for r in rows if r.kind is Kind.QUESTION and r.target != NO_TARGET]
    assert answers and {r.target for r in answers} <= {prompts.gate_yes, prompts.gate_no}
    ends, begins = cumulative(item.thoughts), [0, *cumulative(item.answer)]
    for answer in answers:
        thoughts = sum(r.kind is Kind.THOUGHTS and r.born <= answer.born for r in rows) - 1
        said = sum(r.kind is Kind.OUTPUT and r.until == FOREVER and r.born <= answer.born for r in rows)
        complete = sum(end <= thoughts for end in ends)
        assert (answer.target == prompts.gate_yes) == (item.needs[begins.index(said)] <= complete)


def test_sequential_traces_spell_the_think_and_no_think_methods(tokenizer, examples):
    item, prompts = item_of(3, examples), examples.prompts
    for trace in (think_trace(item, prompts), no_think_trace(item, prompts)):
        text = tokenizer.decode([row.token for row in trace])
        assert text.startswith("<|im_start|>user\n") and "<think>" in text
        said = [row for row in trace if row.target != NO_TARGET]
        assert said == trace[-len(said) :]
        assert said[-1].target == prompts.end_of_output
        assert all(a.target == b.token for a, b in pairwise(said))


def test_no_held_out_problem_is_trained_on(examples, monkeypatch):
    seen = []

    def problem(*args, **options):
        seen.append((found := sample_problem(*args, **options)).key)
        return found

    def live(*args, **options):
        found = sample_live(*args, **options)
        seen.extend(live_keys(found))
        return found

    for module in ("mixture", "drills", "earlier"):
        monkeypatch.setattr(f"app.demo.{module}.sample_problem", problem)
    monkeypatch.setattr("app.demo.mixture.sample_live", live)
    rng = random.Random(8)
    for _, _ in zip(range(200), examples.draw(rng), strict=False):
        pass
    assert len(seen) >= 200
    assert not any(map(is_held_out, seen))


def test_a_question_of_the_user_never_holds_a_tag(tokenizer, examples):
    assert "<Thread>" in tokenizer.decode(examples.encode_tags("<Thread>"))
    assert len(examples.encode_tags("<Thread>")) == 1 < len(examples.encode("<Thread>"))
