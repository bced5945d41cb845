"""A conversation with one user: microphone and text in, events out. Ties the listener, the turn machine, the engine
and the mouth.

All state lives on the event loop; the engine, the listener and the synthesizer run on threads of their own and report
back to it. The decisions are the turn machine's (`app.turns`); this shell only carries them out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, assert_never

import numpy as np
from numpy.typing import NDArray

import engine.events as engine_events
from app import events as happenings
from app import turns
from app.engine_thread import EngineThread
from app.latency import Moments
from app.mouth import Utterance
from audio.events import FinalTranscript, ListenEvent, PartialTranscript, SpeechEnded, SpeechStarted
from audio.listen import Listener
from audio.pcm import INPUT_RATE_HZ
from audio.tts import Synthesizer
from engine.conversation import Conversation as EngineConversation
from engine.errors import EngineError

OUTPUT_RATE_HZ = 24_000
BYTES_PER_SAMPLE = 2
MOST_WAITING_EVENTS = 10_000
UNREPORTED_GRACE_S = (
    1.0  # a client that never reports playback is taken to have played in real time, and this much more
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


@dataclass(slots=True)
class _Running:
    """What is known of the turn at hand."""

    number: int
    epoch: int
    moments: Moments = field(default_factory=Moments)
    answer: str = ""
    utterance: Utterance | None = None
    played_samples: int = 0
    reported: bool = False


class Conversation:
    """Made by `Assistant.converse`; an asynchronous context manager."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._state = turns.TurnState()
        self._running: _Running | None = None
        self._events: asyncio.Queue[happenings.ConversationEvent | None] = asyncio.Queue(MOST_WAITING_EVENTS)
        self._listening = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._speech_end_s: float | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        await self._on_engine(lambda _: self._parts.engine.listen(self._parts.tokens.id, self._from_engine))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._parts.engine.forget(self._parts.tokens.id)
        await self._on_engine(lambda engine: engine.close(self._parts.tokens))
        if self._running is not None and self._running.utterance is not None:
            await self._running.utterance.cancel()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        async with self._listening:
            if self._parts.listener is not None:
                self._parts.listener.close()
        self._put_last()
        self._parts.on_exit()

    # -- what the user does

    async def hear(self, pcm: NDArray[np.int16]) -> None:
        """Microphone sound: 16 kHz mono int16 [samples], in order, any length."""
        if self._parts.listener is not None:
            await self._listen(lambda listener: listener.push(pcm))

    async def commit(self) -> None:
        """The user's spoken turn is over now (push to talk)."""
        if self._parts.listener is not None:
            await self._listen(lambda listener: listener.finish())

    async def say(self, text: str) -> None:
        """One typed message; it interrupts like speech does."""
        self._speech_end_s = None
        self._happen(turns.WordsTyped(text))

    async def stop(self) -> None:
        """Silence, and the end of the running turn."""
        self._happen(turns.StopPressed())

    def played(self, epoch: int, samples: int, done: bool = False) -> None:
        """The client has played so many samples of an epoch's sound; `done`: that was all of it."""
        running = self._running
        if running is None or running.epoch != epoch:
            return
        running.reported = True
        running.played_samples = max(running.played_samples, samples)
        if done:
            self._happen(turns.SoundEnded())

    async def events(self) -> AsyncIterator[happenings.ConversationEvent]:
        """What happens, from now until the conversation is left."""
        while (event := await self._events.get()) is not None:
            yield event

    # -- hearing

    async def _listen(self, step: Callable[[Listener], list[ListenEvent]]) -> None:
        listener = self._parts.listener
        assert listener is not None
        async with self._listening:
            if self._closed:
                return
            loop = asyncio.get_running_loop()
            heard = await loop.run_in_executor(self._parts.hearing, step, listener)
            for event in heard:
                self._heard(event, listener)

    def _heard(self, event: ListenEvent, listener: Listener) -> None:
        now = self._now()
        match event:
            case SpeechStarted():
                self._happen(turns.VoiceStarted())
                self._emit(happenings.SpeechStarted(now))
            case PartialTranscript(text):
                self._emit(happenings.PartialTranscript(now, text))
            case SpeechEnded(last_speech_sample):
                self._speech_end_s = now - (listener.at_sample - last_speech_sample) / INPUT_RATE_HZ
                self._emit(happenings.SpeechEnded(now))
            case FinalTranscript(text):
                self._happen(turns.WordsSpoken(text))
            case _:
                assert_never(event)

    # -- the turn machine

    def _happen(self, happening: turns.Happening) -> None:
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
        assert running is not None
        if running.utterance is not None:
            self._run_behind(running.utterance.cancel())
        heard, now = self._heard_characters(running), self._now()
        self._parts.engine.call(lambda _: self._parts.tokens.interrupt(heard, now))

    def _begin(self, turn: int, text: str, spoken: bool) -> None:
        now = self._now()
        running = _Running(turn, self._state.epoch)
        running.moments.input_end_s = now
        if spoken:
            running.moments.speech_end_s, running.moments.transcribed_s = self._speech_end_s, now
        if self._parts.synthesizer is not None:
            running.utterance = self._utterance(self._parts.synthesizer, running)
        self._running = running
        self._emit(happenings.UserTurn(now, turn, text, spoken))
        self._run_behind(self._give_to_engine(text))

    async def _give_to_engine(self, text: str) -> None:
        tokens = self._parts.tokens

        def begin(_: object) -> None:
            tokens.listen(text)
            tokens.end_input()

        try:
            await self._on_engine(begin)
        except EngineError as error:
            self._fail("input_too_long", str(error))

    def _finish(self, turn: int, interrupted: bool) -> None:
        running, self._running = self._running, None
        assert running is not None and running.number == turn
        heard = running.answer[: self._heard_characters(running)] if interrupted else running.answer
        delays = running.moments.delays()
        self._emit(happenings.TurnDone(self._now(), turn, running.answer.strip(), heard, interrupted, delays))

    def _heard_characters(self, running: _Running) -> int:
        if running.utterance is None:
            return len(running.answer)
        return running.utterance.heard(running.played_samples)

    def _fail(self, code: str, message: str) -> None:
        self._emit(happenings.Fault(self._now(), code, message))
        self._happen(turns.StopPressed())

    # -- from the engine

    def _from_engine(self, happened: Sequence[engine_events.Event]) -> None:
        """On the engine's thread."""
        assert self._loop is not None
        if not self._closed:
            self._loop.call_soon_threadsafe(self._take, happened)

    def _take(self, happened: Sequence[engine_events.Event]) -> None:
        running = self._running
        kinds: set[engine_events.StreamName] = set()
        for event in happened:
            if running is None or event.turn != running.number:
                continue  # of a turn that was cut off
            match event:
                case engine_events.TokenGenerated():
                    kinds.add(event.stream)
                    self._take_token(event, running)
                case engine_events.GateAnswered(turn=turn, step=step, log_odds=log_odds, open=is_open):
                    self._emit(happenings.GateAsked(event.at_s, turn, step, log_odds, is_open))
                case engine_events.StreamEnded(stream=engine_events.StreamName.THOUGHTS, turn=turn):
                    self._emit(happenings.ThoughtsDone(event.at_s, turn))
                case engine_events.TurnEnded():
                    self._answer_ended(event, running)
                case engine_events.ConversationFailed(message=message):
                    self._fail("engine_failed", message)
                case engine_events.StreamEnded():
                    pass
                case _:
                    assert_never(event)
        if self._running is not None and kinds:
            answered = engine_events.StreamName.OUTPUT in kinds
            self._happen(turns.Answered() if answered else turns.Thought())

    def _take_token(self, event: engine_events.TokenGenerated, running: _Running) -> None:
        moments = running.moments
        moments.first_token_s = moments.first_token_s or event.at_s
        if event.stream is engine_events.StreamName.THOUGHTS:
            self._emit(happenings.ThoughtDelta(event.at_s, event.turn, event.text, event.step))
            return
        if moments.first_answer_s is None:
            moments.first_answer_s, moments.first_answer_step = event.at_s, event.step
        running.answer += event.text
        self._emit(happenings.AnswerDelta(event.at_s, event.turn, event.text, event.step))
        if running.utterance is not None:
            running.utterance.write(event.text)

    def _answer_ended(self, event: engine_events.TurnEnded, running: _Running) -> None:
        self._emit(happenings.AnswerDone(event.at_s, event.turn, running.answer.strip()))
        if running.utterance is not None:
            running.utterance.end()
        self._happen(turns.AnswerEnded())
        if running.utterance is None:
            self._happen(turns.SoundEnded())

    # -- speaking

    def _utterance(self, synthesizer: Synthesizer, running: _Running) -> Utterance:
        def on_sound(pcm: bytes, text: str) -> None:
            if self._running is not running:
                return
            now, duration_s = self._now(), len(pcm) / BYTES_PER_SAMPLE / OUTPUT_RATE_HZ
            assert running.utterance is not None
            running.moments.first_phrase_s = running.utterance.first_phrase_s
            running.moments.sounds.append((now, duration_s))
            self._happen(turns.SoundStarted())
            self._emit(happenings.AudioDelta(now, running.number, running.epoch, pcm, text))

        def on_end() -> None:
            if self._running is running:
                self._emit(happenings.AudioDone(self._now(), running.number, running.epoch))
                self._run_behind(self._wait_for_playback(running))

        def on_error(error: Exception) -> None:
            if self._running is running:
                self._emit(happenings.Fault(self._now(), "speech_failed", str(error)))
                self._happen(turns.SoundEnded())

        return Utterance(synthesizer, self._parts.speaking, self._parts.clock, on_sound, on_end, on_error)

    async def _wait_for_playback(self, running: _Running) -> None:
        """A client that reports its position says when it is done; for any other, time tells."""
        sounds = running.moments.sounds
        if sounds:
            ends_at = sounds[0][0]
            for ready_s, duration_s in sounds:
                ends_at = max(ends_at, ready_s) + duration_s
            await asyncio.sleep(max(0.0, ends_at - self._now()) + UNREPORTED_GRACE_S)
        if self._running is running and not (sounds and running.reported):
            self._happen(turns.SoundEnded())

    # -- small things

    def _now(self) -> float:
        return self._parts.clock()

    def _emit(self, event: happenings.ConversationEvent) -> None:
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            log.warning("a conversation's events are not read; it is ended")
            self._closed = True

    def _put_last(self) -> None:
        if self._events.full():
            self._events.get_nowait()
        self._events.put_nowait(None)

    def _run_behind(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _on_engine(self, command: Callable[..., None]) -> None:
        await asyncio.wrap_future(self._parts.engine.call(command))
