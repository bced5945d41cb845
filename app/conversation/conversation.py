"""A conversation with one user: microphone and text in, events out. Ties the listener, the turn machine, the engine
and the mouth.

All state lives on the event loop; the engine, the listener and the synthesizer run on threads of their own and report
back to it. The decisions are the turn machine's (`app.conversation.turns`); the turn driver carries them out
(`app.conversation.turn_driver`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from app.conversation import events as told
from app.conversation import happenings, turns
from app.conversation.answer import Links, TurnEvent
from app.conversation.background import Background
from app.conversation.engine_link import EngineLink
from app.conversation.listening import Listening, Reports
from app.conversation.mouth import MOST_SOUND_AHEAD_S
from app.conversation.outlet import Outlet
from app.conversation.turn_driver import TurnDriver
from app.conversation.turn_state import TurnState
from app.conversation.typed_further import goes_on
from app.latency import Moments
from audio.listen import Listener
from audio.tts.synthesizer import Synthesizer
from engine.events import ConversationFailed, Event

OUT_OF_ROOM = "the conversation has outgrown what the model can hold and is over; begin a new one"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the assistant lends a conversation. listener and synthesizer are None in a text conversation."""

    engine: EngineLink
    listener: Listener | None
    synthesizer: Synthesizer | None
    speaking: Executor
    clock: Callable[[], float]
    on_exit: Callable[[], None]
    most_sound_ahead_s: float = MOST_SOUND_AHEAD_S
    language: str = "en"
    on_turn: Callable[[told.TurnDone], None] | None = None


class Conversation:
    """Made by `Assistant.converse`; an asynchronous context manager, which must be entered and left."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._state = TurnState()
        self._outlet, self._background = Outlet(), Background()
        self._listening = None
        if parts.listener is not None:
            reports = Reports(self._emit, self._happen, self._tell_fault, self._whole)
            self._listening = Listening(parts.listener, parts.clock, reports, parts.language)
        links = Links(
            emit=self._emit,
            happen=self._happen,
            run_behind=self._background.run,
            clock=parts.clock,
            synthesizer=parts.synthesizer,
            speaking=parts.speaking,
            most_sound_ahead_s=parts.most_sound_ahead_s,
            hold=parts.engine.hold,
            most_ahead_s=parts.engine.most_ahead_s,
        )
        self._driver = TurnDriver(parts.engine, links, self._note_speech)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: Future[None] | None = None  # once it is over

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._parts.engine.follow(self._from_engine, self._from_failed_command)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._parts.on_exit()
        assert self._closing is not None
        self._background.cancel()
        closed = asyncio.shield(asyncio.wrap_future(self._closing))  # whatever becomes of us
        try:
            await asyncio.gather(closed, self._background.ended(), return_exceptions=True)
        finally:
            if self._listening is not None:
                await self._listening.close()

    # -- what the user does

    async def hear(self, pcm: NDArray[np.int16], came_s: float | None = None) -> None:
        """Microphone sound: 16 kHz mono int16 [samples], in order, any length. came_s: when it came, by the
        conversation's clock; None: just now.
        """
        if self._listening is not None:
            await self._listening.hear(pcm, came_s)

    async def commit(self, came_s: float | None = None) -> None:
        """The user's spoken turn is over now, or was when this came (push to talk)."""
        if self._listening is not None:
            await self._listening.commit(came_s)

    async def say(self, text: str) -> None:
        """One typed message. It interrupts like speech does; but what goes on with a question of whose answer nothing
        was shown yet is asked together with it.
        """
        self._happen(happenings.WordsTyped(text, goes_on(text, self._parts.language)))

    async def stop(self) -> None:
        """Silence, and the end of the running turn."""
        self._happen(happenings.StopPressed())

    def set_patience(self, patience: float) -> None:
        """Of the turns to come, from 0 to 1 (engine.patience). Raises ValueError for anything else."""
        self._parts.engine.set_patience(patience)

    def played(self, epoch: int, samples: int, done: bool = False) -> None:
        """The client has played so many samples of an epoch's sound; `done`: no more of it will be heard."""
        self._driver.played(epoch, samples, done)

    def events(self) -> AsyncIterator[told.ConversationEvent]:
        """What happens, from now until the conversation is left or has failed."""
        return self._outlet.events()

    # -- the turn machine

    def _happen(self, happening: happenings.Happening) -> None:
        if self._closing is not None:
            return
        self._state, actions = turns.advance(self._state, happening, self._parts.clock())
        if self._state.hushed and isinstance(happening, happenings.WordsHeard):
            self._driver.limit_hold(self._state.epoch)  # somebody does say words, sure or not
        for action in actions:
            self._driver.act(action, self._state.epoch)

    def _whole(self, text: str) -> str | None:
        """All words of the turn, when the running utterance has come to these; None: they are left behind."""
        if self._state.utterance.left:
            return None
        return turns.as_one_sentence(self._state.earlier, text) if self._state.open else text

    def _note_speech(self, moments: Moments) -> None:
        if self._listening is not None:
            moments.speech_end_s, moments.decided_s = self._listening.speech_end_s, self._listening.decided_s

    # -- from the engine's thread

    def _from_engine(self, happened: Sequence[Event]) -> None:
        assert self._loop is not None
        if self._closing is None:
            self._loop.call_soon_threadsafe(self._take, happened)

    def _from_failed_command(self, error: Exception) -> None:
        assert self._loop is not None
        if self._closing is None:
            self._loop.call_soon_threadsafe(self._fail, "engine_failed", str(error))

    def _take(self, happened: Sequence[Event]) -> None:
        of_turns: list[TurnEvent] = []
        for event in happened:
            if isinstance(event, ConversationFailed):
                self._fail(*(("out_of_room", OUT_OF_ROOM) if event.out_of_room else ("engine_failed", event.message)))
                return
            of_turns.append(event)
        self._driver.take(of_turns)

    # -- the end

    def _fail(self, code: str, message: str) -> None:
        """The engine's side of this conversation cannot go on. Without effect once it is over."""
        if self._closing is not None:
            return
        self._happen(happenings.StopPressed())
        self._tell_fault(code, message)
        self._end()

    def _end(self) -> None:
        """Be silent, tell no more, and have the engine's memory given back. Harmless when repeated."""
        if self._closing is not None:
            return
        self._closing = self._parts.engine.close()
        self._driver.silence()
        self._outlet.end()

    def _tell_fault(self, code: str, message: str) -> None:
        self._emit(told.Fault(self._parts.clock(), code, message))

    def _emit(self, event: told.ConversationEvent) -> None:
        self._outlet.put(event)
        if isinstance(event, told.TurnDone) and self._parts.on_turn is not None:
            self._parts.on_turn(event)
        if self._outlet.over and self._closing is None:
            log.warning("the events of a conversation are not read; it is ended")
            self._end()
