"""The parts the settings choose: is the model here, what would hear, what would speak."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from app.config import AUTO, Settings
from app.demo.paths import demo_folder
from app.doctor.check import Check
from audio.asr.whisper_folder import find_whisper
from audio.errors import FormulaReaderUnavailable, RecognizerUnavailable
from audio.found import Found
from audio.inventory import inventory
from audio.text.formulas import BY_RULES
from audio.text.formulas.speech_rule_engine import installed_version
from audio.tts.choose import find_coqui_voice
from engine.errors import EngineError
from engine.loading import find_folder, looks_like_path

MODEL_FILES = ("config.json", "model.safetensors", "tokenizer.json")
WHISPER, POCKETSPHINX, ESPEAK, COQUI = "faster-whisper", "pocketsphinx", "espeak-ng", "coqui"
HEARING, SPEAKING = "speech to text", "text to speech"


def check_model(name: str, demo: Path | None = None) -> Check:
    """Whether the model's files are on this machine; `demo` is the bundled model's folder."""
    if name == "demo":
        folder = demo or demo_folder()
        lacking = [file for file in MODEL_FILES if not (folder / file).is_file()]
        found = f"demo, not in {folder}: {', '.join(lacking)} missing" if lacking else f"demo, bundled in {folder}"
        return Check("model", not lacking, found, f"{sys.executable} launch.py train-demo")
    try:
        return Check("model", True, f"{name}, in {find_folder(name)}")
    except EngineError as error:
        on_hub = not looks_like_path(name) and not Path(name).exists()
        return Check("model", False, str(error), f"hf download {name}" if on_hub else None)


def check_voice(settings: Settings, there: Mapping[str, Found] | None = None) -> tuple[Check, Check]:
    """What would hear and what would speak; `there` is what could be chosen, by name."""
    there = there or {found.name: found for found in inventory(settings.language)}
    return _check_hearing(settings, there), _check_speaking(settings, there)


def check_formulas(settings: Settings) -> Check:
    """What would read formulas aloud."""
    name = "formulas"
    if settings.speech_rule_engine is None:
        return Check(name, True, f"{BY_RULES.name} (speech-rule-engine: --speech-rule-engine names its folder)")
    folder = Path(settings.speech_rule_engine)
    try:
        return Check(name, True, f"speech-rule-engine {installed_version(folder)} in {folder}")
    except FormulaReaderUnavailable as error:
        found, _, mend = str(error).partition("; run: ")
        return Check(name, False, found, mend or None)


def check_whisper(settings: Settings) -> Check:
    """Whether there is anything better than the fallback to hear with."""
    found = next(found for found in inventory(settings.language) if found.name == WHISPER)
    return replace(_from_found(f"{WHISPER} model (better hearing)", found), needed=False)


def _check_hearing(settings: Settings, there: Mapping[str, Found]) -> Check:
    if settings.asr_model is not None and settings.asr in {AUTO, WHISPER}:
        return _check_whisper_model(settings.asr_model)
    if settings.asr == WHISPER or (settings.asr == AUTO and there[WHISPER].usable):
        return _from_found(HEARING, there[WHISPER])
    if settings.language != "en":
        found = f"pocketsphinx knows English only, not '{settings.language}'"
        return Check(HEARING, False, found, _from_found(HEARING, there[WHISPER]).mend)
    return _from_found(HEARING, there[POCKETSPHINX])


def _check_speaking(settings: Settings, there: Mapping[str, Found]) -> Check:
    if settings.tts == COQUI or (settings.tts == AUTO and settings.tts_model is not None):
        return _from_found(SPEAKING, find_coqui_voice(settings.tts_model))
    return _from_found(SPEAKING, there[ESPEAK])


def _check_whisper_model(name: str) -> Check:
    try:
        return Check(HEARING, True, f"{WHISPER}, model in {find_whisper(name).path}")
    except RecognizerUnavailable as error:
        found, _, mend = str(error).partition("; run: ")
        return Check(HEARING, False, found, mend or None)


def _from_found(name: str, thing: Found) -> Check:
    """The voice's finding as a check; its details end in "; run: COMMAND" where something is missing."""
    details, _, mend = thing.details.partition("; run: ")
    return Check(name, thing.usable, f"{thing.name}, {details}", mend or None)
