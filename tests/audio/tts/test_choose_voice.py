"""The choice of a voice: what was asked for or a reason, and one line that names the values that are allowed."""

import pytest

from audio.errors import SynthesizerUnavailable
from audio.pcm import OUTPUT_RATE_HZ
from audio.tts import choose as choose_voice
from audio.tts.choose import Speech, choose_synthesizer, find_coqui_voice


@pytest.mark.parametrize("spec", ["auto", "espeak", "espeak-ng"])
def test_the_voice_speaks_at_the_rate_everybody_expects(spec: str) -> None:
    synthesizer, reason = choose_synthesizer(spec)
    synthesizer.close()
    assert (synthesizer.name, synthesizer.sample_rate_hz) == ("espeak-ng", OUTPUT_RATE_HZ)
    assert reason.endswith("; voice en-us")


@pytest.mark.parametrize(("language", "voice"), [("en", "en-us"), ("en-gb", "en-gb"), ("de", "de"), ("zh", "cmn")])
def test_espeak_speaks_the_language_if_no_voice_is_asked_for(language: str, voice: str) -> None:
    synthesizer, reason = choose_synthesizer("espeak-ng", Speech(language=language))
    with synthesizer:
        assert reason == f"asked for; voice {voice}"
        assert sum(len(chunk.pcm) for chunk in synthesizer.stream("Hallo.")) > 1000


@pytest.mark.parametrize(
    ("spec", "speech", "reason"),
    [
        ("festival", Speech(), "'festival' is not known here; choose one of auto, espeak-ng, coqui"),
        ("auto", Speech(voice="xx"), "no voice 'xx'; it has af, am, .*de, .*en-gb"),
        ("auto", Speech(language="xx"), "no voice 'xx'; it has"),
        ("auto", Speech(voice="en-nowhere"), "for this language it has .*en-gb"),
        ("auto", Speech(rate_wpm=9), "cannot speak 9 words per minute; choose 80 to 450"),
        ("espeak-ng", Speech(model="models/xtts"), "leave out --tts-model or say --tts coqui"),
        ("auto", Speech(device="cuda"), "leave out --tts-device or say --tts coqui"),
    ],
)
def test_what_cannot_be_had_is_refused_in_one_line_with_what_can(spec: str, speech: Speech, reason: str) -> None:
    with pytest.raises(SynthesizerUnavailable, match=reason) as refused:
        choose_synthesizer(spec, speech)
    assert "\n" not in str(refused.value)


def test_coqui_without_a_model_says_how_to_get_one() -> None:
    with pytest.raises(SynthesizerUnavailable, match="--tts-model with a folder, or coqui/XTTS-v2 after: hf download"):
        choose_synthesizer("coqui")


def test_auto_takes_coqui_only_if_a_model_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []

    class Coqui:
        description = "VITS in models/vits"

        def __init__(self, *options: object) -> None:
            asked.append(options)

    monkeypatch.setattr(choose_voice, "CoquiSynthesizer", Coqui)
    speech = Speech("Anna", 200, "de", "models/vits", "cpu", 7.0)
    synthesizer, reason = choose_synthesizer("auto", speech)
    assert isinstance(synthesizer, Coqui)
    assert reason == "the model models/vits was asked for; VITS in models/vits"
    assert asked == [("models/vits", "Anna", 200, "de", "cpu", 7.0)]


def test_a_coqui_model_that_is_not_there_is_told_by_the_inventory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose_voice, "check_packages", lambda: None)
    assert find_coqui_voice(None).usable
    found = find_coqui_voice("/no/such/folder")
    assert (found.name, found.usable) == ("coqui", False)
    assert "no such folder" in found.details
