"""How much of an answer was played, by report or by time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.conversation.turn_record import (
    CHARACTERS_PER_S,
    SILENT_GRACE_S,
    UNREPORTED_GRACE_S,
    TurnRecord,
    ends_at_s,
    held,
    played_s,
    shall_hold,
    unheard_s,
)
from app.latency import silences

SECOND = 24_000


def speaking(*pieces: tuple[float, float]) -> TurnRecord:
    """Sound of so many seconds went out at these times."""
    record = TurnRecord(turn=1, epoch=1)
    for at_s, duration_s in pieces:
        record.sound(b"\1\1" * round(duration_s * SECOND), at_s)
    return record


def test_while_the_sound_is_held_nothing_is_played_and_what_is_left_sounds_later() -> None:
    record = speaking((0.0, 2.0), (5.0, 1.0))
    record.hush(0.5)
    record.hush(0.7)  # only the first time counts
    assert record.played_samples(now_s=3.0) == SECOND // 2
    assert record.silent_at_s() == float("inf") and record.ahead_s(3.0) == pytest.approx(2.5)
    record.unhush(3.5)
    assert record.moments.sounds == [(0.0, 0.5), (3.5, 1.5), (5.0, 1.0)]
    assert record.played_samples(now_s=4.0) == SECOND
    assert record.silent_at_s() == pytest.approx(6.0 + UNREPORTED_GRACE_S)
    record.unhush(9.0)
    assert len(record.moments.sounds) == 3


@given(
    st.lists(st.tuples(st.floats(0, 9), st.floats(0.01, 3)), max_size=6),
    st.floats(0, 9),
    st.floats(0, 5),
    st.floats(0, 30),
)
def test_held_sound_is_all_played_and_not_before_its_time(
    pieces: list[tuple[float, float]], since_s: float, gap_s: float, after_s: float
) -> None:
    pieces.sort()
    until_s = since_s + gap_s
    later = list(held(pieces, since_s, until_s))
    assert sum(duration for _, duration in later) == pytest.approx(sum(duration for _, duration in pieces))
    assert played_s(later, since_s) == pytest.approx(played_s(pieces, since_s))
    assert played_s(later, until_s) == pytest.approx(played_s(pieces, since_s))
    assert played_s(later, until_s + after_s) <= played_s(pieces, since_s) + after_s + 1e-9


def test_reports_are_believed() -> None:
    record = speaking((0.0, 2.0))
    record.report(SECOND, now_s=0.5)
    assert record.played_samples(now_s=100.0) == SECOND


def test_a_position_never_goes_back_nor_beyond_what_was_made() -> None:
    record = speaking((0.0, 2.0))
    for claimed, counted in ((SECOND, SECOND), (10, SECOND), (99 * SECOND, 2 * SECOND)):
        record.report(claimed, now_s=1.0)
        assert record.played_samples(now_s=1.0) == counted


def test_without_reports_sound_is_played_as_it_comes_and_waits_for_what_is_before_it() -> None:
    record = speaking((1.0, 1.0), (1.5, 1.0), (5.0, 1.0))
    for now_s, played in ((0.5, 0), (1.0, 0), (1.5, 0.5), (2.5, 1.5), (4.0, 2.0), (5.5, 2.5), (60.0, 3.0)):
        assert record.played_samples(now_s) == round(played * SECOND)


def test_an_unreported_turn_is_silent_when_its_sound_has_had_the_time_to_be_played() -> None:
    assert speaking((1.0, 1.0), (5.0, 1.0)).silent_at_s() == 6.0 + UNREPORTED_GRACE_S


def test_a_client_that_falls_silent_is_given_up_some_time_after_its_sound_should_have_ended() -> None:
    record = speaking((0.0, 4.0))
    record.report(SECOND, now_s=1.2)
    assert record.silent_at_s() == pytest.approx(1.2 + 3.0 + SILENT_GRACE_S)
    record.report(4 * SECOND, now_s=9.0)
    assert record.silent_at_s() == 0.0


def test_sound_is_ahead_until_it_is_played_or_its_client_has_gone() -> None:
    record = speaking((0.0, 30.0))
    assert record.ahead_s(now_s=10.0) == pytest.approx(20.0)
    record.report(SECOND, now_s=10.0)
    assert record.ahead_s(now_s=10.0) == pytest.approx(29.0)
    assert record.ahead_s(now_s=10.0 + 29.0 + SILENT_GRACE_S) == 0.0


def test_sound_that_was_cut_off_is_not_heard_later() -> None:
    record = speaking((0.0, 30.0))
    record.cut(now_s=2.0)
    record.cut(now_s=9.0)
    assert record.played_samples(now_s=20.0) == 2 * SECOND


def test_a_turn_without_sound_is_silent_at_once() -> None:
    assert TurnRecord(1, 1).silent_at_s() == 0.0
    assert TurnRecord(1, 1).played_samples(now_s=9.0) == 0


def test_what_is_unheard_is_made_and_not_played_or_written_and_not_made() -> None:
    assert unheard_s(2.0, round(3 * CHARACTERS_PER_S)) == pytest.approx(5.0)
    assert unheard_s(0.0, 0) == 0.0


def test_the_writer_is_held_above_the_most_and_until_a_good_part_was_heard() -> None:
    held, seen = False, []
    for waiting_s in (9.9, 10.1, 9.0, 7.1, 6.9, 9.9, 10.1):
        held = shall_hold(held, waiting_s, most_s=10.0)
        seen.append(held)
    assert seen == [False, True, True, True, False, False, True]
    assert not shall_hold(True, 1e9, most_s=float("inf"))


PIECES = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 5)), max_size=20).map(lambda pieces: sorted(pieces))


@given(pieces=PIECES, now_s=st.floats(0, 250))
def test_time_passes_in_speech_and_silence_only(pieces: list[tuple[float, float]], now_s: float) -> None:
    whole = sum(duration for _, duration in pieces)
    played = played_s(pieces, now_s)
    assert 0 <= played <= whole + 1e-9
    assert played <= now_s + 1e-9
    assert played_s(pieces, ends_at_s(pieces)) == pytest.approx(whole)
    assert ends_at_s(pieces) == pytest.approx(whole + sum(silences(pieces)))
