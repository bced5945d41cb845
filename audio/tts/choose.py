"""Which synthesizer to use, and how it is to speak.

"auto" is espeak-ng, unless a coqui model is named: one that was found by chance might take ten times as long as its
speech lasts. Every choice comes with its reason, for the log. Nothing is downloaded, and a choice made by name never
falls back to another.
"""

from dataclasses import dataclass

from audio.errors import SynthesizerUnavailable
from audio.found import Found, find_package
from audio.tts.coqui import SILENT_TIMEOUT_S, CoquiSynthesizer, check_packages
from audio.tts.coqui_folder import FETCH_XTTS, XTTS_REPOSITORY, find_coqui
from audio.tts.espeak_voices import voice_for
from audio.tts.synthesizer import Synthesizer
from audio.tts.worker import ESPEAK_SILENT_TIMEOUT_S, EspeakSynthesizer

SYNTHESIZERS = ("auto", "espeak-ng", "coqui")
ALIASES = {"espeak": "espeak-ng", "xtts": "coqui", "vits": "coqui"}


@dataclass(frozen=True, slots=True)
class Speech:
    """How a synthesizer is to speak. None: as the synthesizer sees fit."""

    voice: str | None = None
    """espeak-ng: a voice or language; coqui: a speaker of the model, or a WAV file that XTTS is to sound like."""
    rate_wpm: int = 165
    """Words a minute; a coqui voice's own speed counts as 165."""
    language: str = "en"
    model: str | None = None
    """coqui: a folder, or a name in the hub's or coqui's cache."""
    device: str = "auto"
    silent_timeout_s: float | None = None
    """After so much silence when sound is due the voice's process is taken to hang, and replaced."""


def choose_synthesizer(spec: str = "auto", speech: Speech | None = None) -> tuple[Synthesizer, str]:
    """(a synthesizer, why this one). Raises SynthesizerUnavailable with what to do."""
    speech = speech or Speech()
    match _known(spec):
        case "coqui":
            return _coqui(speech, "asked for")
        case "espeak-ng":
            return _espeak(speech, "asked for")
    if speech.model is not None:
        return _coqui(speech, f"the model {speech.model} was asked for")
    return _espeak(speech, "no coqui model was named (--tts-model)")


def find_synthesizers() -> tuple[Found, ...]:
    """All of them. Quick: looks for packages and files, loads no model."""
    return find_espeak(), find_coqui_voice(None)


def find_espeak() -> Found:
    """Whether espeak-ng is installed."""
    package = find_package("espeakng-loader", "espeakng_loader")
    return Found("espeak-ng", package.usable, package.details)


def find_coqui_voice(model: str | None) -> Found:
    """Whether a coqui voice could be loaded, with this model if one is named. Quick: looks for packages and files."""
    try:
        check_packages()
        if model is None:
            return Found("coqui", True, "installed; --tts-model names its model")
        folder = find_coqui(model)
    except SynthesizerUnavailable as fault:
        return Found("coqui", False, str(fault))
    return Found("coqui", True, f"{folder.kind.upper()} in {folder.path}")


def _known(spec: str) -> str:
    name = ALIASES.get(spec, spec)
    if name not in SYNTHESIZERS:
        raise SynthesizerUnavailable(f"{spec!r} is not known here; choose one of {', '.join(SYNTHESIZERS)}")
    return name


def _espeak(speech: Speech, reason: str) -> tuple[Synthesizer, str]:
    if speech.model is not None or speech.device != "auto":
        option = "--tts-model" if speech.model is not None else "--tts-device"
        raise SynthesizerUnavailable(
            f"espeak-ng has no models and needs no device; leave out {option} or say --tts coqui"
        )
    voice = speech.voice or voice_for(speech.language)
    timeout_s = speech.silent_timeout_s or ESPEAK_SILENT_TIMEOUT_S
    return EspeakSynthesizer(voice, speech.rate_wpm, timeout_s), f"{reason}; voice {voice}"


def _coqui(speech: Speech, reason: str) -> tuple[Synthesizer, str]:
    if speech.model is None:
        raise SynthesizerUnavailable(
            f"coqui needs a model: --tts-model with a folder, or {XTTS_REPOSITORY} after: {FETCH_XTTS}"
        )
    synthesizer = CoquiSynthesizer(
        speech.model,
        speech.voice,
        speech.rate_wpm,
        speech.language,
        speech.device,
        speech.silent_timeout_s or SILENT_TIMEOUT_S,
    )
    return synthesizer, f"{reason}; {synthesizer.description}"
