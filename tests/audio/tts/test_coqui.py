"""coqui voices through their real loading path, on tiny models with random weights: their speech is noise.

Where torchaudio is not installed (on PyPI it is a build for CUDA), `coqui_stubs` stands in for the little that is used.
"""

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from audio.errors import SynthesizerUnavailable
from audio.pcm import OUTPUT_RATE_HZ, write_wav
from audio.tts import coqui
from audio.tts.coqui import INSTALL, CoquiSynthesizer
from audio.tts.synthesizer import SpeechChunk
from audio.tts.worker import EspeakSynthesizer

if importlib.util.find_spec("TTS") is None:
    pytest.skip(f"needs coqui-tts ({INSTALL})", allow_module_level=True)

ROOT = Path(__file__).parents[3]
STUBS = Path(__file__).parent / "coqui_stubs"
PATIENT_S = 600.0
"""These tests do not judge how fast the machine is."""
TEXT = "The answer is forty two, and it is right."


@pytest.fixture(scope="module", autouse=True)
def torchaudio() -> Iterator[None]:
    """The stub, where the real one is missing, for worker processes only."""
    with pytest.MonkeyPatch.context() as patch:
        if importlib.util.find_spec("torchaudio") is None:
            patch.setenv("PYTHONPATH", os.pathsep.join([str(STUBS), *filter(None, [os.environ.get("PYTHONPATH")])]))
            patch.setattr(coqui, "check_packages", lambda: None)
        yield


@pytest.fixture(scope="module")
def models(torchaudio: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coqui")
    subprocess.run([sys.executable, "-m", "tests.audio.tts.tiny_coqui", str(folder)], cwd=ROOT, check=True, timeout=300)
    return folder


@pytest.fixture(scope="module")
def vits(models: Path) -> Iterator[CoquiSynthesizer]:
    with CoquiSynthesizer(str(models / "vits"), silent_timeout_s=PATIENT_S) as synthesizer:
        yield synthesizer


@pytest.fixture(scope="module")
def xtts(models: Path) -> Iterator[CoquiSynthesizer]:
    with CoquiSynthesizer(str(models / "xtts"), "Bert", language="de-AT", silent_timeout_s=PATIENT_S) as synthesizer:
        yield synthesizer


def samples_of(chunks: list[SpeechChunk]) -> int:
    return sum(len(chunk.pcm) for chunk in chunks)


def check_marks(chunks: list[SpeechChunk], text: str, estimated: bool) -> None:
    marks = [mark for chunk in chunks for mark in chunk.words]
    assert [text[mark.text_start :][: mark.text_length] for mark in marks] == text.split()
    places = [mark.sample for mark in marks]
    assert places == sorted(places)
    assert places[0] >= 0 and places[-1] <= samples_of(chunks)
    assert {mark.estimated for mark in marks} == {estimated}


def test_vits_speaks_a_phrase_and_tells_where_its_words_are(vits: CoquiSynthesizer) -> None:
    chunks = list(vits.stream(TEXT))
    assert samples_of(chunks) > OUTPUT_RATE_HZ / 4
    assert any(chunk.pcm.any() for chunk in chunks)
    check_marks(chunks, TEXT, estimated=False)
    assert "VITS in" in vits.description and "on cpu, voice its only one" in vits.description


@pytest.mark.parametrize("text", ["", "...", "ж", "\ud800 so", "🙂 7"])
def test_odd_texts_are_spoken_or_silent_and_the_voice_lives(vits: CoquiSynthesizer, text: str) -> None:
    process = vits.process_id
    list(vits.stream(text))
    assert samples_of(list(vits.stream("Well."))) > 1000
    assert vits.process_id == process


def test_a_word_the_model_spells_out_leaves_estimates(vits: CoquiSynthesizer) -> None:
    """ "42" is one word of the text and two of the model's."""
    text = "That is 42."
    check_marks(list(vits.stream(text)), text, estimated=True)


def test_a_faster_voice_takes_less_time(models: Path, vits: CoquiSynthesizer) -> None:
    with CoquiSynthesizer(str(models / "vits"), rate_wpm=80, silent_timeout_s=PATIENT_S) as slow:
        assert samples_of(list(slow.stream(TEXT))) > 1.3 * samples_of(list(vits.stream(TEXT)))


def test_a_process_killed_in_a_phrase_is_replaced_and_all_words_are_said(vits: CoquiSynthesizer) -> None:
    process = vits.process_id
    stream = vits.stream(TEXT)
    os.kill(process, signal.SIGKILL)
    check_marks(list(stream), TEXT, estimated=False)
    assert vits.process_id != process


def test_xtts_speaks_as_a_stream_with_estimated_words(xtts: CoquiSynthesizer) -> None:
    """How long random weights speak is chance: most phrases come in two pieces of twenty tokens or more."""
    spoken = [list(xtts.stream(TEXT)) for _ in range(3)]
    for chunks in spoken:
        check_marks(chunks, TEXT, estimated=True)
    assert max(map(len, spoken)) >= 2
    assert "XTTS in" in xtts.description and "voice Bert, language de" in xtts.description


def test_a_cancelled_xtts_stream_gives_nothing_more_and_the_next_phrase_comes(xtts: CoquiSynthesizer) -> None:
    stream = xtts.stream(TEXT)
    next(stream)
    stream.cancel()
    assert list(stream) == []
    check_marks(list(xtts.stream("Yes, sir.")), "Yes, sir.", estimated=True)


def test_xtts_takes_on_the_voice_of_a_wav_file(models: Path, voice: EspeakSynthesizer, tmp_path: Path) -> None:
    sound = np.concatenate([chunk.pcm for chunk in voice.stream("This is how I sound, and it is long enough.")])
    write_wav(tmp_path / "sam.wav", sound, OUTPUT_RATE_HZ)
    with CoquiSynthesizer(str(models / "xtts"), str(tmp_path / "sam.wav"), silent_timeout_s=PATIENT_S) as xtts:
        assert f"voice {tmp_path / 'sam.wav'}" in xtts.description
        check_marks(list(xtts.stream(TEXT)), TEXT, estimated=True)


def test_what_only_loading_finds_out_is_one_line(models: Path, tmp_path: Path) -> None:
    with pytest.raises(SynthesizerUnavailable, match="has no voice 'Zoe'; it has Anna, Bert"):
        CoquiSynthesizer(str(models / "vits_speakers"), "Zoe")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "config.json").write_bytes((models / "vits" / "config.json").read_bytes())
    (damaged / "model.pth").write_bytes((models / "vits" / "model.pth").read_bytes()[:10_000])
    with pytest.raises(SynthesizerUnavailable, match=r"damaged does not load on cpu \(.*\); fetch it again") as refused:
        CoquiSynthesizer(str(damaged))
    assert "\n" not in str(refused.value)
