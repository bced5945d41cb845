"""Endpointing as a pure machine: probabilities in, the beginning and the end of utterances out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.endpoint import Action, Began, Ended, EndpointSettings, EndpointState, Paused, Resumed, advance, end
from audio.vad import FRAME_MS, FRAME_SAMPLES

SETTINGS = EndpointSettings(silence_ms=10 * FRAME_MS, min_speech_ms=2 * FRAME_MS, pause_ms=4 * FRAME_MS)
VOICE, HALF, QUIET = 0.9, 0.4, 0.05


def run(probabilities: list[float], settings: EndpointSettings = SETTINGS) -> list[tuple[int, Action]]:
    """(frame, action) pairs, frames counted from 1."""
    state, seen = EndpointState(), []
    for frame, probability in enumerate(probabilities, start=1):
        state, actions = advance(state, probability, settings)
        seen += [(frame, action) for action in actions]
    return seen


def test_an_utterance_begins_after_enough_voice_and_ends_after_enough_silence() -> None:
    seen = run([QUIET] * 5 + [VOICE] * 8 + [QUIET] * 10)
    assert seen == [
        (7, Began(5 * FRAME_SAMPLES)),
        (17, Paused()),
        (23, Ended(13 * FRAME_SAMPLES)),
    ]


def test_a_click_does_not_begin_an_utterance() -> None:
    assert run([QUIET, VOICE, QUIET, VOICE, QUIET] * 5) == []


def test_a_short_pause_does_not_end_an_utterance() -> None:
    seen = run([VOICE] * 4 + [QUIET] * 9 + [VOICE] * 3)
    assert [action for _, action in seen] == [Began(0), Paused(), Resumed()]


def test_a_weak_voice_keeps_an_utterance_alive_but_does_not_begin_one() -> None:
    assert run([HALF] * 30) == []
    assert [action for _, action in run([VOICE] * 2 + [HALF] * 30)] == [Began(0)]


def test_an_endless_voice_is_cut_at_the_longest_utterance() -> None:
    settings = EndpointSettings(max_utterance_s=20 * FRAME_MS / 1000)
    seen = run([VOICE] * 45, settings)
    assert seen[:3] == [(2, Began(0)), (20, Ended(20 * FRAME_SAMPLES)), (22, Began(20 * FRAME_SAMPLES))]


def test_ending_by_hand_ends_only_an_utterance_that_has_begun() -> None:
    state, _ = advance(EndpointState(), VOICE, SETTINGS)
    state, actions = end(state)
    assert actions == ()
    for _ in range(2):
        state, _ = advance(state, VOICE, SETTINGS)
    state, actions = end(state)
    assert actions == (Ended(3 * FRAME_SAMPLES),)
    assert not state.in_utterance


@given(st.lists(st.sampled_from([VOICE, HALF, QUIET]), max_size=200))
def test_actions_alternate_and_positions_never_run_backwards(probabilities: list[float]) -> None:
    open_utterance, paused, latest = False, False, 0
    for frame, action in run(probabilities):
        match action:
            case Began(first):
                assert not open_utterance
                open_utterance, paused = True, False
                assert latest <= first < frame * FRAME_SAMPLES
                latest = first
            case Paused():
                assert open_utterance and not paused
                paused = True
            case Resumed():
                assert open_utterance and paused
                paused = False
            case Ended(last):
                assert open_utterance
                open_utterance = False
                assert latest < last <= frame * FRAME_SAMPLES
                latest = last


@pytest.mark.parametrize(
    "wrong", [{"on_probability": 0.2}, {"off_probability": 0.0}, {"silence_ms": 0}, {"min_speech_ms": -1}]
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="endpointing needs"):
        EndpointSettings(**wrong)
