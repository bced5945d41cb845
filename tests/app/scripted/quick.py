"""A fast conversation for takes: it hears loud chunks as speech, answers at once, and tells what a real one would."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType

import numpy as np

from app.conversation.events import (
    AnswerDelta,
    AnswerDone,
    AudioDelta,
    AudioDone,
    ConversationEvent,
    Fault,
    Flush,
    SpeechEnded,
    SpeechStarted,
    ThoughtDelta,
    TurnDone,
    UserTurn,
)
from app.latency import Moments
from app.scripted.script import Script, Turn
from app.scripted.sound import Clip, TurnSound

SILENCE_MS = 60
PIECE_S, GAP_S = 0.1, 0.15  # the answer is two pieces of sound with a gap between
ANSWER = ("It is ", "85.")
LOUD = b"\0\x10" * round(24_000 * PIECE_S)


def tone(duration_s: float = 0.1, quiet_s: float = 0.0) -> Clip:
    """Loud sound behind some silence."""
    quiet, loud = round(16_000 * quiet_s), round(16_000 * duration_s)
    pcm = np.concatenate([np.zeros(quiet, np.int16), np.full(loud, 5000, np.int16)])
    return Clip(pcm, ((quiet, quiet + loud),))


def sounds(script: Script) -> list[TurnSound]:
    """A tone for whatever is spoken."""
    return [_sound(turn) for turn in script.turn]


def _sound(turn: Turn) -> TurnSound:
    late = tuple(None if addition.type is not None else tone() for addition in turn.late)
    return TurnSound(tone() if turn.spoken else None, late)


@dataclass(eq=False)
class QuickConversation:
    """deaf: it never finds words in speech; fault: what it fails with when a turn begins."""

    deaf: bool = False
    fault: str | None = None
    said: list[str] = field(default_factory=list)
    stops: int = 0
    turn: int = 0
    epoch: int = 0
    queue: asyncio.Queue[ConversationEvent] = field(default_factory=asyncio.Queue)
    moments: Moments = field(default_factory=Moments)
    answering: asyncio.Task[None] | None = None
    speaking: bool = False
    quiet_ms: int = 0
    samples: int = 0
    over: bool = True

    async def __aenter__(self) -> QuickConversation:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.answering is not None:
            self.answering.cancel()
            await asyncio.gather(self.answering, return_exceptions=True)

    async def hear(self, pcm: np.ndarray) -> None:
        now, loud = time.monotonic(), bool(np.abs(pcm).max() > 1000)
        if loud:
            self.quiet_ms = 0
            if not self.speaking:
                self.speaking = True
                self._interrupt()
                self._tell(SpeechStarted(now))
            return
        self.quiet_ms += len(pcm) // 16
        if self.speaking and self.quiet_ms >= SILENCE_MS:
            self.speaking = False
            self._tell(SpeechEnded(now))
            if not self.deaf:
                self._begin("spoken words", now - self.quiet_ms / 1000, now)

    async def commit(self) -> None: ...

    async def say(self, text: str) -> None:
        self.said.append(text)
        self._interrupt()
        self._begin(text, None, None)

    async def stop(self) -> None:
        self.stops += 1
        self._interrupt()

    def played(self, epoch: int, samples: int, done: bool = False) -> None:
        if epoch == self.epoch and done and not self.over:
            self._finish(interrupted=False)

    async def events(self) -> AsyncIterator[ConversationEvent]:
        while True:
            yield await self.queue.get()

    def _begin(self, words: str, speech_end_s: float | None, decided_s: float | None) -> None:
        now = time.monotonic()
        self.turn += 1
        self.epoch += 1
        self.over = False
        self.moments = Moments(speech_end_s, decided_s, now if speech_end_s else None, now)
        self._tell(UserTurn(now, self.turn, words, spoken=speech_end_s is not None))
        if self.fault is not None:
            self._tell(Fault(now, "engine_failed", self.fault))
        else:
            self.answering = asyncio.create_task(self._answer())

    async def _answer(self) -> None:
        turn, epoch, moments = self.turn, self.epoch, self.moments
        moments.first_token_s = time.monotonic()
        self._tell(ThoughtDelta(time.monotonic(), turn, "Hm.", 1))
        await asyncio.sleep(0.02)
        for index, text in enumerate(ANSWER):
            now = time.monotonic()
            if not index:
                moments.first_answer_s = moments.first_phrase_s = now
            moments.answer_steps.append(index + 2)
            self._tell(AnswerDelta(now, turn, text, index + 2))
            self._tell(AudioDelta(now, turn, epoch, LOUD, text, ((0, 0),)))
            await asyncio.sleep(PIECE_S + GAP_S if not index else 0)
        self._tell(AnswerDone(time.monotonic(), turn, "".join(ANSWER)))
        self._tell(AudioDone(time.monotonic(), turn, epoch))

    def _interrupt(self) -> None:
        if not self.over:
            assert self.answering is not None
            self.answering.cancel()
            self._tell(Flush(time.monotonic(), self.turn, self.epoch))
            self._finish(interrupted=True)

    def _finish(self, interrupted: bool) -> None:
        self.over = True
        heard = "It is" if interrupted else "It is 85."
        latency = self.moments.delays()
        self._tell(TurnDone(time.monotonic(), self.turn, "It is 85.", heard, interrupted, latency, self.moments))

    def _tell(self, event: ConversationEvent) -> None:
        self.queue.put_nowait(event)


@dataclass
class QuickAssistant:
    """Gives out quick conversations."""

    deaf: bool = False
    fault: str | None = None
    conversations: list[QuickConversation] = field(default_factory=list)
    asked_for: list[tuple[str | None, bool]] = field(default_factory=list)

    def converse(self, method: str | None = None, voice: bool = True) -> QuickConversation:
        self.asked_for.append((method, voice))
        self.conversations.append(QuickConversation(self.deaf, self.fault))
        return self.conversations[-1]
