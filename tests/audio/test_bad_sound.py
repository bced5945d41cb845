"""Sound as it should not be: with gaps, clipped, at other rates, in stereo, empty. What is heard of it all the same."""

import re
from pathlib import Path

import numpy as np
import pytest

from audio.asr.choose import Domain
from audio.asr.pocketsphinx_asr import PocketsphinxRecognizer
from audio.errors import EmptyAudio
from audio.events import FinalTranscript
from audio.listen import Listener
from audio.pcm import INPUT_RATE_HZ, Pcm, read_wav, resample, to_floats
from audio.tts.worker import EspeakSynthesizer
from audio.turns.vad import SileroVad
from audio.wav import encode_wav
from tests.audio.speech import in_room, quiet, say

QUESTION, WRITTEN = "what is nine times eight", "what is 9 times 8"


@pytest.fixture(scope="module")
def recognizer(sums: Domain) -> PocketsphinxRecognizer:
    return PocketsphinxRecognizer(sums.language_model, sums.dictionary)


@pytest.fixture(scope="module")
def sound(voice: EspeakSynthesizer) -> Pcm:
    return in_room(quiet(500), say(voice, QUESTION), quiet(900))


@pytest.fixture
def listener(vad: SileroVad, recognizer: PocketsphinxRecognizer) -> Listener:
    return Listener(vad, recognizer.fork())


def texts(listener: Listener, *pieces: np.ndarray) -> list[str]:
    events = [event for piece in pieces for event in listener.push(piece)] + listener.finish()
    return [event.text for event in events if isinstance(event, FinalTranscript)]


def test_samples_that_are_no_numbers_are_silence_and_the_words_around_them_are_heard(
    listener: Listener, sound: Pcm
) -> None:
    broken = to_floats(sound).copy()
    for at in range(0, len(broken), INPUT_RATE_HZ // 4):
        broken[at : at + 32] = (np.nan, np.inf, -np.inf, np.nan) * 8
    assert texts(listener, broken) == [WRITTEN]
    assert texts(listener, np.full(INPUT_RATE_HZ, np.nan, np.float32)) == []


def test_clipped_speech_is_heard(listener: Listener, sound: Pcm) -> None:
    loud = np.clip(sound.astype(np.int32) * 6, -32_768, 32_767).astype(np.int16)
    assert texts(listener, loud) == [WRITTEN]
    assert texts(listener, to_floats(sound).astype(np.float64) * 6) == [WRITTEN]


@pytest.mark.parametrize(
    ("rate_hz", "channels", "heard"),
    [
        (48_000, 1, WRITTEN),
        (48_000, 2, WRITTEN),
        (8_000, 1, "what is .*8"),  # above 4 kHz there is nothing: a weak recogniser mishears "nine times"
        (8_000, 2, "what is .*8"),
    ],
)
def test_files_of_other_rates_and_in_stereo_are_heard(
    listener: Listener, sound: Pcm, rate_hz: int, channels: int, heard: str, tmp_path: Path
) -> None:
    path = tmp_path / "sound.wav"
    at_rate = resample(sound, INPUT_RATE_HZ, rate_hz)
    header = bytearray(encode_wav(np.repeat(at_rate, channels), rate_hz))
    if channels == 2:  # the same samples, said to be of two channels
        header[22:24], header[32:34] = (2).to_bytes(2, "little"), (4).to_bytes(2, "little")
        header[28:32] = (rate_hz * 4).to_bytes(4, "little")
    path.write_bytes(header)
    read = read_wav(path)
    assert len(read) == pytest.approx(len(sound), abs=10)
    (text,) = texts(listener, read)
    assert re.fullmatch(heard, text)


def test_empty_sound_is_no_speech(listener: Listener, tmp_path: Path) -> None:
    assert texts(listener, *[np.zeros(0, np.int16)] * 100, np.zeros(0, np.float32), np.zeros(1, np.int16)) == []
    path = tmp_path / "empty.wav"
    path.write_bytes(encode_wav(np.zeros(0, np.int16), INPUT_RATE_HZ))
    with pytest.raises(EmptyAudio):
        read_wav(path)


def test_noise_and_steady_tones_at_full_scale_say_nothing(listener: Listener) -> None:
    rng = np.random.default_rng(0)
    square = np.sign(np.sin(np.arange(3 * INPUT_RATE_HZ) / 8)) * 32_767
    assert texts(listener, rng.normal(0, 12_000, 3 * INPUT_RATE_HZ).clip(-32_768, 32_767).astype(np.int16)) == []
    assert texts(listener, square.astype(np.int16)) in ([], [""])
