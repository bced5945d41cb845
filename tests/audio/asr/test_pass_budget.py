"""Passes take no more than their share of a core."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.asr.pass_budget import PassBudget


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def make_pass(budget: PassBudget, clock: Clock, duration_s: float) -> None:
    with budget.one_pass():
        clock.now_s += duration_s


def test_after_a_pass_its_share_is_waited_for() -> None:
    clock = Clock()
    budget = PassBudget(0.25, clock=clock)
    assert budget.free()
    make_pass(budget, clock, 1.0)
    clock.now_s = 103.9
    assert not budget.free()
    clock.now_s = 104.0
    assert budget.free()


def test_a_pass_on_several_cores_costs_as_many() -> None:
    clock = Clock()
    budget = PassBudget(1.0, threads=3, clock=clock)
    make_pass(budget, clock, 1.0)
    clock.now_s = 102.9
    assert not budget.free()
    clock.now_s = 103.0
    assert budget.free()


def test_a_pass_that_could_not_wait_is_paid_for_afterwards_also_if_it_fails() -> None:
    clock = Clock()
    budget = PassBudget(0.5, clock=clock)
    make_pass(budget, clock, 1.0)
    with pytest.raises(OSError), budget.one_pass():
        clock.now_s += 1.0
        raise OSError
    clock.now_s = 103.9
    assert not budget.free()
    clock.now_s = 104.0
    assert budget.free()


@settings(deadline=None)
@given(st.floats(0.05, 2.0), st.lists(st.floats(0.01, 3.0), min_size=1, max_size=20))
def test_passes_that_wait_for_their_turn_keep_to_the_share(share: float, durations_s: list[float]) -> None:
    clock = Clock()
    budget = PassBudget(share, clock=clock)
    spent_s = 0.0
    for duration_s in durations_s:
        while not budget.free():
            clock.now_s += 0.01
        assert spent_s <= share * (clock.now_s - 100.0) + 1e-6
        make_pass(budget, clock, duration_s)
        spent_s += duration_s


def test_those_who_share_a_budget_listen_one_after_the_other_and_asking_never_blocks() -> None:
    budget = PassBudget(1.0)
    entered = threading.Event()

    def second() -> None:
        with budget.one_pass():
            entered.set()

    with budget.one_pass():
        other = threading.Thread(target=second)
        other.start()
        assert not entered.wait(0.05)
        budget.free()
    assert entered.wait(5)
    other.join()


@pytest.mark.parametrize(("share", "threads"), [(0.0, 1), (-1.0, 1), (float("nan"), 1), (0.5, 0)])
def test_a_budget_without_a_share_or_a_thread_is_refused(share: float, threads: int) -> None:
    with pytest.raises(ValueError, match="share above 0"):
        PassBudget(share, threads)
