"""The voice of the settings: one recogniser and one synthesizer, loaded once, lent to all conversations."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from app.config import Settings
from app.demo.paths import ASSETS
from app.models import DEMO
from audio.choose import Domain, choose_recognizer
from audio.choose_voice import Speech, choose_synthesizer
from audio.endpoint import EndpointSettings
from audio.listen import Listener
from audio.smart_turn import SmartTurn
from audio.tts import Synthesizer
from audio.turn_end import CautiousJudge, TextJudge, TurnEndJudge
from audio.vad import SileroVad

log = logging.getLogger(__name__)


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


def build_voice(settings: Settings) -> Voice:
    """Load what the settings name. Raises AudioError with what to do."""
    recognizer, why_heard = choose_recognizer(
        settings.asr, settings.asr_model, settings.language, expected_speech(settings.model)
    )
    synthesizer, why_spoken = choose_synthesizer(settings.tts, speech(settings))
    log.info(
        "speech to text: %s (%s); text to speech: %s (%s)", recognizer.name, why_heard, synthesizer.name, why_spoken
    )
    endpoint, judge = end_of_turn(settings)
    return Voice(Listener(SileroVad(), recognizer, endpoint, judge), synthesizer)
