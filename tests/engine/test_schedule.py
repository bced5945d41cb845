"""Who may read how much in a step: fairly shared, nothing wasted, nobody forgotten."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.schedule import share_tokens

waits, budgets = st.lists(st.integers(0, 300), max_size=12), st.integers(0, 600)


@given(waiting=waits, budget=budgets, first=st.integers(0, 50))
def test_no_token_of_the_budget_is_wasted_and_none_is_given_twice(waiting: list[int], budget: int, first: int) -> None:
    shares = share_tokens(waiting, budget, first)
    assert sum(shares) == min(budget, sum(waiting))
    assert all(0 <= share <= wanted for share, wanted in zip(shares, waiting, strict=True))


@given(waiting=waits, budget=budgets, first=st.integers(0, 50))
def test_nobody_gets_more_than_another_who_still_wants_some(waiting: list[int], budget: int, first: int) -> None:
    """Max-min fair, up to the one token that cannot be divided."""
    shares = share_tokens(waiting, budget, first)
    for share, wanted in zip(shares, waiting, strict=True):
        if share < wanted:
            assert share >= max(shares) - 1


@given(waiting=st.lists(st.integers(1, 40), min_size=1, max_size=12), budget=st.integers(1, 30))
def test_what_cannot_be_divided_goes_round(waiting: list[int], budget: int) -> None:
    """Even of one token a step everybody gets some within a round, and all is read as fast as the budget allows."""
    left, total, steps = [*waiting], sum(waiting), 0
    while any(left):
        before = [*left]
        left = [wanted - given for wanted, given in zip(left, share_tokens(left, budget, steps), strict=True)]
        steps += 1
        assert left != before
        if steps == len(waiting):
            assert all(now < then for now, then in zip(left, waiting, strict=True))
    assert steps == -(-total // budget)


def test_a_short_question_is_read_at_once_beside_a_long_document() -> None:
    assert share_tokens([8000, 12], 512) == [500, 12]
    assert share_tokens([8000, 12, 8000], 32, first=1) == [10, 11, 11]
