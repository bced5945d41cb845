"""Traces to tensors: padded batches laid out segment by segment, and the attention that reads them.

A batch's columns are the segments (prefix, splits, thoughts, output, questions), each padded to the longest in the
batch. Keys are rotated at block-local positions, as in the engine's arena; the query is rotated once per segment by
the offset at which row's view has that segment *at the step the row was born*.

Shapes: B examples, N rows (and columns) of the padded layout, S segments, H heads, D head dim.
"""

from __future__ import annotations

import enum
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from app.demo.traces import FOREVER, NO_TARGET, VIEW_OF, Kind, Row

ATTENTION = "sotto_traces"  # the name under which transformers finds our attention


class Segment(enum.IntEnum):
    """Blocks that lie at one offset in whatever view holds them share a segment."""

    PREFIX = 0
    SPLIT = 1
    THOUGHTS = 2
    OUTPUT = 3
    QUESTION = 4


SEGMENT_OF = {
    Kind.INPUT: Segment.PREFIX,
    Kind.WRITER_ROLE: Segment.PREFIX,
    Kind.THINKER_ROLE: Segment.PREFIX,
    Kind.WRITER_SPLIT: Segment.SPLIT,
    Kind.THINKER_SPLIT: Segment.SPLIT,
    Kind.THOUGHTS: Segment.THOUGHTS,
    Kind.OUTPUT: Segment.OUTPUT,
    Kind.QUESTION: Segment.QUESTION,
}


def _sees() -> np.ndarray:
    """[kind, kind] does a row of the first kind have the second kind's block in its view?"""
    table = np.zeros((len(Kind), len(Kind)), dtype=bool)
    for kind in Kind:
        view = VIEW_OF[kind]
        for other in view[: view.index(kind) + 1]:
            table[kind, other] = True
    return table


SEES = _sees()


@dataclass(frozen=True, slots=True)
class Batch:
    """One padded batch.

    tokens, positions: [B, N] int64; positions are block-local. offsets: [B, N, S] float32, what each query turns by
    beyond its own position to meet a segment's keys. mask: [B, 1, N, N] bool. targets: [B, N] int64 (NO_TARGET where
    there is no loss); weights: [B, N] float32. bounds: S + 1 column bounds of the segments. rows: number of real
    (unpadded) rows.
    """

    tokens: torch.Tensor
    positions: torch.Tensor
    offsets: torch.Tensor
    mask: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor
    bounds: tuple[int, ...]
    rows: int


def make_batch(traces: Sequence[Sequence[Row]], pad_to: int = 8) -> Batch:
    """Lay traces out side by side. Segments nobody uses take no columns."""
    grouped = [_by_segment(trace) for trace in traces]
    widths = [_round_up(max(len(group[s]) for group in grouped), pad_to) for s in Segment]
    bounds = (0, *np.cumsum(widths).tolist())
    total = bounds[-1]
    arrays = _Arrays.empty(len(traces), total)
    for b, group in enumerate(grouped):
        for segment in Segment:
            for i, row in enumerate(group[segment]):
                arrays.put(b, bounds[segment] + i, row)
    return arrays.finish(bounds, sum(map(len, traces)))


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

    def finish(self, bounds: tuple[int, ...], rows: int) -> Batch:
        alive = (self.born[:, None, :] <= self.born[:, :, None]) & (self.born[:, :, None] < self.until[:, None, :])
        return Batch(
            tokens=torch.from_numpy(self.tokens),
            positions=torch.from_numpy(self.local),
            offsets=torch.from_numpy(self._offsets(alive)),
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

    def _offsets(self, alive: np.ndarray) -> np.ndarray:
        """[B, N, S]: where the row's view has its own block, less where it has the segment, at the row's birth."""
        batch, columns = self.tokens.shape
        offsets = np.zeros((batch, columns, len(Segment)), dtype=np.float32)
        lengths = self._lengths(alive)
        for kind in Kind:
            rows = self.kinds == kind
            if not rows.any():
                continue
            start, at = np.zeros((batch, columns)), {}
            view = VIEW_OF[kind]
            for other in view[: view.index(kind) + 1]:
                at[other] = start.copy()
                start = start + lengths[other]
            for other in at:
                shift = (
                    _start(at, kind) - _start(at, other) if SEGMENT_OF[other] != Segment.PREFIX else _start(at, kind)
                )
                offsets[:, :, SEGMENT_OF[other]] = np.where(rows, shift, offsets[:, :, SEGMENT_OF[other]])
        return offsets

    def _lengths(self, alive: np.ndarray) -> dict[Kind, np.ndarray]:
        """Per kind [B, N]: tokens of that block alive at each row's birth (questions and unborn tokens are not)."""
        one_hot = (self.kinds[:, :, None] == np.array(Kind)).astype(np.float32)
        counts = alive.astype(np.float32) @ one_hot
        return {kind: counts[:, :, kind] for kind in Kind}


def _start(at: dict[Kind, np.ndarray], kind: Kind) -> Any:
    """Offset of a block's position 0 in the view. Blocks of the prefix count their positions from the view's start."""
    return 0.0 if SEGMENT_OF[kind] == Segment.PREFIX else at[kind]


@torch.compiler.disable  # its segment bounds differ from batch to batch; compiled around, not through
def trace_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float = 1.0,
    trace_mask: torch.Tensor | None = None,
    trace_spins: tuple[torch.Tensor, torch.Tensor] | None = None,
    trace_bounds: tuple[int, ...] = (),
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attention over segments. query [B, H, N, D]; key, value [B, kv heads, N, D]; returns [B, N, H, D].

    query and key come rotated at block-local positions; `trace_spins` are cos and sin [B, 1, N, S, D] of the offsets.
    """
    assert trace_mask is not None and trace_spins is not None
    cos, sin = trace_spins
    groups = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    half = query.shape[-1] // 2
    turned = torch.cat((-query[..., half:], query[..., :half]), -1)
    scores = []
    for s, (first, last) in enumerate(itertools.pairwise(trace_bounds)):
        if first == last:
            continue
        rotated = query * cos[:, :, :, s].to(query.dtype) + turned * sin[:, :, :, s].to(query.dtype)
        scores.append(rotated @ key[:, :, first:last].transpose(-1, -2))
    weights = torch.cat(scores, -1) * scaling
    weights = weights.masked_fill(~trace_mask, float("-inf")).float().softmax(-1).to(value.dtype)
    return (weights @ value).transpose(1, 2), None


def spins(offsets: torch.Tensor, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """cos and sin [B, 1, N, S, D] of the offsets [B, N, S] at the model's rotary frequencies [D / 2]."""
    angles = offsets[:, None, ..., None] * inv_freq.float()
    angles = torch.cat((angles, angles), -1)
    return angles.cos(), angles.sin()


def batched(examples: Iterator[Sequence[Row]], rows: int, pool: int, rng: random.Random) -> Iterator[Batch]:
    """Endless batches of about `rows` padded rows, of traces of like length, from pools of `pool` examples."""
    while True:
        drawn = sorted((next(examples) for _ in range(pool)), key=_shape)
        batches: list[list[Sequence[Row]]] = []
        current: list[Sequence[Row]] = []
        for trace in drawn:
            if current and _padded([*current, trace]) > rows:
                batches.append(current)
                current = []
            current.append(trace)
        rng.shuffle(batches)
        for batch in batches:
            yield make_batch(batch)


def _shape(trace: Sequence[Row]) -> tuple[bool, int]:
    sequential = all(row.kind is Kind.INPUT for row in trace)
    return sequential, len(trace)


def _padded(traces: Sequence[Sequence[Row]]) -> int:
    return len(traces) * max(map(len, traces))


__all__ = ["ATTENTION", "FOREVER", "Batch", "Segment", "batched", "make_batch", "spins", "trace_attention"]
