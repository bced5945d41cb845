"""Traces to tensors: padded batches laid out segment by segment.

A batch's columns are the segments (input, roles, splits, thoughts, output, …), each padded to the longest in the
batch. Keys are rotated at block-local positions, as in the engine's arena; the query is rotated once per segment by
the offset at which row's view has that segment *at the step the row was born* (see trace_attention.py).

Shapes: B examples, N rows (and columns) of the padded layout, S segments.
"""

from __future__ import annotations

import enum
import itertools
import multiprocessing
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from app.demo.rows import NO_TARGET, THREADS, VIEW_OF, WORKERS, Kind, Row


class Segment(enum.IntEnum):
    """Columns of a batch. Blocks of which no view holds two share a segment: each row meets it at one offset."""

    INPUT = 0
    ROLE = 1
    SPLIT = 2
    THOUGHTS = 3
    OUTPUT = 4
    LANE_1 = 5
    LANE_2 = 6
    LANE_3 = 7
    LANE_4 = 8
    LAST = 9


LANES = (Segment.LANE_1, Segment.LANE_2, Segment.LANE_3, Segment.LANE_4)
SEGMENT_OF = {
    Kind.INPUT: Segment.INPUT,
    Kind.WRITER_ROLE: Segment.ROLE,
    Kind.THINKER_ROLE: Segment.ROLE,
    Kind.WRITER_SPLIT: Segment.SPLIT,
    Kind.THINKER_SPLIT: Segment.SPLIT,
    Kind.THOUGHTS: Segment.THOUGHTS,
    Kind.OUTPUT: Segment.OUTPUT,
    Kind.QUESTION: Segment.LAST,
    Kind.JOINED: Segment.LAST,
    **dict(zip(WORKERS, LANES, strict=True)),
    **dict(zip(THREADS, LANES, strict=True)),
}


def _sees() -> np.ndarray:
    """[kind, kind] does a row of the first kind have the second kind's block in its view?"""
    table = np.zeros((len(Kind), len(Kind)), dtype=bool)
    for kind in Kind:
        table[kind, list(VIEW_OF[kind])] = True
    return table


SEES = _sees()


@dataclass(frozen=True, slots=True)
class Batch:
    """One padded batch.

    tokens, positions: [B, N] int64; positions are block-local. offsets: [B, N, S] float32, what each query turns by
    beyond its own position to meet a segment's keys. mask: [B, 1, N, N] bool. targets: [B, N] int64 (NO_TARGET where
    there is no loss); weights: [B, N] float32. bounds: S + 1 column bounds of the segments. rows: number of real
    (unpadded) rows. S counts only segments that are used.
    """

    tokens: torch.Tensor
    positions: torch.Tensor
    offsets: torch.Tensor
    mask: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor
    bounds: tuple[int, ...]
    rows: int


def make_batch(traces: Sequence[Sequence[Row]], pad_to: int = 1) -> Batch:
    """Lay traces out side by side. Segments nobody uses take no columns."""
    grouped = [_by_segment(trace) for trace in traces]
    widths = {s: _round_up(max(len(group[s]) for group in grouped), pad_to) for s in Segment}
    used = [segment for segment in Segment if widths[segment]]
    bounds = (0, *itertools.accumulate(widths[segment] for segment in used))
    arrays = _Arrays.empty(len(traces), bounds[-1])
    for b, group in enumerate(grouped):
        for first, segment in zip(bounds, used, strict=False):
            for i, row in enumerate(group[segment]):
                arrays.put(b, first + i, row)
    return arrays.finish(bounds, used, sum(map(len, traces)))


def _by_segment(trace: Sequence[Row]) -> list[list[Row]]:
    groups: list[list[Row]] = [[] for _ in Segment]
    for row in trace:
        groups[SEGMENT_OF[row.kind]].append(row)
    return groups


def _round_up(n: int, unit: int) -> int:
    return -(-n // unit) * unit


@dataclass(slots=True)
class _Arrays:
    """The columns of a batch while it is filled; kind -1 is padding."""

    tokens: np.ndarray
    kinds: np.ndarray
    local: np.ndarray
    born: np.ndarray
    until: np.ndarray
    targets: np.ndarray
    weights: np.ndarray

    @classmethod
    def empty(cls, batch: int, columns: int) -> _Arrays:
        def full(value: int, dtype: Any = np.int64) -> np.ndarray:
            return np.full((batch, columns), value, dtype=dtype)

        return cls(full(0), full(-1), full(0), full(0), full(0), full(NO_TARGET), full(0, np.float32))

    def put(self, b: int, column: int, row: Row) -> None:
        self.tokens[b, column], self.kinds[b, column], self.local[b, column] = row.token, row.kind, row.local
        self.born[b, column], self.until[b, column] = row.born, row.until
        self.targets[b, column] = row.target
        self.weights[b, column] = row.weight if row.target != NO_TARGET else 0.0

    def finish(self, bounds: tuple[int, ...], used: Sequence[Segment], rows: int) -> Batch:
        alive = (self.born[:, None, :] <= self.born[:, :, None]) & (self.born[:, :, None] < self.until[:, None, :])
        return Batch(
            tokens=torch.from_numpy(self.tokens),
            positions=torch.from_numpy(self.local),
            offsets=torch.from_numpy(self._offsets(alive, used)),
            mask=torch.from_numpy(self._mask(alive))[:, None],
            targets=torch.from_numpy(self.targets),
            weights=torch.from_numpy(self.weights),
            bounds=bounds,
            rows=rows,
        )

    def _mask(self, alive: np.ndarray) -> np.ndarray:
        """[B, N, N]; padding rows see themselves, so that no softmax is empty."""
        real = self.kinds >= 0
        sees = SEES[self.kinds[:, :, None], self.kinds[:, None, :]]
        same_block = self.kinds[:, :, None] == self.kinds[:, None, :]
        causal = ~same_block | (self.local[:, None, :] <= self.local[:, :, None])
        mask = sees & alive & causal & real[:, :, None] & real[:, None, :]
        padding = np.nonzero(~real)
        mask[padding[0], padding[1], padding[1]] = True
        return mask

    def _offsets(self, alive: np.ndarray, used: Sequence[Segment]) -> np.ndarray:
        """[B, N, S]: where the row's view has its own block, less where it has the segment, at the row's birth."""
        batch, columns = self.tokens.shape
        offsets = np.zeros((batch, columns, len(used)), dtype=np.float32)
        lengths = self._lengths(alive)
        for kind in lengths:
            rows = self.kinds == kind
            at, start = {}, np.zeros((batch, columns), dtype=np.float32)
            for other in VIEW_OF[kind]:
                if other in lengths:
                    at[other] = start
                    start = start + lengths[other]
            for other, begins in at.items():
                segment = offsets[:, :, used.index(SEGMENT_OF[other])]
                segment[rows] = (at[kind] - begins)[rows]
        return offsets

    def _lengths(self, alive: np.ndarray) -> dict[Kind, np.ndarray]:
        """Per kind [B, N]: tokens of that block alive at each row's birth (questions and unborn tokens are not)."""
        kinds = [kind for kind in Kind if (self.kinds == kind).any()]
        one_hot = (self.kinds[:, :, None] == np.array(kinds)).astype(np.float32)
        counts = alive.astype(np.float32) @ one_hot
        return {kind: counts[:, :, i] for i, kind in enumerate(kinds)}


_LIKE_TOKENS = 24  # thoughts that differ by less are of like length


def batched(examples: Iterator[Sequence[Row]], rows: int, pool: int, rng: random.Random) -> Iterator[Batch]:
    """Endless batches of about `rows` padded rows, of traces of like shape, from pools of `pool` examples."""
    while True:
        drawn = sorted((next(examples) for _ in range(pool)), key=_shape, reverse=True)
        batches: list[list[Sequence[Row]]] = []
        for _, alike in itertools.groupby(drawn, key=lambda trace: _shape(trace)[0]):
            batches.append([])
            for trace in alike:
                longest = max((len(other) for other in batches[-1]), default=0)
                if batches[-1] and max(longest, len(trace)) * (len(batches[-1]) + 1) > rows:
                    batches.append([])
                batches[-1].append(trace)
            _drop_small(batches, rows // 4)
        rng.shuffle(batches)
        for batch in batches:
            yield make_batch(batch)


def beside(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches, made by a process of their own a few ahead, where processes can be forked."""
    forks = "fork" in multiprocessing.get_all_start_methods()
    loader: DataLoader[Batch] = DataLoader(
        _Stream(batches),
        batch_size=None,
        num_workers=1 if forks else 0,
        prefetch_factor=4 if forks else None,
        multiprocessing_context="fork" if forks else None,
    )
    return iter(loader)


class _Stream(IterableDataset[Batch]):
    def __init__(self, batches: Iterator[Batch]) -> None:
        self._batches = batches

    def __iter__(self) -> Iterator[Batch]:
        return self._batches


def _drop_small(batches: list[list[Sequence[Row]]], least: int) -> None:
    """Take the last batch away if it has fewer rows: so few would pull as hard as many."""
    if sum(map(len, batches[-1])) < least and len(batches) > 1:
        batches.pop()


def _shape(trace: Sequence[Row]) -> tuple[list[Kind], int, int, int]:
    """What traces of one batch should have in common, for little padding: the blocks that not all have, then about as
    many thoughts and, among those, as many words heard. The last is the length.
    """
    lengths = Counter(row.kind for row in trace)
    unlike = sorted(lengths.keys() & {*WORKERS, *THREADS, Kind.OUTPUT})
    return unlike, lengths[Kind.THOUGHTS] // _LIKE_TOKENS, lengths[Kind.INPUT], len(trace)
