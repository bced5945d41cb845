"""The user's voice in a conversation: what the listener hears becomes happenings for the turn machine, and events.

It keeps when speech ended. Runs on the event loop; the listener itself works on a thread of its own
(`app.conversation.ear`) and may be late: what is heard in a sound is dated by when that sound came. Times are seconds
of the conversation's clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from app.conversation import events as told
from app.conversation import happenings
from app.conversation.ear import Ear
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
from audio.turns.stop_words import is_stop, may_be_stop

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reports:
    """Whom it tells. whole: all words of the turn when the running utterance is this far; None: it will be no turn."""

    emit: Callable[[told.ConversationEvent], None]
    happen: Callable[[happenings.Happening], None]
    fault: Callable[[str, str], None]
    whole: Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Arrival:
    """When some sound came, or the user said that no more will. by_hand: the user ended the utterance."""

    at_s: float
    by_hand: bool = False


class Listening:
    """speech_end_s, decided_s: of the latest utterance: when the voice ended, and when that was known."""

    def __init__(self, listener: Listener, clock: Callable[[], float], reports: Reports, language: str = "en") -> None:
        self.speech_end_s: float | None = None
        self.decided_s: float | None = None
        self._clock, self._reports, self._language = clock, reports, language
        self._ear = Ear(listener)

    async def hear(self, pcm: NDArray[np.int16], came_s: float | None = None) -> None:
        """Microphone sound: 16 kHz mono int16 [samples], in order, any length. came_s: when it came; None: just now."""
        await self._listen(lambda listener: listener.push(pcm), Arrival(self._came_s(came_s)))

    async def commit(self, came_s: float | None = None) -> None:
        """The utterance is over now."""
        await self._listen(lambda listener: listener.finish(), Arrival(self._came_s(came_s), by_hand=True))

    async def close(self) -> None:
        """Give the recogniser back."""
        await self._ear.close()

    def _came_s(self, came_s: float | None) -> float:
        return self._clock() if came_s is None else came_s

    async def _listen(self, step: Callable[[Listener], list[ListenEvent]], arrival: Arrival) -> None:
        await self._ear.listen(step, partial(self._heard, arrival), partial(self._misheard, arrival))

    def _heard(self, arrival: Arrival, event: ListenEvent, listener: Listener) -> None:
        now, emit, happen, language = self._clock(), self._reports.emit, self._reports.happen, self._language

        def sample_s(sample: int) -> float:
            return arrival.at_s - (listener.at_sample - sample) / INPUT_RATE_HZ

        match event:
            case SpeechStarted(first_sample):
                happen(happenings.VoiceStarted(sample_s(first_sample)))
                emit(told.SpeechStarted(now))
            case SpeechConfirmed():
                happen(happenings.VoiceConfirmed())
            case PartialTranscript(text, agreed=agreed):
                is_reply, may_stop = may_be_backchannel(text, language), may_be_stop(text, language)
                happen(happenings.WordsHeard(text[:agreed], is_reply, may_stop))
                whole = self._reports.whole(text)
                if whole is not None:
                    emit(told.PartialTranscript(now, whole, len(whole) - len(text) + agreed))
            case SpeechEnded(last_speech_sample):
                self.speech_end_s, self.decided_s = sample_s(last_speech_sample), arrival.at_s
                emit(told.SpeechEnded(now))
            case FinalTranscript(text, voiced_ms=voiced_ms, level_db=level_db):
                is_reply = is_backchannel(text, voiced_ms, level_db, language)
                at_s = None if arrival.by_hand else arrival.at_s
                happen(happenings.WordsSpoken(text, is_reply, at_s, is_stop(text, language)))
            case _:
                assert_never(event)

    def _misheard(self, arrival: Arrival, error: Exception) -> None:
        log.error("an utterance was lost", exc_info=error)
        self._reports.happen(happenings.HearingFailed(arrival.at_s))
        message = f"the recogniser failed ({error}); what was being said is not answered, please say it again"
        self._reports.fault("hearing_failed", message)
