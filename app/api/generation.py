"""Generation: one completion at work in the engine, beside all other conversations.

Its conversation in the engine lives from `open` until the turn is over, whether or not anybody has read the deltas by
then: a slow reader keeps no room from others. Opened and used on one event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from app.api.course import Course, Delta
from app.api.transcript import Transcript
from app.engine_thread import EngineThread
from engine.conversation import Conversation
from engine.engine import Engine
from engine.events import Event
from engine.sampling import Sampling

MOST_CHARACTERS_PER_TOKEN = 8  # text longer than this for every token of a conversation is not even tokenized


@dataclass(frozen=True, slots=True)
class Limits:
    """What the engine's conversations hold: tokens of the longest view, earlier turns that are seen."""

    conversation_tokens: int
    turns: int

    @classmethod
    def of(cls, engine: Engine) -> Limits:
        """On the engine's thread."""
        return cls(engine.conversation_tokens, engine.model.prompts.history.turns)


@dataclass(frozen=True, slots=True)
class Words:
    """What the engine reads: earlier turns as (said, answered), oldest first, and the words to be answered."""

    past: tuple[tuple[str, str], ...]
    question: str


def as_read(transcript: Transcript, limits: Limits, spelled: Callable[[str], str]) -> Words:
    """The words of the turns that the model sees, the user's spelled as it reads them.

    Takes a while for long ones, so it is no work for the engine's thread. Raises TooLong.
    """
    past = transcript.past[max(0, len(transcript.past) - limits.turns) :]
    texts = [transcript.question, *(text for turn in past for text in (turn.said, turn.answer))]
    if sum(map(len, texts)) > MOST_CHARACTERS_PER_TOKEN * limits.conversation_tokens:
        raise TooLong
    return Words(tuple((spelled(turn.said), turn.answer) for turn in past), spelled(transcript.question))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be generated. most_tokens: of thoughts and answer together; None: as the engine has it."""

    words: Words
    method: str
    sampling: Callable[[Engine], Sampling]
    patience: float | None = None
    most_tokens: int | None = None
    stops: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation that has begun. prompt_tokens: all that it reads; remembered_turns: earlier turns it sees."""

    conversation: Conversation
    prompt_tokens: int
    remembered_turns: int


class TooLong(Exception):
    """The messages are longer than any tokens the model takes; told before they are tokenized."""


class Generation:
    """`open`, then read `deltas` to their end, then look at `course`; `close` in any case."""

    def __init__(self, engine: EngineThread, wanted: Wanted, clock: Callable[[], float]) -> None:
        """clock: the engine's."""
        self.course = Course(wanted.most_tokens, wanted.stops)
        self._engine, self._wanted, self._clock = engine, wanted, clock
        self._loop = asyncio.get_running_loop()
        self._deltas: asyncio.Queue[Delta | None] = asyncio.Queue()
        self._opened: Opened | None = None
        self._closing: Future[None] | None = None

    @property
    def opened(self) -> Opened:
        assert self._opened is not None
        return self._opened

    async def open(self) -> None:
        """Begin. Raises EngineFull, ContextFull, PromptInvalid; then nothing is left behind."""
        opening = self._engine.call(self._open)
        try:
            await asyncio.wrap_future(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(lambda _: self._close())  # it may be beginning at this moment
            raise

    async def deltas(self) -> AsyncIterator[Delta]:
        """What is added, until the turn is over and its room is free again."""
        while (delta := await self._deltas.get()) is not None:
            yield delta
        if self._closing is not None:
            await asyncio.wrap_future(self._closing)

    def close(self) -> None:
        """The rest is not wanted: the engine's turn ends. Harmless when repeated."""
        self._close()
        self._deltas.put_nowait(None)

    # -- on the engine's thread

    def _open(self, engine: Engine) -> None:
        wanted = self._wanted
        conversation = engine.open(wanted.method, wanted.sampling(engine), wanted.patience)
        try:
            for said, answer in wanted.words.past:
                conversation.remember(said, answer)
            conversation.listen(wanted.words.question)
            conversation.end_input()
        except BaseException:
            engine.close(conversation)
            raise
        self.course.moments.input_end_s = self._clock()
        self._opened = Opened(conversation, conversation.context_tokens, conversation.remembered_turns)
        self._engine.listen(conversation.id, self._from_engine)

    def _from_engine(self, events: Sequence[Event]) -> None:
        self._loop.call_soon_threadsafe(self._take, events)

    # -- on the event loop

    def _take(self, events: Sequence[Event]) -> None:
        if self._closing is not None:
            return
        for delta in self.course.take(events):
            self._deltas.put_nowait(delta)
        if self.course.finish is not None:
            self.close()

    def _close(self) -> None:
        """From any thread."""
        opened = self._opened
        if opened is not None and self._closing is None:
            self._engine.forget(opened.conversation.id)
            self._closing = self._engine.call(lambda engine: engine.close(opened.conversation))
