"""The voice of the settings: one recogniser and one synthesizer, loaded once, lent to all conversations."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from app.config import Settings, option_name
from app.demo.paths import ASSETS
from app.errors import SettingsError
from app.models import DEMO
from audio.asr.choose import Domain, choose_recognizer
from audio.asr.recognizer import Recognizer
from audio.asr.whisper_options import WhisperOptions
from audio.listen import Listener
from audio.text.formulas import BY_RULES, FormulaReader
from audio.text.formulas.speech_rule_engine import SpeechRuleEngine
from audio.text.speak import WrittenSynthesizer
from audio.tts.choose import Speech, choose_synthesizer
from audio.tts.synthesizer import Synthesizer
from audio.turns.endpoint import EndpointSettings
from audio.turns.smart_turn import SmartTurn
from audio.turns.turn_end import CautiousJudge, TextJudge, TurnEndJudge
from audio.turns.vad import SileroVad

log = logging.getLogger(__name__)

WHISPER_ONLY = ("asr_device", "compute_type", "beam_size", "asr_threads", "asr_share")
"""Settings of which pocketsphinx knows nothing."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What hears and what speaks."""

    listener: Listener
    synthesizer: Synthesizer

    def new_listener(self) -> Listener:
        """A listener for one conversation's sound; the models are shared."""
        return self.listener.fork()

    def close(self) -> None:
        """Give processes and memory back."""
        self.listener.close()
        self.synthesizer.close()


def expected_speech(model: str) -> Domain | None:
    """What a weak recogniser may expect to hear: the bundled model is asked sums, any other anything."""
    return Domain.in_folder(ASSETS / "audio") if model == DEMO else None


def end_of_turn(settings: Settings) -> tuple[EndpointSettings, TurnEndJudge | None]:
    """How much silence ends a turn, and who judges whether it is complete. Raises AudioError with what to do."""
    endpoint = EndpointSettings(
        silence_ms=settings.silence_ms,
        finished_silence_ms=settings.finished_silence_ms,
        unfinished_silence_ms=settings.unfinished_silence_ms,
    )
    judges: list[TurnEndJudge] = []
    if settings.turn_end == "words":
        judges.append(TextJudge(settings.language))
    if settings.smart_turn is not None:
        judges.append(SmartTurn(Path(settings.smart_turn)))
    return endpoint, CautiousJudge(judges) if judges else None


def build_recognizer(settings: Settings) -> tuple[Recognizer, str]:
    """(what hears, why this one). Raises AudioError with what to do, SettingsError for an option that it has not."""
    fields = Settings.model_fields
    given = [option_name(name) for name in WHISPER_ONLY if getattr(settings, name) != fields[name].default]
    if settings.asr == "pocketsphinx" and given:
        raise SettingsError(f"pocketsphinx has no {' and no '.join(given)}; leave it out, or use --asr faster-whisper")
    options = WhisperOptions(
        settings.asr_device, settings.compute_type, settings.beam_size, settings.asr_threads, settings.asr_share
    )
    domain = expected_speech(settings.model)
    recognizer, why = choose_recognizer(settings.asr, settings.asr_model, settings.language, domain, options)
    if given and recognizer.name == "pocketsphinx":
        why += f"; it has no {' and no '.join(given)}"
    return recognizer, why


def speech(settings: Settings) -> Speech:
    """How the assistant is to speak."""
    return Speech(
        settings.voice,
        settings.rate_wpm,
        settings.language,
        settings.tts_model,
        settings.tts_device,
        settings.tts_timeout_s,
    )


def formula_reader(settings: Settings) -> FormulaReader:
    """What reads formulas aloud. Raises FormulaReaderUnavailable with what to do."""
    return BY_RULES if settings.speech_rule_engine is None else SpeechRuleEngine(Path(settings.speech_rule_engine))


def build_voice(settings: Settings) -> Voice:
    """Load what the settings name. Raises AudioError with what to do."""
    recognizer, why_heard = build_recognizer(settings)
    synthesizer, why_spoken = choose_synthesizer(settings.tts, speech(settings))
    log.info(
        "speech to text: %s (%s); text to speech: %s (%s)", recognizer.name, why_heard, synthesizer.name, why_spoken
    )
    formulas = formula_reader(settings)
    log.info("formulas: %s", formulas.name)
    endpoint, judge = end_of_turn(settings)
    written = WrittenSynthesizer(synthesizer, formulas, settings.language)
    return Voice(Listener(SileroVad(), recognizer, endpoint, judge), written)
