"""The plan of one ragged step: which token stands in which row, in which slot, and what each feed sees.

Built on the host, once for all layers. The rows of a step are the tokens of its feeds. Feeds that share no block belong
to different parts of the step, so conversations cost each other no attention. How rows attend is laid out in tile.py.
The plan knows blocks and views; it does not know the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from engine.arena import Arena
from engine.block import Block
from engine.errors import BadFeed, ContextFull
from engine.view import Feed, Logits, Sees


@dataclass(frozen=True, slots=True)
class Span:
    """Positions [start, stop) of a block as one feed sees them, the first of them at position `at` of its view."""

    block: Block
    start: int
    stop: int
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """One feed of the step: its rows of the batch and the spans of its view; the last span ends with its own tokens.

    own_position, view_position: of its first row, in its own block and in its view.
    """

    feed: Feed
    first_row: int
    spans: tuple[Span, ...]
    own_position: int
    view_position: int

    @property
    def row_count(self) -> int:
        return len(self.feed.tokens)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """One step, laid out; rows in the order of the parts and of the feeds in each part.

    parts: layouts of feeds that share blocks, short feeds first.
    token_ids, positions: [T] of every row, positions block-local; slots: [T] where its keys and values go.
    logit_rows: rows whose logits are wanted; logit_ranges: for each feed, in the caller's order, its range of those.
    """

    parts: tuple[tuple[Layout, ...], ...]
    token_ids: list[int]
    positions: list[int]
    slots: list[int]
    logit_rows: list[int]
    logit_ranges: list[tuple[int, int]]


def build_plan(arena: Arena, feeds: Sequence[Feed], max_positions: int) -> Plan:
    """Append the feeds' tokens to their blocks and lay out the step.

    Raises `BadFeed`, `BadBlock`, `EngineFull` or `ContextFull`; the caller crops the blocks back then.
    """
    check_feeds(feeds)
    before = {piece.block: piece.block.length for feed in feeds for piece in feed.view.slices}
    groups = feeds_sharing_blocks(feeds)
    token_ids: list[int] = []
    positions: list[int] = []
    slots: list[int] = []
    first_rows = {}
    for index in chain.from_iterable(groups):
        feed, target = feeds[index], feeds[index].view.target
        first_rows[index] = len(token_ids)
        positions += range(target.length, target.length + len(feed.tokens))
        slots += arena.append(target, feed.tokens)
        token_ids += feed.tokens
    layouts = [lay_out(feed, first_rows[index], before) for index, feed in enumerate(feeds)]
    check_lengths(layouts, max_positions)
    logit_rows, logit_ranges = wanted_logits(layouts)
    parts = tuple(tuple(layouts[index] for index in group) for group in groups)
    return Plan(parts, token_ids, positions, slots, logit_rows, logit_ranges)


def check_feeds(feeds: Sequence[Feed]) -> None:
    """Raises `BadFeed` for steps that cannot be meant, `BadBlock` for released blocks."""
    if not feeds:
        raise BadFeed("a step needs at least one feed")
    targets = set()
    for feed in feeds:
        check_feed(feed)
        if feed.view.target in targets:
            raise BadFeed(f"two feeds of one step append to {feed.view.target}; put their tokens into one feed")
        targets.add(feed.view.target)


def check_feed(feed: Feed) -> None:
    """Raises `BadFeed` or `BadBlock` if the feed makes no sense by itself."""
    target, last = feed.view.target, feed.view.slices[-1]
    for piece in feed.view.slices:
        piece.block.require_usable()
    if not len(feed.tokens):
        raise BadFeed(f"the feed for {target} has no tokens; leave it out of the step")
    if last.stop is not None:
        raise BadFeed(f"the last slice of a view must be open-ended, but that of {target} stops at {last.stop}")
    if last.start > target.length:
        raise BadFeed(f"the view begins at token {last.start} of {target}, which it appends to")
    if any(piece.block is target for piece in feed.view.slices[:-1]):
        raise BadFeed(f"a view may show the block it appends to only once, but shows {target} again")


def check_lengths(layouts: Iterable[Layout], max_positions: int) -> None:
    """Raises `ContextFull` if a view grew past the positions the model knows."""
    for layout in layouts:
        length = layout.view_position + layout.row_count
        if length > max_positions:
            raise ContextFull(length, max_positions)


def feeds_sharing_blocks(feeds: Sequence[Feed]) -> list[list[int]]:
    """Indices of the feeds, in groups that share no block that can still change; short feeds first in each group.

    A frozen block may belong to all conversations: if it joined them, each would pay for the others' keys.
    """
    leader = list(range(len(feeds)))  # union-find: feeds with the same last leader share blocks, perhaps through others

    def last_leader(index: int) -> int:
        while leader[index] != index:
            index = leader[index]
        return index

    first_user: dict[Block, int] = {}
    for index, feed in enumerate(feeds):
        for block in {piece.block for piece in feed.view.slices if not piece.block.frozen}:
            leader[last_leader(first_user.setdefault(block, index))] = last_leader(index)
    groups: dict[int, list[int]] = {}
    for index in range(len(feeds)):
        groups.setdefault(last_leader(index), []).append(index)
    return [sorted(group, key=lambda index: len(feeds[index].tokens)) for group in groups.values()]


def lay_out(feed: Feed, first_row: int, before: dict[Block, int]) -> Layout:
    """What the feed sees, now that all tokens of the step are in their blocks. before: lengths when the step began."""
    spans, at = [], 0
    for piece in feed.view.slices:
        sees_all = feed.sees is Sees.NOW or piece.block is feed.view.target
        stop = piece.end(piece.block.length if sees_all else before[piece.block])
        spans.append(Span(piece.block, piece.start, stop, at))
        at += stop - piece.start
    count = len(feed.tokens)
    return Layout(feed, first_row, tuple(spans), own_position=spans[-1].stop - count, view_position=at - count)


def wanted_logits(layouts: Iterable[Layout]) -> tuple[list[int], list[tuple[int, int]]]:
    """The rows whose logits are wanted, and each feed's range of them."""
    rows: list[int] = []
    ranges = []
    for layout in layouts:
        first, last = layout.first_row, layout.first_row + layout.row_count
        match layout.feed.logits:
            case Logits.LAST:
                wanted = range(last - 1, last)
            case Logits.ALL:
                wanted = range(first, last)
            case Logits.NONE:
                wanted = range(0)
        ranges.append((len(rows), len(rows) + len(wanted)))
        rows += wanted
    return rows, ranges
