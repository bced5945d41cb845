"""Turns with several workers: who takes which part, who rests and wakes, and that all see all."""

import random

import pytest

from app.demo.problems import Problem, sample_problem
from app.demo.rows import FOREVER, NO_TARGET, VIEW_OF, WORKERS, Kind, Row
from app.demo.traces import Tokenized
from app.demo.worker_trace import WorkerTrace

CASES = [(seed, count) for seed in range(8) for count in range(1, 5)]


def worked(seed: int, count: int, examples, families=("parts",)) -> tuple[Problem, list[Row]]:
    rng = random.Random(seed)
    problem = sample_problem(rng, held_out=False, families=families)
    item = Tokenized(problem, examples.encode, examples.prompts)
    trace = WorkerTrace(problem, item, examples.encode, examples.names[:count], examples.prompts, rng)
    return problem, trace.run()


def texts(rows: list[Row], tokenizer, step: int = FOREVER - 1) -> list[str]:
    """What stands in each worker's block after that step."""
    alive = [row for row in rows if row.born <= step < row.until]
    return [tokenizer.decode([row.token for row in alive if row.kind is kind]) for kind in WORKERS]


@pytest.mark.parametrize(("seed", "count"), CASES)
def test_every_part_is_done_once_and_worker_one_does_the_rest(seed, count, examples, tokenizer):
    problem, rows = worked(seed, count, examples)
    found = texts(rows, tokenizer)
    said = "".join(found)
    parts = problem.thoughts[1 : len(problem.outlines) + 1]
    for number, part in enumerate(parts, start=1):
        assert said.count(f"part {number}: {part}\n\n") == 1
    rest = "".join(f"{paragraph}\n\n" for paragraph in problem.thoughts[len(parts) + 1 :])
    assert found[0].endswith(rest)
    for number in range(1, min(count, len(parts)) + 1):
        assert found[number - 1].startswith(f"\n{number}:\npart {number}: ")


@pytest.mark.parametrize(("seed", "count"), CASES)
def test_no_sum_is_begun_before_all_parts_are_seen(seed, count, examples, tokenizer):
    problem, rows = worked(seed, count, examples)
    parts = len(problem.outlines)
    (last,) = [row for row in rows if row.target == examples.prompts.end_of_thoughts]
    assert last.kind is WORKERS[0]
    sums = problem.thoughts[parts + 1]
    for row in rows:
        own, *others = texts(rows, tokenizer, row.born) if row.kind is WORKERS[0] else [""]
        if own.split("\n\n")[-1] and f"\n\n{sums[:4]}" in own and "part" not in own.split("\n\n")[-1]:
            assert "".join([own, *others]).count(".\n\n") >= parts


@pytest.mark.parametrize(("seed", "count"), CASES)
def test_who_rests_is_fed_again_in_the_step_that_sees_a_paragraph_end(seed, count, examples, tokenizer):
    _, rows = worked(seed, count, examples)
    rest = examples.prompts.hogwild.rest
    ends = {
        row.born
        for row in rows
        if row.kind in WORKERS and tokenizer.decode([row.token]).endswith("\n\n") and first_birth(rows, row) == row.born
    }
    for row in rows:
        if row.target == rest and row.until != FOREVER:
            assert row.until in ends
            assert min(step for step in ends if step > row.born) == row.until


def first_birth(rows: list[Row], row: Row) -> int:
    return min(other.born for other in rows if (other.kind, other.local) == (row.kind, row.local))


@pytest.mark.parametrize(("seed", "count"), CASES)
def test_the_answer_is_said_whole_and_only_with_the_parts_it_states(seed, count, examples, tokenizer):
    problem, rows = worked(seed, count, examples)
    output = [row for row in rows if row.kind is Kind.OUTPUT and row.until == FOREVER]
    assert tokenizer.decode([row.token for row in output]).strip() == "\n\n".join(problem.answer)
    for index, row in enumerate(output):
        said = tokenizer.decode([earlier.token for earlier in output[:index]]).strip("\n")
        complete = "".join(texts(rows, tokenizer, row.born))
        for number in range(1, said.count("\n\n")):
            assert f"part {number}: {problem.thoughts[number]}\n\n" in complete


def test_other_problems_are_worked_by_worker_one_with_the_plan(examples, tokenizer):
    problem, rows = worked(5, 3, examples, ("story",))
    first, *others = texts(rows, tokenizer)
    assert first == "\n1:\n" + "".join(f"{paragraph}\n\n" for paragraph in problem.thoughts)
    assert others == ["\n2:\n", "\n3:\n", ""]


def test_each_worker_sees_the_others_in_order_and_the_writer_sees_all():
    assert VIEW_OF[Kind.WORKER_2][-4:] == (Kind.WORKER_1, Kind.WORKER_3, Kind.WORKER_4, Kind.WORKER_2)
    assert [kind for kind in VIEW_OF[Kind.OUTPUT] if kind in WORKERS] == list(WORKERS)
    assert VIEW_OF[Kind.QUESTION][-2:] == (Kind.WORKER_1, Kind.QUESTION)


def test_prefixes_are_given(examples):
    _, rows = worked(0, 2, examples)
    for kind, name in zip(WORKERS, examples.names, strict=False):
        own = [row for row in rows if row.kind is kind][: len(name)]
        if own:
            assert [row.token for row in own] == list(name)
            assert all(row.target == NO_TARGET for row in own[:-1])
