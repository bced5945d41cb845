"""A conversation with one user: microphone and text in, events out. Ties the listener, the turn machine, the engine
and the mouth.

All state lives on the event loop; the engine, the listener and the synthesizer run on threads of their own and report
back to it. The decisions are the turn machine's (`app.turns`); this shell only carries them out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, assert_never

import numpy as np
from numpy.typing import NDArray

import engine.events as engine_events
from app import events as told
from app import happenings, turns
from app.answer import Answer, Links
from app.engine_link import EngineLink
from app.exchange import Exchange
from app.listening import Listening, Reports
from app.mouth import MOST_SOUND_AHEAD_S
from app.outlet import Outlet
from audio.listen import Listener
from audio.tts.synthesizer import Synthesizer
from engine.errors import ContextFull

LONGEST_HELD_S = 6.0  # of sound that is held for a voice without words
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
        self._state = turns.TurnState()
        self._links = Links(
            emit=self._emit,
            happen=self._happen,
            run_behind=self._run_behind,
            clock=parts.clock,
            synthesizer=parts.synthesizer,
            speaking=parts.speaking,
            most_sound_ahead_s=parts.most_sound_ahead_s,
            hold=parts.engine.hold,
            most_ahead_s=parts.engine.most_ahead_s,
        )
        self._running: Answer | None = None
        self._cut: Answer | None = None  # the one that was interrupted last; its last position may yet arrive
        self._outlet = Outlet()
        self._listening = None
        if parts.listener is not None:
            reports = Reports(self._emit, self._happen, self._tell_fault, self._whole)
            self._listening = Listening(parts.listener, parts.clock, reports, parts.language)
        self._background: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._held_timer: asyncio.TimerHandle | None = None  # while the sound is held
        self._closing: Future[None] | None = None  # once it is over

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._parts.engine.follow(self._from_engine)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._parts.on_exit()
        assert self._closing is not None
        for task in self._background:
            task.cancel()
        closed = asyncio.shield(asyncio.wrap_future(self._closing))  # whatever becomes of us
        try:
            await asyncio.gather(closed, *self._background, return_exceptions=True)
        finally:
            if self._listening is not None:
                await self._listening.close()

    # -- what the user does

    async def hear(self, pcm: NDArray[np.int16]) -> None:
        """Microphone sound: 16 kHz mono int16 [samples], in order, any length."""
        if self._listening is not None:
            await self._listening.hear(pcm)

    async def commit(self) -> None:
        """The user's spoken turn is over now (push to talk)."""
        if self._listening is not None:
            await self._listening.commit()

    async def say(self, text: str) -> None:
        """One typed message; it interrupts like speech does."""
        self._happen(happenings.WordsTyped(text))

    async def stop(self) -> None:
        """Silence, and the end of the running turn."""
        self._happen(happenings.StopPressed())

    def set_patience(self, patience: float) -> None:
        """Of the turns to come, from 0 to 1 (engine.patience). Raises ValueError for anything else."""
        self._parts.engine.set_patience(patience)

    def played(self, epoch: int, samples: int, done: bool = False) -> None:
        """The client has played so many samples of an epoch's sound; `done`: no more of it will be heard."""
        running, cut = self._running, self._cut
        if running is not None and running.epoch == epoch:
            running.played(samples, done)
        elif running is None and cut is not None and cut.epoch == epoch:
            cut.exchange.report(samples, self._now())  # a flushed speaker's last position: what was heard so far counts
            self._remember_heard(cut)

    def events(self) -> AsyncIterator[told.ConversationEvent]:
        """What happens, from now until the conversation is left or has failed."""
        return self._outlet.events()

    # -- the turn machine

    def _happen(self, happening: happenings.Happening) -> None:
        if self._closing is not None:
            return
        self._state, actions = turns.advance(self._state, happening)
        if self._state.hushed and isinstance(happening, happenings.WordsHeard):
            self._hold_for_long()  # somebody does say words, sure or not
        for action in actions:
            self._act(action)

    def _act(self, action: turns.Action) -> None:
        match action:
            case turns.Hush(turn, epoch):
                self._emit(told.Hush(self._now(), turn, epoch))
                self._answer(turn).hush()
                self._hold_for_long()
            case turns.Unhush(turn, epoch):
                self._forget_hold()
                self._answer(turn).unhush()
                self._emit(told.Unhush(self._now(), turn, epoch))
            case turns.CutOff(turn, epoch, withdrawn):
                self._cut_off(turn, epoch, withdrawn)
            case turns.Listen(turn, text):
                self._listen(turn, text)
            case turns.Begin(turn, text, spoken):
                self._begin(turn, text, spoken)
            case turns.Finish(turn, interrupted, withdrawn):
                self._finish(turn, interrupted, withdrawn)
            case turns.Show(mind, mouth):
                self._emit(told.StateChanged(self._now(), mind, mouth))
            case _:
                assert_never(action)

    def _whole(self, text: str) -> str:
        """All words of the turn, when the running utterance has come to these."""
        return turns.joined(self._state.earlier, text) if self._state.open else text

    def _answer(self, turn: int) -> Answer:
        assert self._running is not None and self._running.turn == turn
        return self._running

    def _hold_for_long(self) -> None:
        self._forget_hold()
        loop, held = asyncio.get_running_loop(), happenings.HeldLong(self._state.epoch)
        self._held_timer = loop.call_later(LONGEST_HELD_S, self._happen, held)

    def _opened(self, turn: int) -> Answer:
        if self._running is None:
            self._running = Answer(Exchange(turn, self._state.epoch), self._links)
        return self._answer(turn)

    def _forget_hold(self) -> None:
        if self._held_timer is not None:
            self._held_timer.cancel()

    def _cut_off(self, turn: int, epoch: int, withdrawn: bool) -> None:
        self._forget_hold()
        self._emit(told.Flush(self._now(), turn, epoch))
        running = self._answer(turn)
        running.silence()
        self._remember_heard(running, withdrawn)

    def _listen(self, turn: int, text: str) -> None:
        """The engine's commands go out at once, in the order of the decisions; only their outcome is waited for."""
        if self._running is None:
            self._emit(told.TurnOpened(self._now(), turn))
        self._run_behind(self._watch(self._parts.engine.listen(turn, text), self._opened(turn)))

    def _begin(self, turn: int, text: str, spoken: bool) -> None:
        now, running = self._now(), self._opened(turn)
        moments = running.exchange.moments
        moments.input_end_s = now
        if spoken and self._listening is not None:
            moments.speech_end_s, moments.decided_s = self._listening.speech_end_s, self._listening.decided_s
            moments.transcribed_s = now
        self._emit(told.UserTurn(now, turn, text, spoken))
        self._run_behind(self._watch(self._parts.engine.begin(turn, text), running))

    async def _watch(self, command: Future[Any], running: Answer) -> None:
        """The outcome of giving words to the engine: after how many steps the turn's input ended, or an error."""
        try:
            running.exchange.moments.input_end_step = await asyncio.wrap_future(command) or 0
        except Exception as error:
            if self._running is not running:
                return  # the user went on already
            if isinstance(error, ContextFull):
                message = f"this is {error.length} tokens long, but only {error.limit} can be taken; say it shorter"
                self._tell_fault("input_too_long", message)
            else:
                self._tell_fault("engine_failed", str(error))
                log.error("a turn could not begin", exc_info=error)
            self._happen(happenings.StopPressed())

    def _finish(self, turn: int, interrupted: bool, withdrawn: bool) -> None:
        running, self._running = self._answer(turn), None
        self._cut = running if interrupted and not withdrawn else None
        running.finish(interrupted, withdrawn)

    def _remember_heard(self, answer: Answer, withdrawn: bool = False) -> None:
        """What was not heard of an interrupted answer is not remembered as said."""
        self._parts.engine.interrupt(answer.turn, answer.heard_characters(), self._now(), withdrawn)

    # -- from the engine

    def _from_engine(self, happened: Sequence[engine_events.Event]) -> None:
        """On the engine's thread."""
        assert self._loop is not None
        if self._closing is None:
            self._loop.call_soon_threadsafe(self._take, happened)

    def _take(self, happened: Sequence[engine_events.Event]) -> None:
        kinds: set[engine_events.StreamName] = set()
        for event in happened:
            if isinstance(event, engine_events.ConversationFailed):
                self._fail(event.message)
                return
            if self._running is None or event.turn != self._running.turn:
                continue  # of a turn that was cut off
            if isinstance(event, engine_events.TokenGenerated):
                kinds.add(event.stream)
            self._running.take(event)
        if kinds:
            answered = engine_events.StreamName.OUTPUT in kinds
            self._happen(happenings.Answered() if answered else happenings.Thought())

    # -- the end

    def _fail(self, message: str) -> None:
        """The engine has closed its side of this conversation."""
        self._happen(happenings.StopPressed())
        self._tell_fault("engine_failed", message)
        self._end()

    def _end(self) -> None:
        """Be silent, tell no more, and have the engine's memory given back. Harmless when repeated."""
        if self._closing is not None:
            return
        self._closing = self._parts.engine.close()
        if self._running is not None:
            self._running.silence()
        self._outlet.end()

    def _now(self) -> float:
        return self._parts.clock()

    def _tell_fault(self, code: str, message: str) -> None:
        self._emit(told.Fault(self._now(), code, message))

    def _emit(self, event: told.ConversationEvent) -> None:
        self._outlet.put(event)
        if isinstance(event, told.TurnDone) and self._parts.on_turn is not None:
            self._parts.on_turn(event)
        if self._outlet.over and self._closing is None:
            log.warning("the events of a conversation are not read; it is ended")
            self._end()

    def _run_behind(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._forget_task)

    def _forget_task(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a conversation's work behind the scenes failed", exc_info=error)
