"""faster-whisper from a local folder: really loaded, guessing along, and every trap of loading explained."""

import json
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audio.errors import RecognizerUnavailable
from audio.pcm import INPUT_RATE_HZ, Pcm
from audio.whisper_asr import WhisperModel, WhisperRecognizer
from audio.whisper_folder import find_whisper
from tests.audio.tiny_whisper import build_tiny_whisper

SECOND = INPUT_RATE_HZ


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def loaded(tiny: Path) -> WhisperModel:
    return WhisperModel(str(tiny), threads=1)


@pytest.fixture
def copy(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the model that a test may damage."""
    return Path(shutil.copytree(tiny, tmp_path / "model"))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something tried to reach the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def noise(samples: int) -> Pcm:
    return np.random.default_rng(0).normal(0, 3000, samples).astype(np.int16)


def test_a_local_folder_loads_and_transcribes(loaded: WhisperModel) -> None:
    assert isinstance(loaded.transcribe(noise(SECOND)), str)


def test_a_recogniser_works_on_the_real_model(loaded: WhisperModel) -> None:
    recognizer = WhisperRecognizer(loaded)
    recognizer.start()
    for _ in range(4):
        recognizer.feed(noise(SECOND // 4))
    assert recognizer.finish() == loaded.transcribe(np.concatenate([noise(SECOND // 4)] * 4))
    recognizer.close()


class FakeModel:
    """Hears the length of the sound; transcribes when it is let."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.go_on: Callable[[], None] = lambda: None

    def transcribe(self, pcm: Pcm) -> str:
        self.asked.append(len(pcm))
        self.go_on()
        return f"{len(pcm)} samples"


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def recognizer(model: FakeModel):  # type: ignore[no-untyped-def]
    made = WhisperRecognizer(model)  # type: ignore[arg-type]
    yield made
    made.close()


def next_partial(recognizer: WhisperRecognizer) -> str:
    for _ in range(200):
        if (partial := recognizer.feed(np.zeros(0, np.int16))) is not None:
            return partial.text
        time.sleep(0.005)
    raise AssertionError("no partial transcript came")


def test_guesses_come_while_the_user_speaks(recognizer: WhisperRecognizer) -> None:
    recognizer.start()
    assert recognizer.feed(noise(SECOND // 4)) is None
    recognizer.feed(noise(SECOND // 4))
    assert next_partial(recognizer) == f"{SECOND // 2} samples"


def test_after_a_pause_the_final_transcript_needs_no_further_pass(
    recognizer: WhisperRecognizer, model: FakeModel
) -> None:
    recognizer.start()
    recognizer.feed(noise(1000))
    recognizer.pause()
    assert next_partial(recognizer) == "1000 samples"
    assert recognizer.finish() == "1000 samples"
    assert model.asked == [1000]


def test_what_was_said_after_the_last_guess_is_in_the_final_transcript(recognizer: WhisperRecognizer) -> None:
    recognizer.start()
    recognizer.feed(noise(SECOND))
    next_partial(recognizer)
    recognizer.feed(noise(100))
    assert recognizer.finish() == f"{SECOND + 100} samples"


def test_feeding_does_not_wait_for_a_slow_model(recognizer: WhisperRecognizer, model: FakeModel) -> None:
    model.go_on = lambda: time.sleep(0.3)
    recognizer.start()
    began = time.perf_counter()
    for _ in range(10):
        recognizer.feed(noise(SECOND))
    assert time.perf_counter() - began < 0.2
    assert recognizer.finish() == f"{10 * SECOND} samples"


def test_a_cancelled_utterance_leaves_nothing_behind(recognizer: WhisperRecognizer, model: FakeModel) -> None:
    model.go_on = lambda: time.sleep(0.05)
    recognizer.start()
    recognizer.feed(noise(SECOND))
    recognizer.cancel()
    recognizer.start()
    recognizer.feed(noise(100))
    assert recognizer.finish() == "100 samples"


def test_an_utterance_without_sound_is_empty(recognizer: WhisperRecognizer, model: FakeModel) -> None:
    recognizer.start()
    assert recognizer.finish() == ""
    assert model.asked == []


def test_a_fork_shares_the_model_and_nothing_else(recognizer: WhisperRecognizer) -> None:
    other = recognizer.fork()
    recognizer.start()
    other.start()
    recognizer.feed(noise(100))
    other.feed(noise(200))
    assert (recognizer.finish(), other.finish()) == ("100 samples", "200 samples")
    other.close()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/no/such/folder", "no such folder"),
        ("./models/bse", "no such folder"),
        ("bse", "no such folder, and no name among base, "),
        ("base", "hf download Systran/faster-whisper-base$"),
        ("someone/some-whisper", "hf download someone/some-whisper$"),
    ],
)
def test_a_model_that_is_not_here_is_refused_with_what_to_do(
    name: str, reason: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(RecognizerUnavailable, match=reason):
        find_whisper(name)


def test_a_model_in_the_cache_of_the_hub_is_found_by_its_short_name(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repository = tmp_path / "models--Systran--faster-whisper-base"
    shutil.copytree(tiny, repository / "snapshots" / "abc")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    found = find_whisper("base")
    assert (found.name, found.path) == ("base", repository / "snapshots" / "abc")


@pytest.mark.parametrize("missing", ["tokenizer.json", "config.json", "vocabulary.json"])
def test_an_incomplete_model_is_refused_before_anything_is_fetched(copy: Path, missing: str) -> None:
    (copy / missing).unlink()
    with pytest.raises(RecognizerUnavailable, match=f"lacks {missing}"):
        find_whisper(str(copy))


def test_a_hugging_face_model_is_refused_with_how_to_convert_it(tiny: Path) -> None:
    with pytest.raises(RecognizerUnavailable, match=r"ct2-transformers-converter --model .*hugging_face"):
        find_whisper(str(tiny.parent / "hugging_face"))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecognizerUnavailable, match=r"no model\.bin"):
        find_whisper(str(tmp_path))


def test_a_pointer_instead_of_the_model_is_refused(copy: Path) -> None:
    (copy / "model.bin").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(RecognizerUnavailable, match="git lfs pull"):
        find_whisper(str(copy))


def test_a_damaged_model_is_refused(copy: Path) -> None:
    model = copy / "model.bin"
    model.write_bytes(model.read_bytes()[:5000])
    with pytest.raises(RecognizerUnavailable, match="does not load on cpu in int8"):
        WhisperModel(str(copy), threads=1)


@pytest.mark.parametrize("content", ["{", "{}"])
def test_a_damaged_tokenizer_is_refused(copy: Path, content: str) -> None:
    (copy / "tokenizer.json").write_text(content)
    with pytest.raises(RecognizerUnavailable, match=r"tokenizer of the model .* is damaged"):
        WhisperModel(str(copy), threads=1)


def test_features_that_do_not_fit_the_model_are_refused(copy: Path) -> None:
    settings = json.loads((copy / "preprocessor_config.json").read_text())
    (copy / "preprocessor_config.json").write_text(json.dumps({**settings, "feature_size": 128}))
    with pytest.raises(RecognizerUnavailable, match="failed on cpu"):
        WhisperModel(str(copy), threads=1)


def test_an_english_model_refuses_another_language(copy: Path) -> None:
    vocabulary = json.loads((copy / "vocabulary.json").read_text(encoding="utf-8"))
    vocabulary[vocabulary.index("")] = "not-empty"
    (copy / "vocabulary.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    with pytest.raises(RecognizerUnavailable, match="knows English only, not 'de'"):
        WhisperModel(str(copy), "de", threads=1)


def test_an_unknown_language_is_refused(tiny: Path) -> None:
    with pytest.raises(RecognizerUnavailable, match="no language 'klingon'"):
        WhisperModel(str(tiny), "klingon", threads=1)


@pytest.mark.parametrize("device", ["tpu", "cuda"])
def test_a_device_that_is_not_there_is_refused(tiny: Path, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audio.whisper_asr.gpu_count", lambda: 0)
    with pytest.raises(RecognizerUnavailable, match=device):
        WhisperModel(str(tiny), device=device)
