"""A conversation's line to the engine: commands, which the engine's thread carries out in the order they were given.

Some give a future. Of the others nobody awaits the outcome: one that fails is told to whoever follows the engine.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.patience import checked, most_ahead_s

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engine_thread import EngineThread
    from engine.conversation import Conversation
    from engine.engine import Engine
    from engine.events import Event


log = logging.getLogger(__name__)


@dataclass(slots=True)
class EngineLink:
    """spelled: the user's words as the model reads them. most_ahead_s: unheard speech at which the writer pauses; None:
    as the patience says.
    """

    engine: EngineThread
    tokens: Conversation
    spelled: Callable[[str], str] = str
    ahead_s: float | None = None
    _on_error: Callable[[Exception], None] | None = field(default=None, init=False)

    def follow(self, on_events: Callable[[Sequence[Event]], None], on_error: Callable[[Exception], None]) -> None:
        """Tell what the engine does in this conversation, and what fails of what nobody waits for, on the engine's
        thread.
        """
        self._on_error = on_error
        self.engine.listen(self.tokens.id, on_events)

    def listen(self, turn: int, text: str) -> Future[None]:
        """The turn's words so far."""
        return self.engine.call(lambda _: self.tokens.listen(self.spelled(text), turn=turn))

    def begin(self, turn: int, text: str) -> Future[int]:
        """The turn's words: it may be answered. Returns after how many of its steps that is."""

        def begin(_: object) -> int:
            self.tokens.listen(self.spelled(text), turn=turn)
            self.tokens.end_input(turn)
            return self.tokens.steps

        return self.engine.call(begin)

    def interrupt(self, turn: int, heard_characters: int, at_s: float, withdrawn: bool = False) -> None:
        """The turn is over, with so much of the answer heard. withdrawn: it is forgotten altogether."""
        self._send(lambda _: self.tokens.interrupt(heard_characters, at_s, turn, withdrawn))

    def hold(self, turn: int, held: bool) -> None:
        """Shall the writer of this turn pause?"""
        self._send(lambda _: self.tokens.hold(held, turn))

    def set_patience(self, patience: float) -> None:
        """Of the turns to come, from 0 to 1 (engine.patience). Raises ValueError for anything else."""
        patience = checked(patience)
        self._send(lambda _: setattr(self.tokens, "patience", patience))

    def most_ahead_s(self) -> float:
        """How much unheard speech there may be before the writer pauses."""
        return most_ahead_s(self.tokens.patience) if self.ahead_s is None else self.ahead_s

    def close(self) -> Future[None]:
        """Tell nothing more, and give the memory back."""
        self.engine.forget(self.tokens.id)
        return self.engine.call(lambda running: running.close(self.tokens))

    def _send(self, command: Callable[[Engine], None]) -> None:
        """Have it carried out; nobody waits for it."""
        self.engine.call(command).add_done_callback(self._tell_failure)

    def _tell_failure(self, done: Future[Any]) -> None:
        error = None if done.cancelled() else done.exception()
        if not isinstance(error, Exception):
            return
        log.error("a command to the engine failed", exc_info=error)
        if self._on_error is not None:
            self._on_error(error)
