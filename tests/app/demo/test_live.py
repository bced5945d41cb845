"""Questions heard in pieces: the right thoughts after every piece, with and without a spoken correction."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.demo.checking import is_right
from app.demo.problems import LiveProblem, is_held_out, sample_live
from app.demo.problems.live import live_keys
from tests.app.demo.equations import equations, is_true

SEEDS = st.integers(min_value=0, max_value=2**32)


def live_problem(seed: int, corrected: bool | None = None) -> LiveProblem:
    rng = Random(seed)
    while True:
        live = sample_live(rng, held_out=False)
        if corrected is None or (live.correction is not None) == corrected:
            return live


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_events_and_tail_join_to_the_question(seed: int) -> None:
    live = live_problem(seed)
    assert live.heard(len(live.events)) + live.tail == live.whole.question


@given(SEEDS, st.booleans())
@settings(max_examples=200, deadline=None)
def test_thoughts_only_use_numbers_heard_so_far(seed: int, knew: bool) -> None:
    live = live_problem(seed)
    for count in range(1, len(live.events) + 1):
        steps_heard = max(event.step for event in live.events[:count]) + 1
        steps = live.steps if live.correction_heard(count) else live.first_steps
        for paragraph in live.thoughts(count, knew):
            assert all(is_true(equation) for equation in equations(paragraph))
        assert live.thoughts(count, knew)[-1] == f"{steps[steps_heard - 1].worked_line}."
        assert str(steps[steps_heard - 1].b) in live.heard(count)


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_without_a_correction_thoughts_only_grow(seed: int) -> None:
    live = live_problem(seed, corrected=False)
    for count in range(1, len(live.events)):
        shorter, longer = live.thoughts(count, knew=False), live.thoughts(count + 1, knew=False)
        assert longer[: len(shorter)] == shorter
        assert live.wrong_paragraph(count, knew=False) is None


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_a_thinker_that_had_begun_keeps_its_thoughts_and_corrects_them(seed: int) -> None:
    live = live_problem(seed, corrected=True)
    before = [event.is_correction for event in live.events].index(True)
    wrong = live.correction.step
    for count in range(before + 1, len(live.events) + 1):
        thoughts = live.thoughts(count, knew=False)
        assert thoughts[: wrong + 1] == live.thoughts(before, knew=False)
        assert thoughts[wrong + 1] == f"correction, {live.correction.right} not {live.correction.wrong}."
        assert thoughts[wrong + 2] == f"{live.steps[wrong].worked_line}."
        assert live.wrong_paragraph(count, knew=False) == wrong


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_a_thinker_that_knew_never_writes_the_wrong_step(seed: int) -> None:
    live = live_problem(seed, corrected=True)
    thoughts = live.thoughts(len(live.events), knew=True)
    assert thoughts == tuple(f"{step.worked_line}." for step in live.steps)
    assert live.wrong_paragraph(len(live.events), knew=True) is None


@given(SEEDS)
@settings(max_examples=200, deadline=None)
def test_a_correction_changes_one_operand_and_all_later_values_follow(seed: int) -> None:
    live = live_problem(seed, corrected=True)
    step = live.correction.step
    assert live.first_steps[step].b == live.correction.wrong != live.correction.right == live.steps[step].b
    assert live.steps[:step] == live.first_steps[:step]
    for index in range(1, len(live.steps)):
        assert live.steps[index].a == live.steps[index - 1].result > 0
        assert live.steps[index].op == live.first_steps[index].op


@given(SEEDS, st.booleans())
@settings(max_examples=200, deadline=None)
def test_each_answer_paragraph_rests_on_the_thought_with_its_result(seed: int, knew: bool) -> None:
    live = live_problem(seed)
    view = live.view(knew)
    assert is_right(view, "\n\n".join(view.answer))
    assert len(view.needs) == len(view.answer)
    assert view.needs[-1] == len(view.thoughts)
    for step, need in zip(live.steps, view.needs[1:], strict=True):
        assert view.thoughts[need - 1] == f"{step.worked_line}."


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_the_whole_question_is_planned_with_the_right_numbers(seed: int) -> None:
    live = live_problem(seed, corrected=True)
    wrong = live.first_steps[live.correction.step]
    assert live.whole.thoughts[0].startswith("plan: ")
    assert f"{wrong.worked_line}." not in live.whole.thoughts


@pytest.mark.parametrize("held_out", [False, True])
def test_live_problems_respect_the_split(held_out: bool) -> None:
    rng = Random(4)
    keys = [live_keys(sample_live(rng, held_out)) for _ in range(100)]
    assert all(is_held_out(corrected) == held_out for corrected, _ in keys)
    assert held_out or not any(is_held_out(first) for _, first in keys)


def test_about_half_of_live_problems_have_a_correction_at_any_step() -> None:
    rng = Random(5)
    live = [sample_live(rng, held_out=False) for _ in range(400)]
    steps = [problem.correction.step for problem in live if problem.correction]
    assert 0.3 < len(steps) / len(live) < 0.7
    assert {0, 1, 2, 3} <= set(steps)
