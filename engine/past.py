"""The past of a conversation: what the next turns see of the finished ones, between the system prompt and the input.

Two ways to keep it. *Frozen*: the blocks of a turn stay as they were computed; forgetting a turn costs nothing, because
views close the gap by themselves. *Refreshed*: a plain transcript in one block, read again where it changed; exact, as
if the conversation had been typed in. Either keeps the newest turns, so many of them and so many tokens at most. Of a
turn that is too long by itself the end of the answer is left out, as if the user had interrupted it; of an interrupted
answer only what was heard is kept.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from engine.arena import Arena
from engine.block import Account, Block
from engine.history import History
from engine.reading import Reading
from engine.stream import Stream
from engine.view import Slice, View

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """Where the past is kept: what stands before it in every view, and who pays for its blocks."""

    arena: Arena
    account: Account
    reading: Reading
    system: Block


@dataclass(slots=True)
class FinishedTurn:
    """A turn handed over by its owner, with its blocks.

    before: what stands before the answer, the user's words first. skips_prefix: the answer's prefix is not shown.
    read_tokens: so much of the answer is in its blocks by the stream's own doing; the rest was read to close it.
    """

    said: Tokens
    before: list[Block]
    output: Stream
    skips_prefix: bool
    read_tokens: int = 0
    frozen: bool = False

    @property
    def parts(self) -> list[Slice]:
        first, *others = self.output.blocks
        start = self.output.prefix_tokens if self.skips_prefix else 0
        return [*map(Slice, self.before), Slice(first, start), *map(Slice, others)]

    @property
    def answer(self) -> Tokens:
        return tuple(self.output.generated)


class Past(ABC):
    """What all ways to keep it can do."""

    @property
    @abstractmethod
    def parts(self) -> list[Slice]:
        """What views show of it."""

    @property
    @abstractmethod
    def length(self) -> int:
        """Tokens it takes in a view."""

    @abstractmethod
    def add(self, turn: FinishedTurn, heard: int) -> None:
        """A turn is over, and so many tokens of its answer were heard. Takes the turn's blocks."""

    @abstractmethod
    def shorten(self, heard: int) -> None:
        """Of the newest turn's answer only so many tokens were heard; without effect if it is not kept any more."""

    @abstractmethod
    def make_room(self, tokens: int) -> None:
        """Forget the oldest turns until so many tokens, or fewer, are left."""

    @abstractmethod
    def release(self) -> None:
        """Give all blocks back."""


class RefreshedPast(Past):
    """A plain transcript in one block."""

    def __init__(self, room: Room, history: History) -> None:
        self._room, self._history = room, history
        self._block = room.arena.block("history", room.account)
        self._answer: Tokens = ()

    @property
    def parts(self) -> list[Slice]:
        return [Slice(self._block)] if self._history.tokens else []

    @property
    def length(self) -> int:
        return len(self._history.tokens)

    def add(self, turn: FinishedTurn, heard: int) -> None:
        self._answer = turn.answer
        for block in (*turn.before, *turn.output.hand_over()):
            self._room.arena.release(block)
        self._history.add(turn.said, self._answer[:heard])
        self._refresh()

    def shorten(self, heard: int) -> None:
        self._history.shorten(self._answer[:heard])
        self._refresh()

    def make_room(self, tokens: int) -> None:
        self._history.make_room(tokens)
        self._refresh()

    def release(self) -> None:
        self._room.arena.release(self._block)

    def _refresh(self) -> None:
        self._room.reading.bring(View(self._room.system, self._block), self._history.tokens)


class FrozenPast(Past):
    """The turns' own blocks. role stands between the user's words and the answer where thoughts are dropped, close
    after it.
    """

    def __init__(self, room: Room, role: Tokens, close: Tokens, most_turns: int, most_tokens: int) -> None:
        self._room, self._role, self._close = room, role, close
        self._most_turns, self._most_tokens = most_turns, most_tokens
        self._turns: list[FinishedTurn] = []

    @property
    def parts(self) -> list[Slice]:
        return [part for turn in self._turns for part in turn.parts]

    @property
    def length(self) -> int:
        return sum(self._length(turn) for turn in self._turns)

    def add(self, turn: FinishedTurn, heard: int) -> None:
        if self._turns:
            self._freeze(self._turns[-1])
        if turn.skips_prefix:
            role = self._room.arena.block("role", self._room.account)
            self._room.reading.bring(View(self._room.system, *self.parts, *turn.before, role), self._role)
            turn.before.append(role)
        self._turns.append(turn)
        turn.output.cut(heard)
        self._close_answer(turn)
        while len(self._turns) > self._most_turns:
            self._forget_oldest()
        self.make_room(self._most_tokens)

    def shorten(self, heard: int) -> None:
        if self._turns and not self._turns[-1].frozen:
            self._cut(self._turns[-1], heard)
            self.make_room(self._most_tokens)

    def make_room(self, tokens: int) -> None:
        while len(self._turns) > 1 and self.length > tokens:
            self._forget_oldest()
        if self._turns and (excess := self.length - tokens) > 0:
            turn = self._turns[-1]
            if turn.frozen or excess > len(turn.answer):
                self._forget_oldest()
            else:
                self._cut(turn, len(turn.answer) - excess)

    def release(self) -> None:
        while self._turns:
            self._forget_oldest()

    def _length(self, turn: FinishedTurn) -> int:
        """As it will be when all is read."""
        before = sum(block.length for block in turn.before)
        waiting = sum(self._room.reading.waiting_for(block) for block in (*turn.before, turn.output.block))
        return before + waiting + turn.output.length - (turn.output.prefix_tokens if turn.skips_prefix else 0)

    def _close_answer(self, turn: FinishedTurn) -> None:
        """Read what the stream has not fed yet, and the end mark."""
        output = turn.output
        output.hide()
        turn.read_tokens = output.block.length
        nothing_said = turn.skips_prefix and not output.generated
        rest = () if nothing_said else output.pending
        view = View(self._room.system, *self.parts)
        self._room.reading.bring(view, (*output.block.tokens, *rest, *self._close))

    def _cut(self, turn: FinishedTurn, heard: int) -> None:
        self._room.reading.forget(turn.output.block)
        self._room.arena.crop(turn.output.block, turn.read_tokens)
        turn.output.cut(heard)
        self._close_answer(turn)

    def _freeze(self, turn: FinishedTurn) -> None:
        """It changes no more. All of it has been read, because no later turn runs before that."""
        turn.frozen = True
        for block in (*turn.before, *turn.output.blocks):
            self._room.arena.freeze(block)

    def _forget_oldest(self) -> None:
        turn = self._turns.pop(0)
        for block in (*turn.before, *turn.output.hand_over()):
            self._room.reading.forget(block)
            self._room.arena.release(block)
