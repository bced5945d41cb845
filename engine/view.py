"""Views and feeds: what a stream sees, and what it runs through the model in one step.

A view is an ordered list of slices of blocks; a stream appends to the block of the last, open-ended one. Views hold
no keys and cost nothing to make; they know nothing of the arena, the plan or the model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from engine.block import Block
from engine.errors import BadBlock, BadFeed


class Sees(Enum):
    """What of the other feeds' tokens of the same step a feed attends to."""

    NOW = auto()  # all of them, as in the paper
    BEFORE = auto()  # none: other blocks as they were when the step began


class Logits(Enum):
    """For which of its tokens a feed wants logits."""

    LAST = auto()
    ALL = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Tokens [start, stop) of a block; without `stop` it follows the block as it grows."""

    block: Block
    start: int = 0
    stop: int | None = None

    def __post_init__(self) -> None:
        if self.start < 0 or (self.stop is not None and self.stop < self.start):
            raise BadBlock(f"block {self.block.name!r} has no slice [{self.start}, {self.stop})")

    def end(self, block_length: int) -> int:
        """Where the slice ends in a block of that length; never before its start."""
        end = block_length if self.stop is None else min(self.stop, block_length)
        return max(end, self.start)

    @property
    def length(self) -> int:
        return self.end(self.block.length) - self.start


class View:
    """Ordered slices of blocks. `View(prompt, Slice(thoughts, 0, 10), output)`: a stream with it appends to `output`.

    Parts are blocks, slices or whole views, which are spliced in.
    """

    __slots__ = ("slices",)

    def __init__(self, *parts: Block | Slice | View) -> None:
        self.slices: tuple[Slice, ...] = tuple(_slices(parts))

    @property
    def target(self) -> Block:
        """The block a stream with this view appends to; raises `BadFeed` if the view is empty."""
        if not self.slices:
            raise BadFeed("an empty view has no block to append to; give it at least one")
        return self.slices[-1].block

    @property
    def length(self) -> int:
        """Tokens seen at present."""
        return sum(piece.length for piece in self.slices)

    def token_ids(self) -> list[int]:
        """The tokens as the stream reads them now, in view order."""
        return [
            token for piece in self.slices for token in piece.block.tokens[piece.start : piece.end(piece.block.length)]
        ]

    def pinned(self) -> View:
        """The same view with every slice but the last ended where its block ends now."""
        *shared, last = self.slices
        return View(*[Slice(piece.block, piece.start, piece.end(piece.block.length)) for piece in shared], last)

    def __repr__(self) -> str:
        names = [piece.block.name or "?" for piece in self.slices]
        return f"View({', '.join(names)}: {self.length} tokens)"


def _slices(parts: Sequence[Block | Slice | View]) -> Iterator[Slice]:
    for part in parts:
        match part:
            case Block():
                yield Slice(part)
            case Slice():
                yield part
            case View():
                yield from part.slices


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """Tokens to run through the model in one step, in one view.

    keep: False takes the tokens out of the block again after the step (a question asked in passing).
    """

    view: View
    tokens: Sequence[int]
    sees: Sees = Sees.NOW
    logits: Logits = Logits.LAST
    keep: bool = True
