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
from app.ear import Ear
from app.engine_thread import EngineThread
from app.exchange import Exchange
from app.mouth import Utterance
from app.outlet import Outlet
from audio.events import FinalTranscript, ListenEvent, PartialTranscript, SpeechEnded, SpeechStarted
from audio.listen import Listener
from audio.pcm import INPUT_RATE_HZ
from audio.tts import Synthesizer
from engine.conversation import Conversation as EngineConversation
from engine.errors import ContextFull

BYTES_PER_SAMPLE = 2

TurnEvent = (
    engine_events.TokenGenerated | engine_events.GateAnswered | engine_events.StreamEnded | engine_events.TurnEnded
)
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
    spelled: Callable[[str], str] = str  # the user's words as the model reads them


class Conversation:
    """Made by `Assistant.converse`; an asynchronous context manager, which must be entered and left."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._state = turns.TurnState()
        self._running: Exchange | None = None
        self._cut: Exchange | None = None  # the turn that was interrupted last; its last position may yet arrive
        self._utterance: Utterance | None = None
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

    def played(self, epoch: int, samples: int, done: bool = False) -> None:
        """The client has played so many samples of an epoch's sound; `done`: no more of it will be heard."""
        running = self._running
        if running is None or running.epoch != epoch:
            self._played_late(epoch, samples)
            return
        running.report(samples, self._now())
        if running.sound_over and (done or running.reported_samples == running.made_samples):
            self._happen(turns.SoundEnded())

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
        running.cut_at_s = self._now()
        if self._utterance is not None:
            self._utterance.silence()
        self._remember_heard(running)

    def _begin(self, turn: int, text: str, spoken: bool) -> None:
        """The engine's commands go out at once, in the order of the decisions; only their outcome is waited for."""
        now, tokens = self._now(), self._parts.tokens
        running = self._running = Exchange(turn, self._state.epoch)
        running.moments.input_end_s = now
        if spoken:
            running.moments.speech_end_s, running.moments.decided_s = self._speech_end_s, self._decided_s
            running.moments.transcribed_s = now
        self._utterance = self._new_utterance(running)
        self._emit(happenings.UserTurn(now, turn, text, spoken))

        def begin(_: object) -> None:
            tokens.listen(self._parts.spelled(text))
            tokens.end_input(turn)

        self._run_behind(self._watch_beginning(self._parts.engine.call(begin), running))

    async def _watch_beginning(self, begun: Future[None], running: Exchange) -> None:
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
        whole = not (interrupted or running.failed)
        heard = running.answer if whole else running.answer[: self._heard_characters(running)]
        delays = running.moments.delays()
        answer = running.answer.strip()
        self._emit(happenings.TurnDone(self._now(), turn, answer, heard.strip(), interrupted, delays))

    def _heard_characters(self, running: Exchange) -> int:
        if self._utterance is None:
            return len(running.answer)
        return self._utterance.heard(running.played_samples(self._now()))

    def _remember_heard(self, running: Exchange) -> None:
        """What was not heard of an interrupted answer is not remembered as said."""
        heard, now, tokens = self._heard_characters(running), self._now(), self._parts.tokens
        self._parts.engine.call(lambda _: tokens.interrupt(heard, now, running.turn))

    def _played_late(self, epoch: int, samples: int) -> None:
        """A flushed speaker tells its last position when the turn is over already; what was heard until then counts."""
        cut = self._cut
        if cut is None or cut.epoch != epoch or self._running is not None:
            return
        if cut.reported_samples is None or samples > cut.reported_samples:
            cut.report(samples, self._now())
            self._remember_heard(cut)

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
            running = self._running
            if running is None or event.turn != running.turn:
                continue  # of a turn that was cut off
            if isinstance(event, engine_events.TokenGenerated):
                kinds.add(event.stream)
            self._take_one(event, running)
        if kinds:
            answered = engine_events.StreamName.OUTPUT in kinds
            self._happen(turns.Answered() if answered else turns.Thought())

    def _take_one(self, event: TurnEvent, running: Exchange) -> None:
        match event:
            case engine_events.TokenGenerated():
                self._take_token(event, running)
            case engine_events.GateAnswered(turn=turn, step=step, log_odds=log_odds, open=is_open):
                self._emit(happenings.GateAsked(event.at_s, turn, step, log_odds, is_open))
            case engine_events.StreamEnded(stream=engine_events.StreamName.THOUGHTS):
                self._thoughts_done(event.at_s, running)
            case engine_events.StreamEnded():
                pass
            case engine_events.TurnEnded():
                self._answer_ended(event, running)
            case _:
                assert_never(event)

    def _take_token(self, event: engine_events.TokenGenerated, running: Exchange) -> None:
        moments = running.moments
        if moments.first_token_s is None:
            moments.first_token_s = event.at_s
        if event.stream is engine_events.StreamName.THOUGHTS:
            running.thoughts_open = True
            self._emit(happenings.ThoughtDelta(event.at_s, event.turn, event.text, event.step))
            return
        if moments.first_answer_s is None:
            moments.first_answer_s, moments.first_answer_step = event.at_s, event.step
        running.answer += event.text
        self._emit(happenings.AnswerDelta(event.at_s, event.turn, event.text, event.step))
        if self._utterance is not None:
            self._utterance.write(event.text)

    def _thoughts_done(self, at_s: float, running: Exchange) -> None:
        if running.thoughts_open:
            running.thoughts_open = False
            self._emit(happenings.ThoughtsDone(at_s, running.turn))

    def _answer_ended(self, event: engine_events.TurnEnded, running: Exchange) -> None:
        self._thoughts_done(event.at_s, running)
        self._emit(happenings.AnswerDone(event.at_s, event.turn, running.answer.strip()))
        self._happen(turns.AnswerEnded())
        if self._utterance is not None:
            self._utterance.end()
        else:
            self._happen(turns.SoundEnded())

    # -- speaking

    def _new_utterance(self, running: Exchange) -> Utterance | None:
        if self._parts.synthesizer is None:
            return None

        def on_sound(pcm: bytes, text: str) -> None:
            if self._running is not running:
                return
            running.moments.first_phrase_s = utterance.first_phrase_s
            running.sound(len(pcm) // BYTES_PER_SAMPLE, self._now())
            self._happen(turns.SoundStarted())
            self._emit(happenings.AudioDelta(self._now(), running.turn, running.epoch, pcm, text))

        def on_end() -> None:
            if self._running is running:
                running.sound_over = True
                self._emit(happenings.AudioDone(self._now(), running.turn, running.epoch))
                self._run_behind(self._wait_for_playback(running))

        def on_error(error: Exception) -> None:
            log.error("the answer cannot be spoken on", exc_info=error)
            if self._running is running:
                running.failed = True
                self._tell_fault("speech_failed", str(error))
                on_end()

        utterance = Utterance(
            self._parts.synthesizer,
            self._parts.speaking,
            self._parts.clock,
            on_sound,
            on_end,
            on_error,
            ahead_s=lambda: running.ahead_s(self._now()),
        )
        self._run_behind(utterance.wait())
        return utterance

    async def _wait_for_playback(self, running: Exchange) -> None:
        """A client that tells its position ends the turn by it; for any other, and if it falls silent, time does."""
        while self._running is running and (wait_s := running.silent_at_s() - self._now()) > 0:
            await asyncio.sleep(wait_s)
        if self._running is running:
            self._happen(turns.SoundEnded())

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
        if self._utterance is not None:
            self._utterance.silence()
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
