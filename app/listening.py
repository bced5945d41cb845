"""The user's voice in a conversation: what the listener hears becomes happenings for the turn machine, and events.

It keeps when speech ended, and whether silence or the user decided so. Runs on the event loop; the listener itself
works on a thread of its own (`app.ear`). Times are seconds of the conversation's clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from app import events as told
from app import happenings
from app.ear import Ear
from audio.events import (
    FinalTranscript,
    ListenEvent,
    PartialTranscript,
    SpeechConfirmed,
    SpeechEnded,
    SpeechStarted,
)
from audio.listen import Listener
from audio.pcm import INPUT_RATE_HZ
from audio.turns.backchannel import is_backchannel, may_be_backchannel

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reports:
    """Whom it tells. whole: all words of the turn when the running utterance is this far."""

    emit: Callable[[told.ConversationEvent], None]
    happen: Callable[[happenings.Happening], None]
    fault: Callable[[str, str], None]
    whole: Callable[[str], str]


class Listening:
    """speech_end_s, decided_s: of the latest utterance: when the voice ended, and when that was known."""

    def __init__(self, listener: Listener, clock: Callable[[], float], reports: Reports, language: str = "en") -> None:
        self.speech_end_s: float | None = None
        self.decided_s: float | None = None
        self._ended_by_hand = False
        self._clock, self._reports, self._language = clock, reports, language
        self._ear = Ear(listener, clock, self._heard, self._misheard)

    async def hear(self, pcm: NDArray[np.int16]) -> None:
        """Microphone sound: 16 kHz mono int16 [samples], in order, any length."""
        await self._ear.listen(lambda listener: listener.push(pcm))

    async def commit(self) -> None:
        """The utterance is over now."""
        self._ended_by_hand = True
        await self._ear.listen(lambda listener: listener.finish())
        self._ended_by_hand = False

    async def close(self) -> None:
        """Give the recogniser back."""
        await self._ear.close()

    def _heard(self, event: ListenEvent, listener: Listener, came_s: float) -> None:
        """`came_s`: when the sound came in which this was heard; the recogniser may have taken its time since."""
        now, emit, happen = self._clock(), self._reports.emit, self._reports.happen

        def sample_s(sample: int) -> float:
            return came_s - (listener.at_sample - sample) / INPUT_RATE_HZ

        match event:
            case SpeechStarted(first_sample):
                happen(happenings.VoiceStarted(sample_s(first_sample)))
                emit(told.SpeechStarted(now))
            case SpeechConfirmed():
                happen(happenings.VoiceConfirmed())
            case PartialTranscript(text, agreed=agreed):
                happen(happenings.WordsHeard(text[:agreed], may_be_backchannel(text, self._language)))
                whole = self._reports.whole(text)
                emit(told.PartialTranscript(now, whole, len(whole) - len(text) + agreed))
            case SpeechEnded(last_speech_sample):
                self.speech_end_s, self.decided_s = sample_s(last_speech_sample), came_s
                emit(told.SpeechEnded(now))
            case FinalTranscript(text, voiced_ms=voiced_ms, level_db=level_db):
                is_reply = is_backchannel(text, voiced_ms, level_db, self._language)
                happen(happenings.WordsSpoken(text, is_reply, None if self._ended_by_hand else came_s))
            case _:
                assert_never(event)

    def _misheard(self, error: Exception) -> None:
        log.error("an utterance was lost", exc_info=error)
        self._reports.fault("hearing_failed", str(error))
        self._reports.happen(happenings.WordsSpoken(""))
