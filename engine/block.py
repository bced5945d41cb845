"""A block: an append-only run of tokens whose keys and values are stored once, at block-local positions 0..n-1.

The block knows its tokens and which slots of the arena hold them; it knows nothing of views and never changes
itself: the arena is the only owner (see arena.py). Source: Hogwild! Inference (arXiv 2504.06261), section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.errors import BadBlock


@dataclass(frozen=True, slots=True)
class Extent:
    """`count` adjacent slots of the arena from `slot` on."""

    slot: int
    count: int

    @property
    def end(self) -> int:
        return self.slot + self.count


@dataclass(frozen=True, slots=True)
class Run:
    """`count` tokens of a block from block-local `position` on, in adjacent slots from `slot` on."""

    slot: int
    position: int
    count: int


@dataclass(eq=False, slots=True)
class Account:
    """Room kept for one owner's blocks, whatever the others do. Handed out by `Arena.account`.

    reserved, used: tokens in whole pages; used counts all pages of its blocks that hold tokens.
    """

    reserved: int
    used: int = 0


@dataclass(eq=False, slots=True)
class Block:
    """Token storage handed out by `Arena.block`; read its fields, change it only through the arena.

    account: whose room it takes. references: how many owners hold it; at 0 it is released and every further use raises
    `BadBlock`.
    """

    name: str
    account: Account
    tokens: list[int] = field(default_factory=list)
    frozen: bool = False
    extents: list[Extent] = field(default_factory=list)
    references: int = 1

    @property
    def length(self) -> int:
        return len(self.tokens)

    @property
    def capacity(self) -> int:
        """Tokens its slots can hold."""
        return sum(extent.count for extent in self.extents)

    @property
    def released(self) -> bool:
        return self.references == 0

    def require_usable(self) -> None:
        """Raises `BadBlock` if the block was released."""
        if self.released:
            raise BadBlock(f"block {self.name!r} was released; make a new one with arena.block()")

    def runs(self, start: int, stop: int) -> Iterator[Run]:
        """Adjacent slots that hold the block-local positions [start, stop), in order."""
        base = 0
        for extent in self.extents:
            first, last = max(start, base), min(stop, base + extent.count)
            if first < last:
                yield Run(extent.slot + first - base, first, last - first)
            base += extent.count

    def slots(self, start: int, stop: int) -> list[int]:
        """The slot of every block-local position in [start, stop)."""
        return [slot for run in self.runs(start, stop) for slot in range(run.slot, run.slot + run.count)]

    def __repr__(self) -> str:
        state = " released" if self.released else " frozen" if self.frozen else ""
        return f"Block({self.name!r}, {self.length} tokens{state})"
