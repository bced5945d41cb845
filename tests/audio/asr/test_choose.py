"""The choice between recognisers and voices: the best that is here, with its reason, and never a quiet fallback."""

import subprocess
import sys
from pathlib import Path

import pytest

from audio.asr.choose import Domain, choose_recognizer
from audio.errors import RecognizerUnavailable
from audio.inventory import inventory

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The hub's cache of a machine that has none of its models."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def test_auto_takes_pocketsphinx_if_there_is_no_whisper_model_and_says_why() -> None:
    recognizer, reason = choose_recognizer("auto")
    assert recognizer.name == "pocketsphinx"
    assert "hf download Systran/faster-whisper-base" in reason
    assert "general English" in reason


def test_a_domain_is_used_and_named(sums: Domain) -> None:
    _, reason = choose_recognizer("pocketsphinx", domain=sums)
    assert reason == "asked for; it expects to hear sums"


def test_a_folder_with_a_language_model_can_be_named_for_pocketsphinx(sums: Domain) -> None:
    _, reason = choose_recognizer("pocketsphinx", model=str(sums.dictionary.parent))
    assert "sums" in reason


@pytest.mark.parametrize("spec", ["whisper", "faster-whisper"])
def test_a_recogniser_asked_for_by_name_is_never_replaced(spec: str) -> None:
    with pytest.raises(RecognizerUnavailable, match="no faster-whisper model is on this machine"):
        choose_recognizer(spec)


def test_a_model_asked_for_is_never_replaced() -> None:
    with pytest.raises(RecognizerUnavailable, match="hf download Systran/faster-whisper-small"):
        choose_recognizer("auto", model="small")


def test_a_language_nothing_here_knows_is_refused() -> None:
    with pytest.raises(RecognizerUnavailable, match=r"English only, not 'de'.*hf download"):
        choose_recognizer("auto", language="de")


def test_a_folder_without_a_language_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecognizerUnavailable, match="holds no language model"):
        choose_recognizer("pocketsphinx", model=str(tmp_path))


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(RecognizerUnavailable, match="auto, faster-whisper, pocketsphinx"):
        choose_recognizer("vosk")


def test_the_inventory_names_what_is_missing_and_how_to_get_it() -> None:
    found = {item.name: item for item in inventory()}
    assert list(found) == ["faster-whisper", "pocketsphinx", "espeak-ng", "coqui"]
    assert not found["faster-whisper"].usable
    assert "hf download" in found["faster-whisper"].details
    assert found["pocketsphinx"].usable
    assert found["espeak-ng"].usable


def test_the_inventory_finds_a_cached_model(empty_cache: Path) -> None:
    snapshot = empty_cache / "models--Systran--faster-whisper-base.en" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "model.bin").touch()
    refs = snapshot.parents[1] / "refs"
    refs.mkdir()
    (refs / "main").write_text("abc")
    assert inventory()[0].usable
    assert "base.en" in inventory()[0].details
    assert not inventory(language="de")[0].usable


def test_the_inventory_loads_no_heavy_library() -> None:
    heavy = {"torch", "transformers", "onnxruntime", "pocketsphinx", "faster_whisper", "ctranslate2"}
    script = f"import sys\nfrom audio.inventory import inventory\ninventory()\nprint({heavy} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
