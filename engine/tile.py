"""Tiles: sets of rows that attend together, so that every stored key is read once for all of them.

A *segment* is a block as the rows of a tile see it. What one row sees of a segment is one interval of block-local
positions, and a sliding window only raises its lower end; so a tile is two tables of intervals, an angle for every
(segment, row), and the runs of slots that cover them. Short feeds that share blocks share a tile; long ones are cut
into tiles of their own, which bounds the scores in memory and skips what causality hides.
Shape letters: S segments, T rows, C columns (slots).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.block import Block
from engine.plan import Layout, Plan


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
    """Some rows of one feed: `count` of them from `first` on, counted in the feed."""

    layout: Layout
    first: int
    count: int


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

    angles: [S, T] how far a row's query is turned before it meets a segment's keys, in positions.
    hidden: [T, C - first_hidden] True where a row does not see a column; None if every row sees every column.
    """

    first_row: int
    row_count: int
    runs: tuple[SlotRun, ...]
    angles: NDArray[np.float64]
    first_hidden: int
    hidden: Tensor | None


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What the rows of a tile see: of segment s, row t sees the positions [low[s, t], high[s, t])."""

    blocks: list[Block]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    angles: NDArray[np.float64]


def build_tiles(plan: Plan, window: int | None, direct: bool, device: torch.device) -> list[Tile]:
    """The step's attention in tiles, for layers that see `window` tokens back (None: all).

    direct: queries come unrotated; else they come rotated by block-local positions and the angles say what is missing.
    """
    sizes = CPU_TILES if device.type == "cpu" else GPU_TILES
    return [build_tile(rows, window, direct, device) for part in plan.parts for rows in split_rows(part, sizes)]


def split_rows(part: Sequence[Layout], sizes: TileSizes) -> Iterator[list[Rows]]:
    """The rows of feeds that share blocks, short feeds first, cut into tiles."""
    short = [layout for layout in part if layout.row_count <= sizes.sharing]
    if short:
        yield [Rows(layout, 0, layout.row_count) for layout in short]
    for layout in part[len(short) :]:
        for first in range(0, layout.row_count, sizes.own):
            yield [Rows(layout, first, min(sizes.own, layout.row_count - first))]


def build_tile(rows: Sequence[Rows], window: int | None, direct: bool, device: torch.device) -> Tile:
    sight = look(rows, window, direct)
    runs, first_hidden, hidden = cover(sight)
    first_row = rows[0].layout.first_row + rows[0].first
    row_count = sum(piece.count for piece in rows)
    mask = None if hidden is None else torch.from_numpy(hidden).to(device)
    return Tile(first_row, row_count, runs, sight.angles, first_hidden, mask)


def look(rows: Sequence[Rows], window: int | None, direct: bool) -> Sight:
    """The intervals and angles of every (segment, row)."""
    segments = number_segments(rows)
    shape = (len(segments), sum(piece.count for piece in rows))
    low, high, angles = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape)
    done = 0
    for piece in rows:
        layout, columns = piece.layout, slice(done, done + piece.count)
        local = layout.own_position + piece.first + np.arange(piece.count)
        in_view = local + (layout.view_position - layout.own_position)
        for segment, span in zip(segments_of(piece, segments), layout.spans, strict=True):
            frame = in_view - (span.at - span.start)  # the row's position, counted as the segment's block counts
            low[segment, columns] = span.start if window is None else np.maximum(span.start, frame - window + 1)
            high[segment, columns] = local + 1 if span is layout.spans[-1] else span.stop
            angles[segment, columns] = frame if direct else frame - local
        done += piece.count
    return Sight([block for block, _ in segments], low, high, angles)


def number_segments(rows: Sequence[Rows]) -> dict[tuple[Block, int], int]:
    """Segments in the order they are met. A block that a view shows twice counts as two."""
    segments: dict[tuple[Block, int], int] = {}
    for piece in rows:
        for key in occurrences(piece.layout):
            segments.setdefault(key, len(segments))
    return segments


def segments_of(piece: Rows, segments: dict[tuple[Block, int], int]) -> list[int]:
    """For each span of the rows' view, its segment."""
    return [segments[key] for key in occurrences(piece.layout)]


def occurrences(layout: Layout) -> Iterator[tuple[Block, int]]:
    """Each span's block, and how often the view has shown it before."""
    count: dict[Block, int] = {}
    for span in layout.spans:
        count[span.block] = count.get(span.block, -1) + 1
        yield span.block, count[span.block]


def cover(sight: Sight) -> tuple[tuple[SlotRun, ...], int, NDArray[np.bool_] | None]:
    """The slots that any row sees; the first column that some row does not see, and who does not see from there on."""
    seeing = sight.high > sight.low
    first_seen = np.where(seeing, sight.low, sight.high.max()).min(1).tolist()
    last_seen = np.where(seeing, sight.high, 0).max(1).tolist()
    runs = tuple(
        SlotRun(run.slot, run.position, run.count, segment)
        for segment, block in enumerate(sight.blocks)
        for run in block.runs(first_seen[segment], last_seen[segment])
    )
    first_hidden = columns_all_see(sight, runs)
    columns = sum(run.count for run in runs)
    return runs, first_hidden, hidden_columns(sight, runs, first_hidden) if first_hidden < columns else None


def columns_all_see(sight: Sight, runs: Sequence[SlotRun]) -> int:
    """How many columns from the first on every row sees."""
    low, high = sight.low.max(1).tolist(), sight.high.min(1).tolist()
    columns = 0
    for run in runs:
        end = min(run.position + run.count, high[run.segment])
        seen = end - run.position if low[run.segment] <= run.position else 0
        columns += max(0, seen)
        if seen < run.count:
            break
    return columns


def hidden_columns(sight: Sight, runs: Sequence[SlotRun], first: int) -> NDArray[np.bool_]:
    """[T, C - first] True where a row does not see a column."""
    hidden = []
    for run in runs:
        skipped = min(first, run.count)
        first -= skipped
        if skipped < run.count:
            positions = np.arange(run.position + skipped, run.position + run.count)
            low, high = sight.low[run.segment, :, None], sight.high[run.segment, :, None]
            hidden.append((positions < low) | (positions >= high))
    return np.concatenate(hidden, axis=1)
