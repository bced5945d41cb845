"""The past of a conversation: what the next turns see of the finished ones, between the system prompt and the input.

Two ways to keep it. *Frozen*: the blocks of a turn stay as they were computed; forgetting a turn costs nothing, because
views close the gap by themselves, and where thoughts are kept, the only turn left loses its oldest ones
first. *Refreshed*: a plain transcript in one block, read again where it changed; exact, as
if the conversation had been typed in. Either keeps the newest turns, so many of them and so many tokens at most. Of a
turn that is too long by itself the end of the answer is left out, as if the user had interrupted it; of an interrupted
answer only what was heard is kept.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from engine.arena import PAGE_TOKENS, Arena, whole_pages
from engine.block import Account, Block
from engine.history import History
from engine.reading import Reading
from engine.view import Slice, View

Tokens = tuple[int, ...]
SLACK_TOKENS = 24 * PAGE_TOKENS  # what frozen turns may take of the arena on top of what they show: pages not full


@dataclass(frozen=True, slots=True)
class Room:
    """Where the past is kept: what stands before it in every view, and who pays for its blocks."""

    arena: Arena
    account: Account
    reading: Reading
    system: Block

    def release(self, block: Block) -> None:
        """Give the block back, and read nothing more into it."""
        self.reading.forget(block)
        self.arena.release(block)


@dataclass(slots=True)
class FinishedTurn:
    """A turn handed over by its owner, with its blocks.

    before: what stands before the answer, the user's words first. output: the answer's blocks, which hold `standing`
    or less: what is left of its prefix, then the answer. skipped_tokens: of the prefix, which are not shown. heard: so
    many tokens of the answer. thoughts: those of the blocks in `before` that hold thoughts, oldest first.
    """

    said: Tokens
    answer: Tokens
    before: list[Block]
    output: list[Block]
    standing: Tokens
    skipped_tokens: int
    heard: int
    thoughts: list[Block] = field(default_factory=list)
    frozen: bool = False

    @property
    def kept(self) -> Tokens:
        """Of `standing`, what is left when the answer ends where it was heard; no prefix without an answer."""
        unheard = max(0, len(self.answer) - self.heard)
        kept = self.standing[: max(0, len(self.standing) - unheard)]
        return kept if len(kept) > self.skipped_tokens else ()

    @property
    def parts(self) -> list[Slice]:
        first, *others = self.output
        start = self.skipped_tokens if self.kept and self.skipped_tokens <= first.length else 0
        return [*map(Slice, self.before), Slice(first, start), *map(Slice, others)]

    @property
    def blocks(self) -> list[Block]:
        return [*self.before, *self.output]


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

    @property
    @abstractmethod
    def turns(self) -> int:
        """How many turns it keeps."""

    @abstractmethod
    def add(self, turn: FinishedTurn) -> None:
        """A turn is over. Takes its blocks."""

    @abstractmethod
    def shorten(self, heard: int) -> None:
        """Of the newest turn's answer only so many tokens were heard; without effect if it is not kept any more."""

    @abstractmethod
    def forget_newest(self) -> None:
        """The newest turn never was; without effect if it is not kept any more."""

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

    @property
    def turns(self) -> int:
        return self._history.turns

    def add(self, turn: FinishedTurn) -> None:
        self._answer = turn.answer
        for block in turn.blocks:
            self._room.release(block)
        self._history.add(turn.said, self._answer[: turn.heard])
        self._refresh()

    def shorten(self, heard: int) -> None:
        self._history.shorten(self._answer[:heard])
        self._refresh()

    def forget_newest(self) -> None:
        self._history.forget_newest()
        self._refresh()

    def make_room(self, tokens: int) -> None:
        self._history.make_room(tokens)
        self._refresh()

    def release(self) -> None:
        self._room.arena.release(self._block)

    def _refresh(self) -> None:
        self._room.reading.bring(self._block, self._history.tokens, lambda: View(self._room.system, self._block))


class FrozenPast(Past):
    """The turns' own blocks. role stands between the user's words and the answer where thoughts are dropped, close
    after it.
    """

    def __init__(
        self, room: Room, role: Tokens, close: Tokens, most_turns: int, most_tokens: int, drops_thoughts: bool
    ) -> None:
        self._room, self._role, self._close, self._drops_thoughts = room, role, close, drops_thoughts
        self._most_turns, self._most_tokens = most_turns, most_tokens
        self._turns: list[FinishedTurn] = []

    @property
    def parts(self) -> list[Slice]:
        return [part for turn in self._turns for part in turn.parts]

    @property
    def length(self) -> int:
        return sum(self._length(turn) for turn in self._turns)

    @property
    def turns(self) -> int:
        return len(self._turns)

    def add(self, turn: FinishedTurn) -> None:
        for earlier in self._turns:
            self._freeze(earlier)
        self._turns.append(turn)
        for block in turn.blocks:  # what the turn had no time to read is read as part of the past
            self._room.reading.aim(block, self._view_up_to(block))
        if self._drops_thoughts:
            role = self._room.arena.block("role", self._room.account)
            turn.before.append(role)
            self._room.reading.bring(role, self._role, self._view_up_to(role))
        self._cut(turn, turn.heard)
        while len(self._turns) > self._most_turns or (
            len(self._turns) > 1 and self._size > self._most_tokens + SLACK_TOKENS
        ):
            self._forget_oldest()
        self.make_room(self._most_tokens)

    def shorten(self, heard: int) -> None:
        if self._turns and not self._turns[-1].frozen:
            self._cut(self._turns[-1], heard)
            self.make_room(self._most_tokens)

    def forget_newest(self) -> None:
        if self._turns and not self._turns[-1].frozen:
            for block in self._turns.pop().blocks:
                self._room.release(block)

    def make_room(self, tokens: int) -> None:
        while len(self._turns) > 1 and self.length > tokens:
            self._forget_oldest()
        if self._turns:
            self._drop_thoughts(self._turns[-1], tokens)
        if self._turns and (excess := self.length - tokens) > 0:
            turn = self._turns[-1]
            if turn.frozen or excess > len(turn.kept):
                self._forget_oldest()
            else:
                self._cut(turn, turn.heard - excess)

    def release(self) -> None:
        while self._turns:
            self._forget_oldest()

    @property
    def _size(self) -> int:
        """Tokens it takes of the arena, in whole pages: many short turns take more than they show."""
        blocks = (block for turn in self._turns for block in turn.blocks)
        return sum(whole_pages(block.length + self._room.reading.waiting_for(block)) for block in blocks)

    def _length(self, turn: FinishedTurn) -> int:
        """As it will be when all is read."""
        skipped = turn.skipped_tokens if turn.kept else 0
        return sum(b.length + self._room.reading.waiting_for(b) for b in turn.blocks) - skipped

    def _parts_up_to(self, block: Block) -> Iterator[Slice]:
        for part in self.parts:
            yield part
            if part.block is block:
                return

    def _cut(self, turn: FinishedTurn, heard: int) -> None:
        """Of the answer so many tokens were heard; the end mark follows them. What was cut before can come back."""
        turn.heard = heard
        kept = turn.kept
        while len(turn.output) > 1 and len(kept) <= sum(block.length for block in turn.output[:-1]):
            self._room.release(turn.output.pop())
        last = turn.output[-1]
        earlier = sum(block.length for block in turn.output[:-1])
        tokens = (*kept[earlier:], *self._close)
        self._room.reading.bring(last, tokens, self._view_up_to(last))

    def _drop_thoughts(self, turn: FinishedTurn, tokens: int) -> None:
        """Forget the oldest thoughts of the turn until so many tokens, or fewer, are left in all, or no thoughts."""
        while turn.thoughts and self.length > tokens:
            oldest = turn.thoughts.pop(0)
            turn.before.remove(oldest)
            self._room.release(oldest)

    def _view_up_to(self, block: Block) -> Callable[[], View]:
        """What the block is read in: the past as it is then, up to the block."""
        return lambda: View(self._room.system, *self._parts_up_to(block))

    def _freeze(self, turn: FinishedTurn) -> None:
        """It changes no more, unless some of it is still to be read."""
        if turn.frozen or any(self._room.reading.waiting_for(block) for block in turn.blocks):
            return
        turn.frozen = True
        for block in turn.blocks:
            self._room.arena.freeze(block)

    def _forget_oldest(self) -> None:
        turn = self._turns.pop(0)
        for block in turn.blocks:
            self._room.release(block)
