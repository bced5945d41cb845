"""Tiles: sets of rows that attend together, so that every stored key is read once for all of them.

A *segment* is a block as the rows of a tile see it. What one row sees of a segment is one interval of block-local
positions, and a sliding window only raises its lower end; so a tile is a few intervals, an angle for every (segment,
row), and the runs of slots that cover them. All are plain integers: a decoding step has few of them, and arrays would
cost more than they save. Short feeds that share blocks share a tile; long ones are cut into tiles of their own, which
bounds the scores in memory and skips what causality hides.
Shape letters: S segments, T rows, C columns (slots).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.block import Block
from engine.plan import Layout, Plan, Span


@dataclass(frozen=True, slots=True)
class TileSizes:
    """Feeds of up to `sharing` rows share a tile; longer ones are cut into tiles of `own` rows."""

    sharing: int
    own: int


# Measured on a CPU, where a few rows are bound by reading keys and more by arithmetic; a GPU wants fewer, larger tiles.
CPU_TILES = TileSizes(sharing=8, own=64)
GPU_TILES = TileSizes(sharing=64, own=256)


@dataclass(frozen=True, slots=True)
class Rows:
    """`count` rows of one feed from its row `first` on; in the tile they stand from `tile_row` on."""

    layout: Layout
    first: int
    count: int
    tile_row: int


@dataclass(frozen=True, slots=True)
class Sight:
    """How some rows of one feed see a segment; positions are block-local.

    frame: the first row's own position in the view, counted as the segment's block counts.
    span: what the feed sees of the block; in its own one (own), every row sees itself and no later one.
    window: how many tokens back a row sees, itself included; None for all.
    """

    rows: Rows
    frame: int
    span: Span
    own: bool
    window: int | None

    def bounds(self, row: int) -> tuple[int, int]:
        """Row `row` (counted in `rows`) sees [low, high), which is nothing if high <= low. Both grow with the row."""
        at = self.frame + row
        low = self.span.start if self.window is None else max(self.span.start, at - self.window + 1)
        return low, at + 1 if self.own else self.span.stop

    @property
    def first_bounds(self) -> tuple[int, int]:
        return self.bounds(0)

    @property
    def last_bounds(self) -> tuple[int, int]:
        return self.bounds(self.rows.count - 1)


@dataclass(frozen=True, slots=True)
class Segment:
    """A block as the rows of a tile see it; rows without a sight see nothing of it."""

    block: Block
    sights: list[Sight]

    def seen_by_some(self) -> tuple[int, int]:
        """From the first position that some row sees to the last one, which is not included."""
        first = min(sight.first_bounds[0] for sight in self.sights)
        return first, max(sight.last_bounds[1] for sight in self.sights)

    def seen_by_all(self, row_count: int) -> tuple[int, int]:
        """The positions that all rows of the tile see; an empty or backward range if there are none."""
        if sum(sight.rows.count for sight in self.sights) < row_count:
            return 0, 0
        last = min(sight.first_bounds[1] for sight in self.sights)
        return max(sight.last_bounds[0] for sight in self.sights), last


@dataclass(frozen=True, slots=True)
class SlotRun:
    """`count` adjacent slots that belong to one segment; they hold its block-local positions from `position` on."""

    slot: int
    position: int
    count: int
    segment: int


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """Rows [first_row, first_row + row_count) of the step, attending to the slots of all runs, in order (the columns).

    angles: for every segment, for every row, how far its query is turned before it meets the keys, in positions.
    hidden: [T, C - first_hidden] True where a row does not see a column; None if every row sees every column.
    """

    first_row: int
    row_count: int
    runs: tuple[SlotRun, ...]
    angles: list[int]
    first_hidden: int
    hidden: Tensor | None


def only_rows(tiles: Sequence[Tile], rows: Sequence[int]) -> list[Tile]:
    """The tiles for just these rows of the step, which are in order and counted anew from 0; tiles without any are left
    out.
    """
    found: list[Tile] = []
    for tile in tiles:
        kept = [row - tile.first_row for row in rows if 0 <= row - tile.first_row < tile.row_count]
        if kept:
            first_row = sum(earlier.row_count for earlier in found)
            starts = range(0, len(tile.angles), tile.row_count)
            angles = [tile.angles[start + row] for start in starts for row in kept]
            hidden = None if tile.hidden is None else tile.hidden[kept]
            found.append(Tile(first_row, len(kept), tile.runs, angles, tile.first_hidden, hidden))
    return found


def build_tiles(plan: Plan, window: int | None, direct: bool, device: torch.device) -> list[Tile]:
    """The step's attention in tiles, for layers that see `window` tokens back (None: all).

    direct: queries come unrotated; else they come rotated by block-local positions and the angles say what is missing.
    """
    sizes = CPU_TILES if device.type == "cpu" else GPU_TILES
    return [build_tile(rows, window, direct, device) for part in plan.parts for rows in split_rows(part, sizes)]


def split_rows(part: Sequence[Layout], sizes: TileSizes) -> Iterator[list[Rows]]:
    """The rows of feeds that share blocks, short feeds first, cut into tiles."""
    first_row = part[0].first_row
    short = [layout for layout in part if layout.row_count <= sizes.sharing]
    if short:
        yield [Rows(layout, 0, layout.row_count, layout.first_row - first_row) for layout in short]
    for layout in part[len(short) :]:
        for first in range(0, layout.row_count, sizes.own):
            yield [Rows(layout, first, min(sizes.own, layout.row_count - first), 0)]


def build_tile(rows: Sequence[Rows], window: int | None, direct: bool, device: torch.device) -> Tile:
    row_count = sum(piece.count for piece in rows)
    segments = find_segments(rows, window)
    runs = tuple(
        SlotRun(run.slot, run.position, run.count, index)
        for index, segment in enumerate(segments)
        for run in segment.block.runs(*segment.seen_by_some())
    )
    first_hidden = columns_all_see(segments, runs, row_count)
    hidden = hidden_columns(segments, runs, first_hidden, row_count)
    if hidden is not None:
        hidden = hidden.to(device)
    angles = [angle for segment in segments for angle in query_angles(segment, row_count, direct)]
    return Tile(rows[0].layout.first_row + rows[0].first, row_count, runs, angles, first_hidden, hidden)


def find_segments(rows: Sequence[Rows], window: int | None) -> list[Segment]:
    """What the rows see, in the order it is met. A block that a view shows twice counts as two segments."""
    segments: dict[tuple[Block, int], Segment] = {}
    for piece in rows:
        times_shown: dict[Block, int] = {}
        position = piece.layout.view_position + piece.first
        for span in piece.layout.spans:
            key = span.block, times_shown.get(span.block, 0)
            times_shown[span.block] = key[1] + 1
            own = span is piece.layout.spans[-1]
            sight = Sight(piece, position - span.at + span.start, span, own, window)
            low, high = sight.first_bounds
            if low < high:  # else even the first row looks back too little, or there is nothing yet
                segments.setdefault(key, Segment(span.block, [])).sights.append(sight)
    return list(segments.values())


def query_angles(segment: Segment, row_count: int, direct: bool) -> list[int]:
    """How far each row's query is turned for the segment's keys; 0 for rows that do not see it."""
    angles = [0] * row_count
    for sight in segment.sights:
        rows = sight.rows
        turned_already = 0 if direct else rows.layout.own_position + rows.first
        step = 1 if direct else 0  # from one row to the next, both the place and the turn already made grow by one
        for row in range(rows.count):
            angles[rows.tile_row + row] = sight.frame - turned_already + row * step
    return angles


def columns_all_see(segments: Sequence[Segment], runs: Sequence[SlotRun], row_count: int) -> int:
    """How many columns from the first on every row sees."""
    columns = 0
    for run in runs:
        low, high = segments[run.segment].seen_by_all(row_count)
        seen = min(run.position + run.count, high) - run.position if low <= run.position else 0
        columns += max(0, seen)
        if seen < run.count:
            break
    return columns


def hidden_columns(segments: Sequence[Segment], runs: Sequence[SlotRun], first: int, row_count: int) -> Tensor | None:
    """[T, C - first] True where a row does not see a column; None if no column is left."""
    width = sum(run.count for run in runs) - first
    if not width:
        return None
    hidden = bytearray(b"\1") * (row_count * width)
    column = -first
    for run in runs:
        begin, end = max(0, column), max(0, column + run.count)
        for sight in segments[run.segment].sights:
            for row in range(sight.rows.count):
                low, high = (min(max(begin, column + seen - run.position), end) for seen in sight.bounds(row))
                at = (sight.rows.tile_row + row) * width
                hidden[at + low : at + high] = bytes(max(0, high - low))
        column += run.count
    return torch.frombuffer(hidden, dtype=torch.bool).view(row_count, width)
