"""Rows: the tokens of a trace, the blocks they lie in, and what each block's stream sees.

Every row is a token in a block (`Kind`), at its block-local position, alive from the step it was `born` until the step
it was cropped. Row i sees row j when i's view (`VIEW_OF`) holds j's block and j is alive at i's birth; tokens of one
step see each other. That is what the engine's attention does with shared blocks.

Sources: the thinker's, the writer's and the gate's views after Asynchronous Reasoning (arXiv 2512.10931, section 3),
workers' after Hogwild! Inference (arXiv 2504.06261, section 3), threads' after ThreadWeaver (arXiv 2512.07843).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

FOREVER = 1 << 20  # a step later than any
NO_TARGET = -100  # torch's ignore_index


class Kind(enum.IntEnum):
    """The block a row belongs to. A trace with one stream only has it all in INPUT."""

    INPUT = 0
    WRITER_ROLE = 1
    THINKER_ROLE = 2
    WRITER_SPLIT = 3
    THINKER_SPLIT = 4
    THOUGHTS = 5
    OUTPUT = 6
    QUESTION = 7
    WORKER_1 = 8
    WORKER_2 = 9
    WORKER_3 = 10
    WORKER_4 = 11
    THREAD_1 = 12
    THREAD_2 = 13
    THREAD_3 = 14
    THREAD_4 = 15
    JOINED = 16


WORKERS = (Kind.WORKER_1, Kind.WORKER_2, Kind.WORKER_3, Kind.WORKER_4)
THREADS = (Kind.THREAD_1, Kind.THREAD_2, Kind.THREAD_3, Kind.THREAD_4)

_BEFORE_WRITER = (Kind.INPUT, Kind.WRITER_ROLE, Kind.THOUGHTS, *WORKERS, Kind.WRITER_SPLIT)
_BEFORE_THINKER = (Kind.INPUT, Kind.THINKER_ROLE, Kind.OUTPUT, Kind.THINKER_SPLIT)
VIEW_OF: dict[Kind, tuple[Kind, ...]] = {
    Kind.INPUT: (Kind.INPUT,),
    Kind.WRITER_ROLE: _BEFORE_WRITER[:2],
    Kind.THINKER_ROLE: _BEFORE_THINKER[:2],
    Kind.WRITER_SPLIT: _BEFORE_WRITER,
    Kind.THINKER_SPLIT: _BEFORE_THINKER,
    Kind.THOUGHTS: (*_BEFORE_THINKER, Kind.THOUGHTS),
    Kind.OUTPUT: (*_BEFORE_WRITER, Kind.OUTPUT),
    Kind.QUESTION: (*_BEFORE_THINKER, Kind.THOUGHTS, *WORKERS[1:], WORKERS[0], Kind.QUESTION),
    **{own: (*_BEFORE_THINKER, *(kind for kind in WORKERS if kind != own), own) for own in WORKERS},
    **{own: (Kind.INPUT, own) for own in THREADS},
    Kind.JOINED: (Kind.INPUT, *THREADS, Kind.JOINED),
}
"""What the stream of each block sees, in order; its own block is last. Blocks a trace does not have are empty."""


@dataclass(frozen=True, slots=True)
class Row:
    """One token of a trace. `target` is the token to predict after it, or NO_TARGET."""

    token: int
    kind: Kind
    local: int
    born: int
    until: int = FOREVER
    target: int = NO_TARGET
    weight: float = 1.0


@dataclass(slots=True)
class Book:
    """Records the rows of a trace, in order of birth, and crops them."""

    rows: list[Row] = field(default_factory=list)
    _standing: dict[Kind, list[int]] = field(default_factory=dict)  # per block, the row at each position

    def append(self, tokens: Sequence[int], kind: Kind, step: int, target: int = NO_TARGET) -> None:
        """Put tokens at the end of a block; `target` is to be predicted after the last of them."""
        standing = self._standing.setdefault(kind, [])
        for i, token in enumerate(tokens):
            last = i == len(tokens) - 1
            standing.append(len(self.rows))
            self.rows.append(Row(token, kind, len(standing) - 1, step, target=target if last else NO_TARGET))

    def append_said(
        self, given: Sequence[int], said: Sequence[int], kind: Kind, step: int, end: int = NO_TARGET
    ) -> None:
        """Put tokens at the end of a block: given ones, then those to be predicted; `end` is right after the last."""
        self.append(given[:-1], kind, step)
        for token, target in zip((given[-1], *said), (*said, end), strict=True):
            self.append((token,), kind, step, target)

    def ask(self, tokens: Sequence[int], step: int, target: int, weight: float) -> None:
        """A question that stands for one step only."""
        for i, token in enumerate(tokens):
            answer = target if i == len(tokens) - 1 else NO_TARGET
            self.rows.append(Row(token, Kind.QUESTION, i, step, until=step + 1, target=answer, weight=weight))

    def crop(self, kind: Kind, length: int, step: int) -> None:
        """Cut a block back to `length` tokens: the rest is seen by no row of this step or later."""
        standing = self._standing.get(kind, [])
        for index in standing[length:]:
            self.rows[index] = replace(self.rows[index], until=step)
        del standing[length:]

    def length(self, kind: Kind) -> int:
        """Tokens now in the block."""
        return len(self._standing.get(kind, ()))


@dataclass(slots=True)
class Stream:
    """A stream that generates into a block: `pending` tokens are first the prefix, then the newest token.

    Pending tokens may stand in the block for others to see (`shown`); they are fed again when the stream goes on.
    """

    book: Book
    kind: Kind
    pending: tuple[int, ...]
    shown: bool = False

    def feed(self, step: int, target: int) -> None:
        """Run the pending tokens; `target` is right after them. It is not taken as the next token by itself."""
        self._put(step, target)

    def show(self, step: int) -> None:
        """Put the pending tokens into the block without going on."""
        self._put(step, NO_TARGET)

    def accept(self, token: int) -> None:
        """The next token was chosen."""
        self.pending, self.shown = (token,), False

    def rewind(self, length: int, pending: tuple[int, ...], step: int) -> None:
        """Cut the block back to `length` tokens, after which `pending` are to be fed again."""
        self.book.crop(self.kind, length, step)
        self.pending, self.shown = pending, False

    def _put(self, step: int, target: int) -> None:
        if self.shown:
            self.book.crop(self.kind, self.book.length(self.kind) - len(self.pending), step)
        self.book.append(self.pending, self.kind, step, target)
        self.shown = True
