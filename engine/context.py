"""The context of a conversation: what outlives its turns, [system | past … | input →], and what is to be read of it.

The system block belongs to all conversations; the past and the input to this one. The input is what the user has said
in this turn so far; it may grow, be revised and grow again at any time.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.arena import Arena
from engine.block import Account, Block
from engine.errors import ContextFull
from engine.history import History
from engine.model import HistoryPolicy, Model
from engine.past import FinishedTurn, FrozenPast, Past, RefreshedPast, Room
from engine.reading import Reading, common_prefix
from engine.stream import Stream
from engine.view import View

Tokens = tuple[int, ...]


class Context:
    """Blocks of one conversation, paid by its account. said: the words of the turn at hand, after what opens them.

    heard_at: the turn's step in which each of those tokens is first seen.
    """

    def __init__(self, model: Model, arena: Arena, account: Account, system: Block) -> None:
        self._model, self._arena, self._account = model, arena, account
        self._system = arena.retain(system)
        self.reading = Reading(arena)
        self.said: Tokens = ()
        self.heard_at: list[int] = []
        self._input = arena.block("input", account)
        self._past = self._new_past()

    def _new_past(self) -> Past:
        tokens, turns = self._model.tokens, self._model.prompts.history.turns
        most_tokens = self._model.limit_tokens // 3
        room = Room(self._arena, self._account, self.reading, self._system)
        if self._model.history is HistoryPolicy.REFRESH or not turns:
            return RefreshedPast(room, History(tokens.history_role, tokens.history_close, turns, most_tokens))
        drops = self._model.history is HistoryPolicy.DROP
        return FrozenPast(room, tokens.history_role, tokens.history_close, turns, most_tokens, drops)

    @property
    def view(self) -> View:
        """[system | past … | input →]"""
        return View(self._system, *self._past.parts, self._input)

    @property
    def length(self) -> int:
        """Tokens of the view, once all is read."""
        return len(self._model.tokens.system) + self._past.length + len(self.said)

    @property
    def remembered_turns(self) -> int:
        """How many finished turns the past holds."""
        return self._past.turns

    @property
    def past(self) -> View:
        """What turns to come see of the finished ones."""
        return View(*self._past.parts)

    def say(self, words: Tokens, step: int) -> int | None:
        """The user's words of this turn are these now, to be seen in this step. The oldest turns are forgotten if they
        leave no room for them.

        Returns in which step words were heard that are taken back now; None if there are none. Raises ContextFull if
        the model cannot take so many; then nothing has changed.
        """
        self._make_room(words)
        kept = common_prefix(self.said, words)
        revised = self.heard_at[kept] if kept < len(self.said) else None
        self.heard_at = self.heard_at[:kept] + [step] * (len(words) - kept)
        self.said = words
        self.reading.bring(self._input, words, lambda: self.view)
        return revised

    def _make_room(self, words: Sequence[int]) -> None:
        room = self._model.limit_tokens // 2
        length = len(self._model.tokens.system) + len(words)
        if length > room:
            raise ContextFull(length, room)
        before = self._past.length
        self._past.make_room(room - length)
        if self._past.length < before:
            self._read_input_again()

    def _read_input_again(self) -> None:
        """The past has changed. Refreshed it is exact, so the input is read anew; else only what was not read yet."""
        exact = self._model.history is HistoryPolicy.REFRESH
        self.reading.forget(self._input)
        self.reading.bring(self._input, self.said, lambda: self.view, keep_tokens=0 if exact else None)

    def give_way(self, tokens: int) -> None:
        """Forget the oldest turns until the view has so many tokens at most, if that can be reached. A refreshed past
        stays: what was read behind it would not be exact any more.
        """
        if self.length > tokens and self._model.history is not HistoryPolicy.REFRESH:
            self._past.make_room(max(0, tokens - (self.length - self._past.length)))

    def finish(self, before: list[Block], thoughts: Sequence[Block], output: Stream, heard: int) -> None:
        """The turn is over. before: what stands between input and answer, thoughts and fixed pieces; it is given back
        unless thoughts are kept.
        """
        keep = self._model.history is HistoryPolicy.KEEP
        if not keep:
            for block in before:
                self.give_back(block)
            before = []
        answer, standing = tuple(output.generated), output.standing
        heard = min(heard, len(answer))
        skipped = 0 if keep else max(0, len(standing) - len(answer))
        blocks = [self._input, *before]
        kept = [block for block in before if block in thoughts]
        self._past.add(FinishedTurn(self.said, answer, blocks, output.hand_over(), standing, skipped, heard, kept))
        self._input = self._arena.block("input", self._account)
        self.said, self.heard_at = (), []

    def remember(self, said: Tokens, answer: Tokens) -> None:
        """A turn that was had elsewhere, before all that is to come: its words, after what opens them, and its answer.
        Nothing may have been said in this turn yet.
        """
        assert not self.said
        self.reading.bring(self._input, said, lambda: self.view)
        before = [self._input]
        if self._model.history is HistoryPolicy.KEEP:  # else the past brings the role itself
            before.append(role := self._arena.block("role", self._account))
            self.reading.bring(role, self._model.tokens.history_role, lambda: self.view)
        output = [self._arena.block("output", self._account)]
        self._past.add(FinishedTurn(said, answer, before, output, answer, 0, len(answer)))
        self._input = self._arena.block("input", self._account)

    def shorten(self, heard: int) -> None:
        """Of the latest answer only so many tokens were heard."""
        self._past.shorten(heard)
        self._read_input_again()

    def forget_newest(self) -> None:
        """The latest turn never was."""
        self._past.forget_newest()
        self._read_input_again()

    def give_back(self, block: Block) -> None:
        """Release a block that may still be waiting to be read."""
        self.reading.forget(block)
        self._arena.release(block)

    def release(self) -> None:
        """Give everything back."""
        self._past.release()
        self._arena.release(self._input)
        self._arena.release(self._system)
