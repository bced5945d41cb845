"""A fake of the conversation level: it answers from a script, as soon as it is spoken to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType

import numpy as np

from app.conversation.events import (
    AnswerDelta,
    AnswerDone,
    AudioDelta,
    AudioDone,
    ConversationEvent,
    SpeechStarted,
    ThoughtDelta,
    ThoughtsDone,
    TurnDone,
    UserTurn,
)

Script = Callable[[str], Sequence[ConversationEvent]]


def turn_events(
    text: str, answer: str, turn: int = 1, at_s: float = 5.0, sound: bytes = b""
) -> list[ConversationEvent]:
    """One turn as a conversation tells it: thoughts, the answer in two pieces, perhaps its sound."""
    half = len(answer) // 2
    spoken: list[ConversationEvent] = []
    if sound:
        spoken = [AudioDelta(at_s + 0.4, turn, turn, sound, answer), AudioDone(at_s + 0.5, turn, turn)]
    return [
        UserTurn(at_s, turn, text, spoken=False),
        ThoughtDelta(at_s + 0.1, turn, "Let me think.", step=1),
        AnswerDelta(at_s + 0.2, turn, answer[:half], step=2),
        AnswerDelta(at_s + 0.3, turn, answer[half:], step=3),
        AnswerDone(at_s + 0.3, turn, answer),
        ThoughtsDone(at_s + 0.4, turn),
        *spoken,
        TurnDone(at_s + 0.6, turn, answer, answer, interrupted=False, latency={"ttft": 12.0, "steps_to_first": 2.0}),
    ]


def echo(text: str) -> list[ConversationEvent]:
    return turn_events(text, f"You said {text}.")


@dataclass(eq=False)
class FakeConversation:
    """Puts the script's events out when it is told something; remembers what it was told."""

    script: Script = echo
    heard_samples: int = 0
    commits: int = 0
    stops: int = 0
    said: list[str] = field(default_factory=list)
    patience: list[float] = field(default_factory=list)
    positions: list[tuple[int, int, bool]] = field(default_factory=list)
    queue: asyncio.Queue[ConversationEvent] = field(default_factory=asyncio.Queue)

    async def __aenter__(self) -> "FakeConversation":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def hear(self, pcm16k: np.ndarray, came_s: float | None = None) -> None:
        if not self.heard_samples and pcm16k.any():
            self.queue.put_nowait(SpeechStarted(4.0))
        self.heard_samples += len(pcm16k)

    async def commit(self, came_s: float | None = None) -> None:
        self.commits += 1
        for event in self.script("spoken words"):
            self.queue.put_nowait(event)

    async def say(self, text: str) -> None:
        self.said.append(text)
        for event in self.script(text):
            self.queue.put_nowait(event)

    async def stop(self) -> None:
        self.stops += 1

    def set_patience(self, patience: float) -> None:
        self.patience.append(patience)

    def played(self, epoch: int, samples: int, done: bool = False) -> None:
        self.positions.append((epoch, samples, done))

    async def events(self) -> AsyncIterator[ConversationEvent]:
        while True:
            yield await self.queue.get()


@dataclass
class FakeAssistant:
    """Gives out one fake conversation."""

    script: Script = echo
    conversations: list[FakeConversation] = field(default_factory=list)
    asked_for: list[tuple[str | None, bool]] = field(default_factory=list)

    def start(self) -> None: ...

    def close(self) -> None: ...

    def converse(self, method: str | None = None, voice: bool = True) -> FakeConversation:
        self.asked_for.append((method, voice))
        self.conversations.append(FakeConversation(self.script))
        return self.conversations[-1]
