"""The turn driver: carries out what the turn machine decided, on the answer at hand, at the engine, and in events.

It decides nothing. The engine's commands go out at once, in the order of the decisions; only their outcome is waited
for. All methods run on the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, assert_never

from app.conversation import events as told
from app.conversation import happenings
from app.conversation import turn_actions as actions
from app.conversation.answer import Answer, Links, TurnEvent
from app.conversation.engine_link import EngineLink
from app.conversation.turn_record import TurnRecord
from app.latency import Moments
from engine.errors import ContextFull
from engine.events import StreamName, TokenGenerated

LONGEST_HELD_S = 6.0  # of sound that is held for a voice without words
log = logging.getLogger(__name__)


class TurnDriver:
    """One conversation's. note_speech: write down when the speech that began a turn ended."""

    def __init__(self, engine: EngineLink, links: Links, note_speech: Callable[[Moments], None]) -> None:
        self._engine, self._links, self._note_speech = engine, links, note_speech
        self._running: Answer | None = None
        self._cut: Answer | None = None  # the one that was interrupted last; its last position may yet arrive
        self._hold_timer: asyncio.TimerHandle | None = None

    # -- the turn machine's actions

    def act(self, action: actions.Action, epoch: int) -> None:
        """Do it. epoch: the one the turn machine has come to, for a turn that begins."""
        emit, now = self._links.emit, self._links.clock()
        match action:
            case actions.Hush(turn, held_epoch):
                emit(told.Hush(now, turn, held_epoch))
                self._answer(turn).hush()
                self.limit_hold(held_epoch)
            case actions.Unhush(turn, held_epoch):
                self._forget_hold()
                self._answer(turn).unhush()
                emit(told.Unhush(now, turn, held_epoch))
            case actions.CutOff(turn, old_epoch, withdrawn):
                self._cut_off(turn, old_epoch, withdrawn)
            case actions.Listen(turn, text):
                self._listen(turn, text, epoch)
            case actions.Begin(turn, text, spoken):
                self._begin(turn, text, spoken, epoch)
            case actions.Finish():
                self._finish(action)
            case actions.PassOver():
                emit(told.PassedOver(now))
            case actions.Show(mind, mouth):
                emit(told.StateChanged(now, mind, mouth))
            case _:
                assert_never(action)

    def limit_hold(self, epoch: int) -> None:
        """From now on the sound of this epoch is held for so long at most."""
        self._forget_hold()
        loop, held = asyncio.get_running_loop(), happenings.HeldLong(epoch)
        self._hold_timer = loop.call_later(LONGEST_HELD_S, self._links.happen, held)

    def _forget_hold(self) -> None:
        if self._hold_timer is not None:
            self._hold_timer.cancel()

    def _cut_off(self, turn: int, epoch: int, withdrawn: bool) -> None:
        self._forget_hold()
        self._links.emit(told.Flush(self._links.clock(), turn, epoch))
        running = self._answer(turn)
        running.silence()
        self._remember_heard(running, withdrawn)

    def _listen(self, turn: int, text: str, epoch: int) -> None:
        if self._running is None:
            self._links.emit(told.TurnOpened(self._links.clock(), turn))
        self._links.run_behind(self._watch(self._engine.listen(turn, text), self._opened(turn, epoch)))

    def _begin(self, turn: int, text: str, spoken: bool, epoch: int) -> None:
        now, running = self._links.clock(), self._opened(turn, epoch)
        moments = running.record.moments
        moments.input_end_s = now
        if spoken:
            self._note_speech(moments)
            moments.transcribed_s = now
        self._links.emit(told.UserTurn(now, turn, text, spoken))
        self._links.run_behind(self._watch(self._engine.begin(turn, text), running))

    async def _watch(self, command: Future[Any], running: Answer) -> None:
        """The outcome of giving words to the engine: after how many steps the turn's input ended, or an error."""
        try:
            running.record.moments.input_end_step = await asyncio.wrap_future(command) or 0
        except Exception as error:
            if self._running is not running:
                return  # the user went on already
            code, message = _explained(error)
            self._links.emit(told.Fault(self._links.clock(), code, message))
            self._links.happen(happenings.StopPressed())

    def _finish(self, finish: actions.Finish) -> None:
        running, self._running = self._answer(finish.turn), None
        self._cut = running if finish.interrupted and not finish.withdrawn else None
        running.finish(finish.interrupted, finish.withdrawn, finish.stands)

    def _opened(self, turn: int, epoch: int) -> Answer:
        if self._running is None:
            self._running = Answer(TurnRecord(turn, epoch), self._links)
        return self._answer(turn)

    def _answer(self, turn: int) -> Answer:
        assert self._running is not None and self._running.turn == turn
        return self._running

    # -- how much was heard

    def played(self, epoch: int, samples: int, done: bool) -> None:
        """The client has played so many samples of an epoch's sound; `done`: no more of it will be heard."""
        running, cut = self._running, self._cut
        if running is not None and running.epoch == epoch:
            running.played(samples, done)
        elif running is None and cut is not None and cut.epoch == epoch:
            cut.record.report(samples, self._links.clock())  # a flushed speaker's last position: so much counts
            self._remember_heard(cut)

    def _remember_heard(self, answer: Answer, withdrawn: bool = False) -> None:
        """What was not heard of an interrupted answer is not remembered as said."""
        self._engine.interrupt(answer.turn, answer.heard_characters(), self._links.clock(), withdrawn)

    # -- the engine

    def take(self, happened: Sequence[TurnEvent]) -> None:
        """What one step of the engine gave; that of a turn that was cut off is dropped."""
        kinds: set[StreamName] = set()
        for event in happened:
            if self._running is None or event.turn != self._running.turn:
                continue
            if isinstance(event, TokenGenerated):
                kinds.add(event.stream)
            self._running.take(event)
        if kinds:
            self._links.happen(happenings.Answered() if StreamName.OUTPUT in kinds else happenings.Thought())

    def silence(self) -> None:
        """Not a sound from now on. Harmless when repeated."""
        self._forget_hold()
        if self._running is not None:
            self._running.silence()


def _explained(error: Exception) -> tuple[str, str]:
    """Code and message of a fault in giving words to the engine."""
    if isinstance(error, ContextFull):
        message = f"this is {error.length} tokens long, but only {error.limit} can be taken; say it shorter"
        return "input_too_long", message
    log.error("a turn could not begin", exc_info=error)
    return "engine_failed", str(error)
