"""faster-whisper from a local folder: really loaded, and every trap of loading explained."""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audio.asr.whisper_asr import WhisperRecognizer
from audio.asr.whisper_folder import find_whisper
from audio.asr.whisper_model import WhisperModel, most_tokens, whole_words
from audio.asr.whisper_options import WhisperOptions, core_share
from audio.errors import RecognizerUnavailable
from audio.pcm import INPUT_RATE_HZ, Pcm
from tests.audio.asr.tiny_whisper import build_tiny_whisper

SECOND = INPUT_RATE_HZ
ONE_THREAD = WhisperOptions(threads=1)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def loaded(tiny: Path) -> WhisperModel:
    return WhisperModel(str(tiny), options=ONE_THREAD)


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


def test_a_local_folder_loads_and_hears_words_within_the_sound(
    loaded: WhisperModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "audio.asr.whisper_model.believed", lambda words, *_: tuple(words)
    )  # it hears nonsense, in loops
    heard = loaded.transcribe(noise(3 * SECOND), prompt="what is")
    assert heard
    assert all(0 <= word.start <= word.end <= 3.1 * SECOND for word in heard)
    assert (loaded.device, loaded.compute_type, loaded.beam_size) == ("cpu", "int8", 1)


def test_sound_too_short_for_a_word_is_not_listened_to(loaded: WhisperModel) -> None:
    assert loaded.transcribe(noise(0)) == loaded.transcribe(noise(1)) == loaded.transcribe(noise(1599)) == ()


def test_a_recogniser_works_on_the_real_model(loaded: WhisperModel) -> None:
    recognizer = WhisperRecognizer(loaded)
    recognizer.start()
    told = [recognizer.feed(noise(SECOND // 4)) for _ in range(8)]
    recognizer.pause()
    told += [recognizer.feed(noise(0))]
    final = recognizer.finish()
    assert all(final.startswith(guess.committed) for guess in told if guess is not None)
    recognizer.close()


@pytest.mark.parametrize("level", [0.0, 1.0, 40_000.0])
@pytest.mark.parametrize("seconds", [0.1, 1.0, 31.0])
def test_whatever_the_sound_the_network_gives_words_or_none(loaded: WhisperModel, level: float, seconds: float) -> None:
    hiss = np.random.default_rng(1).normal(0, 1, round(seconds * SECOND)) * level
    heard = loaded.transcribe(np.clip(hiss, -32_768, 32_767).astype(np.int16), prompt="na na " * 500)
    assert all(word.text.strip() and word.start <= word.end for word in heard)


@pytest.mark.parametrize("beam_size", [1, 5])
def test_beam_size_number_format_and_language_are_taken(tiny: Path, beam_size: int) -> None:
    options = WhisperOptions(beam_size=beam_size, compute_type="float32", threads=1)
    model = WhisperModel(str(tiny), "de", options)
    assert (model.language, model.beam_size, model.compute_type) == ("de", beam_size, "float32")
    assert isinstance(model.transcribe(noise(SECOND)), tuple)


def test_a_number_format_the_device_has_not_is_refused(tiny: Path) -> None:
    with pytest.raises(RecognizerUnavailable, match=r"in float16 on cpu; compute_type can be auto, .*int8"):
        WhisperModel(str(tiny), options=WhisperOptions(compute_type="float16"))


@pytest.mark.parametrize("wrong", [{"compute_type": "int4"}, {"beam_size": 0}, {"threads": 0}, {"share": 0.0}])
def test_options_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="should be"):
        WhisperOptions(**wrong)


@pytest.mark.parametrize(("cores", "share", "threads"), [(1, 0.5, 1), (2, 0.5, 1), (8, 2.0, 4), (64, 16.0, 4)])
def test_a_larger_machine_lends_more_cores(
    cores: int, share: float, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert (core_share(WhisperOptions(), "cpu"), WhisperOptions().cpu_threads) == (share, threads)
    assert (core_share(WhisperOptions(), "cuda"), core_share(WhisperOptions(share=0.1), "cpu")) == (0.5, 0.1)


def test_pieces_are_joined_to_words_where_words_are_written_apart() -> None:
    pieces = [(" It's", 0.0, 0.2), (" 3", 0.2, 0.4), (":45", 0.4, 0.9)]
    assert [(word.text, word.start, word.end) for word in whole_words(pieces, "en")] == [
        (" It's", 0, SECOND // 5), (" 3:45", SECOND // 5, round(0.9 * SECOND)),
    ]  # fmt: skip
    assert [word.text for word in whole_words([("And", 0.0, 0.2), (" so", 0.2, 0.4)], "en")] == [" And", " so"]
    assert [word.text for word in whole_words([("你", 0.0, 0.1), ("好", 0.1, 0.2)], "zh")] == ["你", "好"]


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
        WhisperModel(str(copy), options=ONE_THREAD)


@pytest.mark.parametrize("content", ["{", "{}"])
def test_a_damaged_tokenizer_is_refused(copy: Path, content: str) -> None:
    (copy / "tokenizer.json").write_text(content)
    with pytest.raises(RecognizerUnavailable, match=r"tokenizer of the model .* is damaged"):
        WhisperModel(str(copy), options=ONE_THREAD)


def test_features_that_do_not_fit_the_model_are_refused(copy: Path) -> None:
    settings = json.loads((copy / "preprocessor_config.json").read_text())
    (copy / "preprocessor_config.json").write_text(json.dumps({**settings, "feature_size": 128}))
    with pytest.raises(RecognizerUnavailable, match=r"hears in 80 bands, .* makes 128; copy that file"):
        WhisperModel(str(copy), options=ONE_THREAD)


def test_a_pass_writes_no_more_than_anybody_can_say(loaded: WhisperModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights write without end: what they are stopped at is the limit."""
    assert [most_tokens(seconds * SECOND) for seconds in (0, 1, 12, 13)] == [60, 90, 420, None]
    assert most_tokens(SECOND, prompt="what is") is None
    written: list[int] = []
    generate = loaded._model.generate_with_fallback

    def counted(*arguments: Any) -> Any:
        made = generate(*arguments)
        written.append(len(made[0].sequences_ids[0]))
        return made

    monkeypatch.setattr(loaded._model, "generate_with_fallback", counted)
    loaded.transcribe(noise(SECOND))
    assert 40 <= written[0] <= 50
    loaded.transcribe(noise(12 * SECOND))
    assert 200 <= max(written) <= 224


def test_an_english_model_refuses_another_language(copy: Path) -> None:
    vocabulary = json.loads((copy / "vocabulary.json").read_text(encoding="utf-8"))
    vocabulary[vocabulary.index("")] = "not-empty"
    (copy / "vocabulary.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    with pytest.raises(RecognizerUnavailable, match="knows English only, not 'de'"):
        WhisperModel(str(copy), "de", ONE_THREAD)


def test_an_unknown_language_is_refused(tiny: Path) -> None:
    with pytest.raises(RecognizerUnavailable, match="no language 'klingon'"):
        WhisperModel(str(tiny), "klingon", ONE_THREAD)


@pytest.mark.parametrize("device", ["tpu", "cuda", "cuda:1", "cuda:x", "cpu:0"])
def test_a_device_that_is_not_there_is_refused(tiny: Path, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audio.asr.whisper_model.gpu_count", lambda: 0)
    with pytest.raises(RecognizerUnavailable, match=device):
        WhisperModel(str(tiny), options=WhisperOptions(device=device))
