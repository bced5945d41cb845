"""Sums of independent parts: what is independent, what rests on it, and how it is asked."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from app.demo.problems.parts import parts
from tests.app.demo.equations import equations, is_true

SEEDS = st.integers(min_value=0, max_value=2**32)


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_outlines_name_the_independent_thoughts(seed: int) -> None:
    problem = parts(Random(seed))
    count = len(problem.outlines)
    assert 2 <= count <= 4
    assert problem.thoughts[0] == f"plan: {' and '.join(problem.outlines)}, then +."
    for outline, thought in zip(problem.outlines, problem.thoughts[1 : count + 1], strict=True):
        assert thought.startswith((f"{outline}:", f"{outline}="))
    assert len(problem.thoughts) == 2 * count
    assert problem.thoughts[-1].endswith(f"={problem.result}.")


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_the_answer_states_each_part_and_then_the_total(seed: int) -> None:
    problem = parts(Random(seed))
    count = len(problem.outlines)
    assert problem.needs == (*range(1, count + 2), 2 * count)
    for thought, sentence in zip(problem.thoughts[1:], problem.answer[1:-1], strict=False):
        assert thought.removesuffix(".").split("=")[-1] in sentence
    assert problem.result in problem.answer[-1]


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_parts_need_nothing_of_each_other(seed: int) -> None:
    problem = parts(Random(seed))
    count = len(problem.outlines)
    for thought in problem.thoughts[1 : count + 1]:
        assert all(is_true(equation) for equation in equations(thought))
        operands = thought.split(":")[0].split("=")[0]
        assert operands in problem.outlines
