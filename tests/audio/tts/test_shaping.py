"""What a voice makes becomes 24 kHz sound with little silence at its end and one mark a word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.pcm import OUTPUT_RATE_HZ, QUIET_AMPLITUDE
from audio.tts.shaping import KEPT_SILENCE_MS, Shaping, TrailingSilence, WordSnap

SAMPLES = st.lists(st.sampled_from([0, 0, 0, QUIET_AMPLITUDE, -QUIET_AMPLITUDE, 5000, -32_768]), max_size=60)


@given(st.lists(SAMPLES, max_size=6), st.integers(0, 20))
def test_only_silence_at_the_very_end_is_shortened(chunks: list[list[int]], keep: int) -> None:
    trim = TrailingSilence(keep)
    passed = [trim.push(np.array(chunk, np.int16)) for chunk in chunks]
    out = np.concatenate([*passed, trim.finish()])
    whole = np.array([sample for chunk in chunks for sample in chunk], np.int16)
    loud = np.flatnonzero(np.abs(whole.astype(int)) > QUIET_AMPLITUDE)
    speech_end = int(loud[-1]) + 1 if len(loud) else 0
    assert np.array_equal(out, whole[: min(len(whole), speech_end + keep)])


def test_speech_is_not_held_back() -> None:
    trim = TrailingSilence(100)
    chunk = np.full(500, 3000, np.int16)
    assert len(trim.push(chunk)) == 500


def test_pieces_of_a_word_become_one_mark_on_the_whole_word() -> None:
    snap = WordSnap("so 47, (well)")
    marks = [snap.push(at, sample) for at, sample in [(0, 0), (3, 10), (4, 20), (5, 25), (8, 30), (9, 40)]]
    found = [(mark.text_start, mark.text_length, mark.sample) for mark in marks if mark]
    assert found == [(0, 2, 0), (3, 3, 10), (7, 6, 30)]


@pytest.mark.parametrize("outside", [2, 5, 100])
def test_an_event_outside_any_word_makes_no_mark(outside: int) -> None:
    assert WordSnap("so 4").push(outside, 0) is None


def test_marks_are_counted_in_samples_of_the_output() -> None:
    shaping = Shaping("one two", 22_050)
    second = np.full(22_050, 3000, np.int16)
    chunks = [shaping.push(second, [(0, 0), (4, 11_025)]), shaping.push(second, []), shaping.finish()]
    present = [chunk for chunk in chunks if chunk is not None]
    assert [mark.sample for chunk in present for mark in chunk.words] == [0, OUTPUT_RATE_HZ // 2]
    assert abs(sum(len(chunk.pcm) for chunk in present) - 2 * OUTPUT_RATE_HZ) <= 1


def test_the_end_of_a_phrase_keeps_only_a_short_silence() -> None:
    shaping = Shaping("one", 22_050)
    sound = np.concatenate([np.full(22_050, 3000, np.int16), np.zeros(22_050, np.int16)])
    chunks = [shaping.push(sound, [(0, 0)]), shaping.finish()]
    samples = sum(len(chunk.pcm) for chunk in chunks if chunk is not None)
    assert abs(samples - OUTPUT_RATE_HZ * (1 + KEPT_SILENCE_MS / 1000)) <= 2
