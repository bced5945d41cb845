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
from app import events as happenings
from app import turns
from app.answer import Answer, Links
from app.ear import Ear
from app.engine_thread import EngineThread
from app.exchange import Exchange
from app.mouth import MOST_SOUND_AHEAD_S
from app.outlet import Outlet
from audio.events import FinalTranscript, ListenEvent, PartialTranscript, SpeechEnded, SpeechStarted
from audio.listen import Listener
from audio.pcm import INPUT_RATE_HZ
from audio.tts import Synthesizer
from engine.conversation import Conversation as EngineConversation
from engine.errors import ContextFull
from engine.patience import checked, most_ahead_s

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the assistant lends a conversation. listener and synthesizer are None in a text conversation."""

    engine: EngineThread
    tokens: EngineConversation
    listener: Listener | None
    synthesizer: Synthesizer | None
    hearing: Executor
    speaking: Executor
    clock: Callable[[], float]
    on_exit: Callable[[], None]
    most_sound_ahead_s: float = MOST_SOUND_AHEAD_S
    spelled: Callable[[str], str] = str  # the user's words as the model reads them
    most_ahead_s: float | None = None  # unheard speech at which the writer pauses; None: as the patience says


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
            hold=self._hold,
            most_ahead_s=self._most_ahead_s,
        )
        self._running: Answer | None = None
        self._cut: Answer | None = None  # the one that was interrupted last; its last position may yet arrive
        self._outlet = Outlet()
        self._ear = None
        if parts.listener is not None:
            self._ear = Ear(parts.listener, parts.hearing, parts.clock, self._heard, self._misheard)
        self._background: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._speech_end_s: float | None = None
        self._decided_s: float | None = None  # when the end of the user's speech was decided
        self._closing: Future[None] | None = None  # once it is over

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._parts.engine.listen(self._parts.tokens.id, self._from_engine)
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
            if self._ear is not None:
                await self._ear.close()

    # -- what the user does

    async def hear(self, pcm: NDArray[np.int16]) -> None:
        """Microphone sound: 16 kHz mono int16 [samples], in order, any length."""
        if self._ear is not None:
            await self._ear.listen(lambda listener: listener.push(pcm))

    async def commit(self) -> None:
        """The user's spoken turn is over now (push to talk)."""
        if self._ear is not None:
            await self._ear.listen(lambda listener: listener.finish())

    async def say(self, text: str) -> None:
        """One typed message; it interrupts like speech does."""
        self._speech_end_s = None
        self._happen(turns.WordsTyped(text))

    async def stop(self) -> None:
        """Silence, and the end of the running turn."""
        self._happen(turns.StopPressed())

    def set_patience(self, patience: float) -> None:
        """Of the turns to come, from 0 to 1 (engine.patience). Raises ValueError for anything else."""
        patience, tokens = checked(patience), self._parts.tokens
        self._parts.engine.call(lambda _: setattr(tokens, "patience", patience))

    def played(self, epoch: int, samples: int, done: bool = False) -> None:
        """The client has played so many samples of an epoch's sound; `done`: no more of it will be heard."""
        running, cut = self._running, self._cut
        if running is not None and running.epoch == epoch:
            running.played(samples, done)
        elif running is None and cut is not None and cut.epoch == epoch:
            cut.exchange.report(samples, self._now())  # a flushed speaker's last position: what was heard so far counts
            self._remember_heard(cut)

    def events(self) -> AsyncIterator[happenings.ConversationEvent]:
        """What happens, from now until the conversation is left or has failed."""
        return self._outlet.events()

    # -- hearing

    def _heard(self, event: ListenEvent, listener: Listener, came_s: float) -> None:
        """`came_s`: when the sound came in which this was heard; the recogniser may have taken its time since."""
        now = self._now()
        match event:
            case SpeechStarted():
                self._happen(turns.VoiceStarted())
                self._emit(happenings.SpeechStarted(now))
            case PartialTranscript(text):
                self._emit(happenings.PartialTranscript(now, text))
            case SpeechEnded(last_speech_sample):
                self._speech_end_s = came_s - (listener.at_sample - last_speech_sample) / INPUT_RATE_HZ
                self._decided_s = came_s
                self._emit(happenings.SpeechEnded(now))
            case FinalTranscript(text):
                self._happen(turns.WordsSpoken(text))
            case _:
                assert_never(event)

    def _misheard(self, error: Exception) -> None:
        log.error("an utterance was lost", exc_info=error)
        self._tell_fault("hearing_failed", str(error))
        self._happen(turns.WordsSpoken(""))

    # -- the turn machine

    def _happen(self, happening: turns.Happening) -> None:
        if self._closing is not None:
            return
        self._state, actions = turns.advance(self._state, happening)
        for action in actions:
            self._act(action)

    def _act(self, action: turns.Action) -> None:
        match action:
            case turns.CutOff(turn, epoch):
                self._cut_off(turn, epoch)
            case turns.Begin(turn, text, spoken):
                self._begin(turn, text, spoken)
            case turns.Finish(turn, interrupted):
                self._finish(turn, interrupted)
            case turns.Show(mind, mouth):
                self._emit(happenings.StateChanged(self._now(), mind, mouth))
            case _:
                assert_never(action)

    def _cut_off(self, turn: int, epoch: int) -> None:
        self._emit(happenings.Flush(self._now(), turn, epoch))
        running = self._running
        assert running is not None and running.turn == turn
        running.silence()
        self._remember_heard(running)

    def _begin(self, turn: int, text: str, spoken: bool) -> None:
        """The engine's commands go out at once, in the order of the decisions; only their outcome is waited for."""
        now, tokens = self._now(), self._parts.tokens
        running = self._running = Answer(Exchange(turn, self._state.epoch), self._links)
        moments = running.exchange.moments
        moments.input_end_s = now
        if spoken:
            moments.speech_end_s, moments.decided_s, moments.transcribed_s = self._speech_end_s, self._decided_s, now
        self._emit(happenings.UserTurn(now, turn, text, spoken))

        def begin(_: object) -> None:
            tokens.listen(self._parts.spelled(text), turn=turn)
            tokens.end_input(turn)

        self._run_behind(self._watch_beginning(self._parts.engine.call(begin), running))

    async def _watch_beginning(self, begun: Future[None], running: Answer) -> None:
        try:
            await asyncio.wrap_future(begun)
        except Exception as error:
            if self._running is not running:
                return  # the user went on already
            if isinstance(error, ContextFull):
                message = f"this is {error.length} tokens long, but only {error.limit} can be taken; say it shorter"
                self._tell_fault("input_too_long", message)
            else:
                self._tell_fault("engine_failed", str(error))
                log.error("a turn could not begin", exc_info=error)
            self._happen(turns.StopPressed())

    def _finish(self, turn: int, interrupted: bool) -> None:
        running, self._running = self._running, None
        assert running is not None and running.turn == turn
        self._cut = running if interrupted else None
        running.finish(interrupted)

    def _remember_heard(self, answer: Answer) -> None:
        """What was not heard of an interrupted answer is not remembered as said."""
        heard, now, tokens = answer.heard_characters(), self._now(), self._parts.tokens
        self._parts.engine.call(lambda _: tokens.interrupt(heard, now, answer.turn))

    def _hold(self, turn: int, held: bool) -> None:
        tokens = self._parts.tokens
        self._parts.engine.call(lambda _: tokens.hold(held, turn))

    def _most_ahead_s(self) -> float:
        if self._parts.most_ahead_s is not None:
            return self._parts.most_ahead_s
        return most_ahead_s(self._parts.tokens.patience)

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
            self._happen(turns.Answered() if answered else turns.Thought())

    # -- the end

    def _fail(self, message: str) -> None:
        """The engine has closed its side of this conversation."""
        self._happen(turns.StopPressed())
        self._tell_fault("engine_failed", message)
        self._end()

    def _end(self) -> None:
        """Be silent, tell no more, and have the engine's memory given back. Harmless when repeated."""
        if self._closing is not None:
            return
        tokens, engine = self._parts.tokens, self._parts.engine
        engine.forget(tokens.id)
        self._closing = engine.call(lambda running: running.close(tokens))
        if self._running is not None:
            self._running.silence()
        self._outlet.end()

    # -- small things

    def _now(self) -> float:
        return self._parts.clock()

    def _tell_fault(self, code: str, message: str) -> None:
        self._emit(happenings.Fault(self._now(), code, message))

    def _emit(self, event: happenings.ConversationEvent) -> None:
        self._outlet.put(event)
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
