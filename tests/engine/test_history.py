"""The history as a transcript: what is kept, in what order things are forgotten."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.history import History

ROLE, CLOSE = (101, 102), (103,)


def history(most_turns: int = 5, most_tokens: int = 1000) -> History:
    return History(ROLE, CLOSE, most_turns, most_tokens)


def transcript(*turns: tuple[list[int], list[int]]) -> tuple[int, ...]:
    return tuple(token for said, answer in turns for token in (*said, *ROLE, *answer, *CLOSE))


def test_turns_are_kept_as_a_plain_transcript() -> None:
    found = history()
    found.add([1, 2], [3, 4, 5])
    found.add([6], [])
    assert found.tokens == transcript(([1, 2], [3, 4, 5]), ([6], []))


def test_only_the_newest_turns_are_kept() -> None:
    found = history(most_turns=2)
    for turn in range(4):
        found.add([turn], [turn])
    assert found.tokens == transcript(([2], [2]), ([3], [3]))


def test_a_family_without_history_remembers_nothing() -> None:
    found = history(most_turns=0)
    found.add([1], [2])
    found.shorten([])
    found.make_room(0)
    assert found.tokens == ()


def test_of_an_interrupted_answer_what_was_heard_is_kept_and_may_yet_grow() -> None:
    found = history()
    found.add([1], [2])
    found.add([3], [4, 5, 6, 7])
    found.shorten([4])
    assert found.tokens == transcript(([1], [2]), ([3], [4]))
    found.shorten([4, 5])
    assert found.tokens == transcript(([1], [2]), ([3], [4, 5]))


def test_the_newest_turn_can_be_taken_for_never_said() -> None:
    found = history()
    found.add([1], [2])
    found.add([3], [])
    found.forget_newest()
    assert found.tokens == transcript(([1], [2]))
    found.forget_newest()  # that was all
    assert found.tokens == transcript(([1], [2]))
    found.make_room(3)
    assert found.tokens == ()


def test_the_oldest_turns_are_forgotten_when_room_is_needed() -> None:
    found = history()
    for turn in range(3):
        found.add([turn], [turn])
    found.make_room(10)
    assert found.tokens == transcript(([1], [1]), ([2], [2]))


def test_a_turn_that_is_too_long_by_itself_loses_the_end_of_its_answer() -> None:
    found = history(most_tokens=8)
    found.add([1], [2])
    found.add([3, 3], list(range(10, 30)))
    assert found.tokens == transcript(([3, 3], [10, 11, 12]))


def test_a_turn_that_is_too_long_even_without_its_answer_is_forgotten() -> None:
    found = history(most_tokens=8)
    found.add(list(range(9)), [50])
    assert found.tokens == ()
    found.shorten([])
    assert found.tokens == ()


SOME_TOKENS = st.lists(st.integers(0, 99), max_size=12)


@given(
    turns=st.lists(st.tuples(SOME_TOKENS, SOME_TOKENS), max_size=8), most=st.integers(0, 40), room=st.integers(0, 40)
)
def test_it_never_holds_more_than_it_may_and_always_the_newest(
    turns: list[tuple[list[int], list[int]]], most: int, room: int
) -> None:
    found = history(most_turns=4, most_tokens=most)
    for said, answer in turns:
        found.add(said, answer)
        assert len(found.tokens) <= most
    found.make_room(room)
    assert len(found.tokens) <= min(most, room)
    whole = [transcript(turn) for turn in turns[-4:]]
    kept = found.tokens
    assert (
        kept == ()
        or any(kept == tuple(token for turn in whole[first:] for token in turn) for first in range(len(whole)))
        or (kept[-len(CLOSE) :] == CLOSE and kept[: -len(CLOSE)] == whole[-1][: len(kept) - len(CLOSE)])
    )
