"""What surrounds pocketsphinx: stable words, the mean of a voice, the floor of noise, and its protocol."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.asr.cepstral_mean import TYPICAL, UPDATE_FRAMES, WINDOW_FRAMES, improved, parse, share_of_before, written
from audio.asr.choose import Domain
from audio.asr.noise_floor import FLOOR_RATIO, frame_amplitudes, with_noise_floor
from audio.asr.pocketsphinx_asr import PocketsphinxRecognizer
from audio.asr.stable_words import StableWords
from audio.errors import RecognizerUnavailable
from audio.tts.worker import EspeakSynthesizer
from tests.audio.speech import in_room, quiet, say


def test_words_are_told_when_all_recent_guesses_share_them() -> None:
    words = StableWords(span_samples=100)
    assert words.stable("what is", 0) == "what is"
    assert words.stable("what is forty", 50) == "what is"
    assert words.stable("what is forty seven", 100) == "what is"
    assert words.stable("what is forty seven plus", 150) == "what is forty"
    assert words.stable("what will", 300) == "what will"


@given(st.lists(st.sampled_from(["", "a", "a b", "a b c", "b"]), min_size=1, max_size=20), st.integers(0, 5))
def test_told_words_are_always_the_beginning_of_the_latest_guess(guesses: list[str], span: int) -> None:
    words = StableWords(span)
    for at, guess in enumerate(guesses):
        assert guess.split()[: len(words.stable(guess, at).split())] == words.stable(guess, at).split()


def running_average(before: np.ndarray, own: np.ndarray, frames: int) -> np.ndarray:
    """pocketsphinx's own average, one frame after the other, of a voice that never changes."""
    total, count = before * WINDOW_FRAMES, WINDOW_FRAMES
    for _ in range(frames):
        total, count = total + own, count + 1
        if count >= WINDOW_FRAMES + UPDATE_FRAMES:
            total, count = total / count * WINDOW_FRAMES, WINDOW_FRAMES
    return total / count


@given(st.integers(1, 1500))
def test_the_mean_of_a_steady_voice_is_worked_out_of_the_average(frames: int) -> None:
    own = TYPICAL + 3.0
    average = running_average(TYPICAL, own, frames)
    assert np.allclose(average, share_of_before(frames) * TYPICAL + (1 - share_of_before(frames)) * own)
    better = improved(TYPICAL, average, frames)
    assert np.allclose(better, (100 * TYPICAL + frames * own) / (100 + frames))


def test_a_mean_survives_being_written() -> None:
    assert np.allclose(parse(written(TYPICAL)), TYPICAL, atol=1e-3)
    assert np.array_equal(improved(TYPICAL, TYPICAL, 0), TYPICAL)


def test_clean_sound_gets_a_floor_of_noise_and_noisy_sound_stays_as_it_is() -> None:
    voice = (8000 * np.sin(np.arange(16_000) / 10)).astype(np.int16)
    clean = np.concatenate([quiet(500), voice, quiet(500)])
    filled = with_noise_floor(clean)
    wanted = FLOOR_RATIO * frame_amplitudes(clean).max()
    assert frame_amplitudes(filled).min() == pytest.approx(wanted, rel=0.3)
    assert np.array_equal(with_noise_floor(clean), filled)
    noisy = in_room(clean, noise_amplitude=3 * wanted)
    assert np.array_equal(with_noise_floor(noisy), noisy)
    assert len(with_noise_floor(np.zeros(10, np.int16))) == 10


@pytest.fixture(scope="module")
def recognizer(sums: Domain) -> PocketsphinxRecognizer:
    return PocketsphinxRecognizer(sums.language_model, sums.dictionary)


def test_an_utterance_goes_on_after_a_pause(voice: EspeakSynthesizer, recognizer: PocketsphinxRecognizer) -> None:
    first, second = say(voice, "what is forty seven"), say(voice, "plus thirty eight")
    recognizer.start()
    recognizer.feed(in_room(quiet(300), first, quiet(200)))
    recognizer.pause()
    recognizer.feed(in_room(quiet(200), second, quiet(300)))
    assert recognizer.finish() == "what is 47 plus 38"


def test_a_cancelled_utterance_leaves_nothing_behind(
    voice: EspeakSynthesizer, recognizer: PocketsphinxRecognizer
) -> None:
    recognizer.start()
    recognizer.feed(in_room(quiet(300), say(voice, "tom has twelve apples")))
    recognizer.cancel()
    recognizer.start()
    recognizer.feed(in_room(quiet(300), say(voice, "what is nine times eight"), quiet(300)))
    assert recognizer.finish() == "what is 9 times 8"


def test_an_utterance_without_sound_or_words_is_empty(recognizer: PocketsphinxRecognizer) -> None:
    recognizer.start()
    assert recognizer.finish() == ""
    recognizer.start()
    assert recognizer.feed(np.zeros(0, np.int16)) is None
    recognizer.pause()
    assert recognizer.finish() == ""


def test_a_language_model_needs_its_dictionary(sums: Domain, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="come together"):
        PocketsphinxRecognizer(language_model=sums.language_model)
    with pytest.raises(RecognizerUnavailable, match=r"needs .*gone\.dict, which is missing"):
        PocketsphinxRecognizer(sums.language_model, tmp_path / "gone.dict")


def test_a_damaged_language_model_is_refused(sums: Domain, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.lm"
    damaged.write_text("this is no language model\n")
    with pytest.raises(RecognizerUnavailable, match=r"cannot load .*damaged\.lm"):
        PocketsphinxRecognizer(damaged, sums.dictionary)
