"""Endpointing as a pure machine: probabilities in, the beginning and the end of utterances out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.turns.endpoint import (
    Action,
    Began,
    Completeness,
    Confirmed,
    Ended,
    EndpointSettings,
    EndpointState,
    Paused,
    Resumed,
    advance,
    end,
)
from audio.turns.vad import FRAME_MS, FRAME_SAMPLES

SETTINGS = EndpointSettings(
    silence_ms=10 * FRAME_MS, min_speech_ms=2 * FRAME_MS, pause_ms=4 * FRAME_MS, confirm_ms=50 * FRAME_MS
)
VOICE, HALF, QUIET = 0.9, 0.4, 0.05


def run(
    probabilities: list[float],
    settings: EndpointSettings = SETTINGS,
    completeness: Completeness = Completeness.UNKNOWN,
    loud: bool = True,
) -> list[tuple[int, Action]]:
    """(frame, action) pairs, frames counted from 1."""
    state, seen = EndpointState(), []
    for frame, probability in enumerate(probabilities, start=1):
        state, actions = advance(state, probability, settings, completeness, loud)
        seen += [(frame, action) for action in actions]
    return seen


def test_an_utterance_begins_after_enough_voice_and_ends_after_enough_silence() -> None:
    seen = run([QUIET] * 5 + [VOICE] * 8 + [QUIET] * 10)
    assert seen == [
        (7, Began(5 * FRAME_SAMPLES)),
        (17, Paused()),
        (23, Ended(13 * FRAME_SAMPLES, 8 * FRAME_MS)),
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
    assert seen[:4] == [
        (2, Began(0)),
        (6, Confirmed()),
        (20, Ended(20 * FRAME_SAMPLES, 20 * FRAME_MS)),
        (22, Began(20 * FRAME_SAMPLES)),
    ]


def test_ending_by_hand_ends_only_an_utterance_that_has_begun() -> None:
    state, _ = advance(EndpointState(), VOICE, SETTINGS)
    state, actions = end(state)
    assert actions == ()
    for _ in range(2):
        state, _ = advance(state, VOICE, SETTINGS)
    state, actions = end(state)
    assert actions == (Ended(3 * FRAME_SAMPLES, 2 * FRAME_MS),)
    assert not state.in_utterance


@pytest.mark.parametrize(
    ("completeness", "frames"),
    [
        (Completeness.FINISHED, 6),
        (Completeness.UNKNOWN, 10),
        (Completeness.UNFINISHED, 30),
        (Completeness.AWAITED, 30),
    ],
)
def test_what_seems_complete_ends_sooner_than_what_does_not(completeness: Completeness, frames: int) -> None:
    settings = replace(SETTINGS, finished_silence_ms=6 * FRAME_MS, unfinished_silence_ms=30 * FRAME_MS)
    seen = run([VOICE] * 5 + [QUIET] * 40, settings, completeness)
    assert seen[-1] == (5 + frames, Ended(5 * FRAME_SAMPLES, 5 * FRAME_MS))


@pytest.mark.parametrize("completeness", list(Completeness))
def test_a_plain_silence_beyond_the_others_moves_them_along(completeness: Completeness) -> None:
    short = replace(SETTINGS, silence_ms=2 * FRAME_MS, finished_silence_ms=5 * FRAME_MS)
    long = replace(SETTINGS, silence_ms=60 * FRAME_MS, unfinished_silence_ms=50 * FRAME_MS)
    assert short.silence_frames(Completeness.FINISHED) == 2
    assert long.silence_frames(completeness) >= (60 if completeness is not Completeness.FINISHED else 1)


def test_a_judgement_that_comes_during_the_silence_counts_from_its_beginning() -> None:
    state = EndpointState()
    for probability in [VOICE] * 5 + [QUIET] * 12:
        state, _ = advance(state, probability, SETTINGS, Completeness.AWAITED)
    state, actions = advance(state, QUIET, SETTINGS, Completeness.FINISHED)
    assert actions == (Ended(5 * FRAME_SAMPLES, 5 * FRAME_MS),)


def test_a_voice_is_confirmed_once_when_it_has_lasted() -> None:
    settings = replace(SETTINGS, confirm_ms=5 * FRAME_MS)
    seen = run([VOICE] * 3 + [QUIET] * 5 + [VOICE] * 20, settings)
    assert [(frame, action) for frame, action in seen if isinstance(action, Confirmed)] == [(10, Confirmed())]


def test_a_cough_a_murmur_and_a_half_heard_voice_are_not_confirmed() -> None:
    settings = replace(SETTINGS, confirm_ms=5 * FRAME_MS)
    cough = run([VOICE] * 4 + [QUIET] * 20, settings)
    murmur = run([VOICE] * 30, settings, loud=False)
    half_heard = run([VOICE] * 2 + [HALF] * 30, settings)
    for seen in (cough, murmur, half_heard):
        assert isinstance(seen[0][1], Began)
        assert not any(isinstance(action, Confirmed) for _, action in seen)


def test_a_voice_is_confirmed_at_its_beginning_where_little_is_asked() -> None:
    settings = replace(SETTINGS, confirm_ms=2 * FRAME_MS)
    assert run([VOICE] * 3, settings) == [(2, Began(0)), (2, Confirmed())]


@given(st.lists(st.sampled_from([VOICE, HALF, QUIET]), max_size=200))
def test_actions_alternate_and_positions_never_run_backwards(probabilities: list[float]) -> None:
    open_utterance, paused, confirmed, latest = False, False, False, 0
    for frame, action in run(probabilities, replace(SETTINGS, confirm_ms=3 * FRAME_MS)):
        match action:
            case Began(first):
                assert not open_utterance
                open_utterance, paused, confirmed = True, False, False
                assert latest <= first < frame * FRAME_SAMPLES
                latest = first
            case Confirmed():
                assert open_utterance and not confirmed
                confirmed = True
            case Paused():
                assert open_utterance and not paused
                paused = True
            case Resumed():
                assert open_utterance and paused
                paused = False
            case Ended(last, voiced_ms):
                assert open_utterance
                open_utterance = False
                assert latest < last <= frame * FRAME_SAMPLES
                assert SETTINGS.min_speech_ms <= voiced_ms <= (last - latest) / FRAME_SAMPLES * FRAME_MS
                latest = last


@pytest.mark.parametrize(
    "wrong",
    [
        {"confirm_ms": 0},
        {"unfinished_silence_ms": 0},
        {"finished_silence_ms": -1},
        {"on_probability": 0.2},
        {"off_probability": 0.0},
        {"silence_ms": 0},
        {"min_speech_ms": -1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="endpointing needs"):
        EndpointSettings(**wrong)
