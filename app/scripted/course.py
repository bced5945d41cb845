"""How far a conversation is, from its events alone, and waiting for it to get there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from app.conversation.events import (
    AnswerDelta,
    AudioDelta,
    ConversationEvent,
    Fault,
    SpeechEnded,
    SpeechStarted,
    TurnDone,
    UserTurn,
)
from app.errors import RunError


@dataclass(slots=True)
class Course:
    """The events so far, and what they mean. first_answer_s, first_sound_s: of the newest turn."""

    events: list[ConversationEvent] = field(default_factory=list)
    hearing_voice: bool = False
    open_turns: set[int] = field(default_factory=set)
    heard_s: float = float("-inf")  # when the newest turn began
    first_answer_s: float | None = None
    first_sound_s: float | None = None
    failure: Exception | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, event: ConversationEvent) -> None:
        """An event, in order."""
        self.events.append(event)
        match event:
            case SpeechStarted():
                self.hearing_voice = True
            case SpeechEnded():
                self.hearing_voice = False
            case UserTurn():
                self.heard_s = event.at_s
                self.first_answer_s = self.first_sound_s = None
                self.open_turns.add(event.turn)
            case AnswerDelta() if self.first_answer_s is None:
                self.first_answer_s = event.at_s
            case AudioDelta() if self.first_sound_s is None:
                self.first_sound_s = event.at_s
            case TurnDone():
                self.open_turns.discard(event.turn)
            case Fault():
                self.fail(RunError(event.message))
        self._changed.set()

    def fail(self, error: Exception) -> None:
        """It cannot go on; whoever waits is told."""
        self.failure = self.failure or error
        self._changed.set()

    async def until(self, come: Callable[[], object], timeout_s: float) -> bool:
        """Waits until `come()` is true, for so long at most; False if it never was. Raises what it failed with."""
        try:
            async with asyncio.timeout(timeout_s):
                while not come():
                    self._raise_failure()
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        self._raise_failure()
        return True

    def _raise_failure(self) -> None:
        if self.failure is not None:
            raise self.failure
