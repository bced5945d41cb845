"""Delays under the field's names, from noted moments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.latency import NAMES, Moments, silences


def test_silences_are_the_wait_before_the_first_piece_and_every_gap() -> None:
    assert silences([(2.0, 1.0), (2.5, 1.0), (6.0, 1.0)]) == [2.0, 2.0]


def test_the_wait_counts_from_the_end_of_the_users_speech() -> None:
    assert silences([(5.0, 1.0)], waiting_since=4.5) == [0.5]


def test_sound_that_is_there_in_time_leaves_no_silence() -> None:
    assert silences([(0.0, 1.0), (0.2, 1.0), (1.9, 1.0)]) == []


PIECES = st.lists(st.tuples(st.floats(0, 100), st.floats(0, 5)), max_size=20).map(lambda pieces: sorted(pieces))


@given(PIECES)
def test_silence_and_speech_together_fill_the_time_until_the_last_word(pieces: list[tuple[float, float]]) -> None:
    """Piece by piece: whatever time is not spoken is silent."""
    end = 0.0
    for ready, duration in pieces:
        end = max(end, ready) + duration
    assert sum(silences(pieces)) + sum(duration for _, duration in pieces) == pytest.approx(end)


def spoken_turn() -> Moments:
    return Moments(
        speech_end_s=10.0,
        decided_s=10.5,
        transcribed_s=10.6,
        input_end_s=10.6,
        first_token_s=10.8,
        first_answer_s=11.0,
        answer_steps=[4, 5, 6, 20],
        first_phrase_s=11.2,
        sounds=[(11.5, 1.0), (15.0, 2.0)],
    )


def test_a_spoken_turn_has_every_delay() -> None:
    assert spoken_turn().delays() == {
        "end_of_turn_delay": 500.0,
        "transcription_delay": 600.0,
        "ttft": 200.0,
        "ttfat": 400.0,
        "ttfb": 300.0,
        "ttfa": 300.0,
        "e2e_latency": 1500.0,
        "total_delay": 4000.0,  # 1.5 s before the first sound, 2.5 s between the two
        "adjusted_delay": 2000.0,  # each shortened by a second
        "steps_to_first": 4.0,
        "steps_delay": 11.0,  # 4 before the first, 7 before the last: three tokens last until step 13
    }


def test_a_typed_turn_has_no_delays_of_speech_and_waits_from_the_end_of_input() -> None:
    moments = spoken_turn()
    moments.speech_end_s = moments.decided_s = moments.transcribed_s = None
    delays = moments.delays()
    assert not {"end_of_turn_delay", "transcription_delay", "e2e_latency"} & set(delays)
    assert delays["total_delay"] == 3400.0


def test_a_silent_turn_has_no_delays_of_sound() -> None:
    moments = spoken_turn()
    moments.sounds = []
    assert not {"ttfa", "e2e_latency", "total_delay", "adjusted_delay"} & set(moments.delays())


def test_a_turn_of_which_nothing_came_has_none() -> None:
    assert Moments(input_end_s=1.0).delays() == {}


def test_sound_begins_where_it_can_be_heard() -> None:
    moments = spoken_turn()
    moments.first_audible_s = 11.6
    delays = moments.delays()
    assert (delays["ttfb"], delays["ttfa"]) == (300.0, 400.0)
    assert delays["e2e_latency"] == 1600.0
    assert delays["total_delay"] == 4100.0


def test_an_inaudible_first_piece_is_silence() -> None:
    moments = Moments(input_end_s=0.0, sounds=[(1.0, 0.5), (1.5, 1.0)], first_audible_s=1.75)
    assert moments.silences() == [1.75]


def test_the_result_is_waited_for_longer_than_the_first_word() -> None:
    moments = spoken_turn()
    moments.result_s = 16.0
    assert moments.delays()["first_result"] == 6000.0
    moments.speech_end_s = None
    assert moments.delays()["first_result"] == 5400.0


def test_an_interruption_counts_from_the_users_voice() -> None:
    assert Moments(voice_s=3.0, silenced_s=3.25).delays() == {"interrupt_to_silence": 250.0}


def test_delays_come_in_the_order_of_their_names() -> None:
    moments = spoken_turn()
    moments.result_s, moments.voice_s, moments.silenced_s = 16.0, 1.0, 2.0
    assert tuple(moments.delays()) == NAMES


def test_moments_at_zero_count() -> None:
    assert Moments(input_end_s=0.0, first_token_s=0.0).delays() == {"ttft": 0.0}


def test_pauses_shorter_than_a_second_are_forgiven_wholly() -> None:
    moments = Moments(input_end_s=0.0, sounds=[(0.4, 1.0), (2.0, 1.0)])
    assert moments.delays()["adjusted_delay"] == 0.0
    assert moments.delays()["total_delay"] == 1000.0
