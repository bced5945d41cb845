"""How the settings run the recogniser; nothing that was asked for is ignored."""

from pathlib import Path

import pytest

from app.config import load_settings
from app.errors import SettingsError
from app.voice import build_recognizer
from audio.asr.whisper_asr import WhisperRecognizer
from audio.errors import RecognizerUnavailable
from tests.audio.asr.tiny_whisper import build_tiny_whisper


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_whisper(tmp_path_factory.mktemp("whisper"))


def test_the_settings_reach_the_whisper_model(tiny: Path) -> None:
    flags = {
        "asr_model": str(tiny), "asr_device": "cpu", "compute_type": "float32", "beam_size": 3, "asr_threads": 2,
        "asr_share": 0.8, "language": "fr",
    }  # fmt: skip
    recognizer, _ = build_recognizer(load_settings(flags=flags))
    assert isinstance(recognizer, WhisperRecognizer)
    model = recognizer._model
    assert (model.device, model.compute_type, model.beam_size, model.language) == ("cpu", "float32", 3, "fr")  # type: ignore[attr-defined]
    assert (model.budget.share, model.budget.threads) == (0.8, 2)
    recognizer.close()


def test_what_the_device_or_the_model_cannot_is_refused_when_it_is_loaded(tiny: Path) -> None:
    for flags in ({"asr_device": "mps"}, {"asr_device": "cuda"}, {"compute_type": "float16"}, {"language": "klingon"}):
        with pytest.raises(RecognizerUnavailable, match=next(iter(flags.values()))):
            build_recognizer(load_settings(flags={"asr_model": str(tiny), "asr_device": "cpu", **flags}))


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("beam_size", "0", "greater than or equal to 1"),
        ("beam_size", "many", "valid integer"),
        ("compute_type", "int4", "'int8'"),
        ("asr_device", "gpu", "'cuda:N'"),
        ("asr_share", "0", "greater than 0"),
        ("asr_share", "nan", "finite"),
        ("asr_threads", "-1", "greater than or equal to 1"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(field: str, value: str, allowed: str) -> None:
    with pytest.raises(SettingsError, match=allowed) as refused:
        load_settings(flags={field: value})
    assert "\n" not in str(refused.value)


def test_options_of_whisper_are_refused_by_pocketsphinx_and_named_where_it_stands_in() -> None:
    with pytest.raises(SettingsError, match="pocketsphinx has no --beam-size and no --asr-share; leave"):
        build_recognizer(load_settings(flags={"asr": "pocketsphinx", "beam_size": 5, "asr_share": 1}))
    _, why = build_recognizer(load_settings(flags={"beam_size": 5}))
    assert why.endswith("it has no --beam-size")
    example = {"asr": "pocketsphinx", "beam_size": "auto", "asr_share": "auto"}
    recognizer, why = build_recognizer(load_settings(flags=example))
    assert (recognizer.name, "it has no" in why) == ("pocketsphinx", False)
