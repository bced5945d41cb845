"""One turn's answer: what the engine and the mouth bring of it becomes events and happenings, until the turn is over.

It keeps the record of the turn (`TurnRecord`) and owns its mouth. It decides nothing: it tells the turn machine what
happens. All methods run on the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, assert_never

import engine.events as engine_events
from app.conversation import happenings
from app.conversation.events import (
    AnswerDelta,
    AnswerDone,
    AudioDelta,
    AudioDone,
    ConversationEvent,
    Fault,
    GateAsked,
    ThoughtDelta,
    ThoughtsCut,
    ThoughtsDone,
    TurnDone,
)
from app.conversation.mouth import LOOK_AGAIN_S, Speaking
from app.conversation.turn_record import TurnRecord, shall_hold, unheard_s
from audio.tts.synthesizer import Synthesizer, WordMark
from engine.events import EndReason, StreamName

TurnEvent = (
    engine_events.TokenGenerated
    | engine_events.GateAnswered
    | engine_events.ClearanceAnswered
    | engine_events.StreamEnded
    | engine_events.StreamCut
    | engine_events.StreamCompacted
    | engine_events.TurnEnded
)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Links:
    """What an answer needs of its conversation. synthesizer is None where nothing is spoken.

    hold: shall the writer of this turn pause? most_ahead_s: when so much speech is unheard.
    most_sound_ahead_s: of sound that is made and not yet played.
    """

    emit: Callable[[ConversationEvent], None]
    happen: Callable[[happenings.Happening], None]
    run_behind: Callable[[Coroutine[Any, Any, None]], None]
    clock: Callable[[], float]
    synthesizer: Synthesizer | None
    speaking: Executor
    hold: Callable[[int, bool], None]
    most_ahead_s: Callable[[], float]
    most_sound_ahead_s: float


class Answer:
    """The answer of the turn at hand; once `finish` was called it tells nothing any more."""

    def __init__(self, record: TurnRecord, links: Links) -> None:
        self.record = record
        self._links, self._over = links, False
        self._thinking: set[str] = set()  # lanes of thoughts that go on
        self._held = self._broke_off = False
        self._mouth = None if links.synthesizer is None else self._begin_speaking(links.synthesizer)

    @property
    def turn(self) -> int:
        return self.record.turn

    @property
    def epoch(self) -> int:
        return self.record.epoch

    def silence(self) -> None:
        """Not a sound from now on. Harmless when repeated."""
        self.record.cut(self._links.clock())
        if self._mouth is not None:
            self._mouth.silence()

    def hush(self) -> None:
        """The speaker holds its sound."""
        self.record.hush(self._links.clock())

    def unhush(self) -> None:
        """It goes on."""
        self.record.unhush(self._links.clock())

    def heard_characters(self) -> int:
        """How much of the text has been heard; all that was written, where nothing is spoken."""
        if self._mouth is None:
            return len(self.record.answer)
        return self._mouth.heard(self.record.played_samples(self._links.clock()))

    def finish(self, interrupted: bool, withdrawn: bool = False, stands: bool = False) -> None:
        """The turn is over: tell how it was."""
        self._over = True
        record = self.record
        whole = not (interrupted or record.failed)
        heard = record.answer if whole else record.answer[: self.heard_characters()]
        now, moments = self._links.clock(), record.moments
        answer = record.answer.strip()
        delays = moments.delays()
        broke_off = self._broke_off and not interrupted
        self._links.emit(
            TurnDone(
                now, record.turn, answer, heard.strip(), interrupted, delays, moments, withdrawn, stands, broke_off
            )
        )

    # -- from the client

    def played(self, samples: int, done: bool) -> None:
        """The client's position; `done`: no more will be heard, which counts once no more will be made."""
        record = self.record
        record.report(samples, self._links.clock())
        if record.sound_over and (done or record.reported_samples == record.made_samples):
            self._links.happen(happenings.SoundEnded())

    # -- from the engine

    def take(self, event: TurnEvent) -> None:
        """Something of this turn."""
        match event:
            case engine_events.TokenGenerated():
                self._take_token(event)
            case engine_events.GateAnswered(turn=turn, step=step, log_odds=log_odds, open=is_open):
                self._links.emit(GateAsked(event.at_s, turn, step, log_odds, is_open, event.probability))
            case engine_events.StreamEnded(stream=StreamName.THOUGHTS, lane=lane):
                self._thinking.discard(lane)
                if not self._thinking:
                    self._end_thoughts(event.at_s)
            case engine_events.StreamCut(stream=StreamName.THOUGHTS, characters=characters, lane=lane):
                self._links.emit(ThoughtsCut(event.at_s, event.turn, characters, lane))
            case engine_events.StreamCut():
                raise AssertionError("no words are given to a turn that may be answered already")
            case engine_events.StreamEnded() | engine_events.StreamCompacted():
                pass
            case engine_events.ClearanceAnswered():
                pass
            case engine_events.TurnEnded(reason=reason):
                self._broke_off = reason is EndReason.LIMIT
                self._end_text(event.at_s)
            case _:
                assert_never(event)

    def _take_token(self, event: engine_events.TokenGenerated) -> None:
        record, moments = self.record, self.record.moments
        if moments.first_token_s is None:
            moments.first_token_s = event.at_s
        if event.stream is StreamName.THOUGHTS:
            record.thoughts_open = True
            self._thinking.add(event.lane)
            self._links.emit(ThoughtDelta(event.at_s, event.turn, event.text, event.step, event.lane))
            return
        if moments.first_answer_s is None:
            moments.first_answer_s = event.at_s
        moments.answer_steps.append(event.step)
        record.answer += event.text
        self._links.emit(AnswerDelta(event.at_s, event.turn, event.text, event.step))
        if self._mouth is not None:
            self._mouth.write(event.text)
            self._mind_the_unheard(self._mouth)

    def _end_thoughts(self, at_s: float) -> None:
        if self.record.thoughts_open:
            self.record.thoughts_open = False
            self._links.emit(ThoughtsDone(at_s, self.turn))

    def _end_text(self, at_s: float) -> None:
        self._end_thoughts(at_s)
        self._links.emit(AnswerDone(at_s, self.turn, self.record.answer.strip()))
        self._links.happen(happenings.AnswerEnded())
        if self._mouth is not None:
            self._mouth.end()
        else:
            self._links.happen(happenings.SoundEnded())

    # -- how far the writer may be ahead

    def _mind_the_unheard(self, mouth: Speaking) -> None:
        if not self._held and self._enough_waits(mouth):
            self._held = True
            self._links.hold(self.turn, True)
            self._links.run_behind(self._lift_the_hold(mouth))

    async def _lift_the_hold(self, mouth: Speaking) -> None:
        """When enough of what waits has been heard. With the turn the hold ends by itself."""
        while not self._over and self._enough_waits(mouth):
            await asyncio.sleep(LOOK_AGAIN_S)
        self._held = False
        if not self._over:
            self._links.hold(self.turn, False)

    def _enough_waits(self, mouth: Speaking) -> bool:
        record = self.record
        if record.failed:
            return False
        waiting_s = unheard_s(record.ahead_s(self._links.clock()), mouth.unspoken_characters)
        return shall_hold(self._held, waiting_s, self._links.most_ahead_s())

    # -- from the mouth

    def _begin_speaking(self, synthesizer: Synthesizer) -> Speaking:
        mouth = Speaking(
            synthesizer,
            self._links.speaking,
            self._links.clock,
            self._sound,
            self._end_sound,
            self._fail_to_speak,
            ahead_s=lambda: self.record.ahead_s(self._links.clock()),
            most_sound_ahead_s=self._links.most_sound_ahead_s,
        )
        self._links.run_behind(mouth.wait())
        return mouth

    def _sound(self, pcm: bytes, text: str, words: tuple[WordMark, ...]) -> None:
        if self._over:
            return
        assert self._mouth is not None
        record, now = self.record, self._links.clock()
        record.moments.first_phrase_s = self._mouth.first_phrase_s
        record.sound(pcm, now)
        self._links.happen(happenings.SoundStarted(now))
        marks = tuple((mark.text_start, mark.sample) for mark in words)
        self._links.emit(AudioDelta(now, record.turn, record.epoch, pcm, text, marks))

    def _end_sound(self) -> None:
        if not self._over:
            self.record.sound_over = True
            self._links.emit(AudioDone(self._links.clock(), self.turn, self.epoch))
            self._links.run_behind(self._wait_for_playback())

    def _fail_to_speak(self, error: Exception) -> None:
        log.error("the answer cannot be spoken on", exc_info=error)
        if not self._over:
            self.record.failed = True
            self._links.emit(Fault(self._links.clock(), "speech_failed", str(error)))
            self._end_sound()

    async def _wait_for_playback(self) -> None:
        """A client that tells its position ends the turn by it; for any other, and if it falls silent, time does."""
        while not self._over and (wait_s := self.record.silent_at_s() - self._links.clock()) > 0:
            await asyncio.sleep(min(wait_s, LOOK_AGAIN_S))
        if not self._over:
            self._links.happen(happenings.SoundEnded())
