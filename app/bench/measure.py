"""The measurement: every cell of the grid beside Hugging Face and the floor, taken in turn so that all share the noise.

A cell's streams, its rivals and the plain forward pass take turns for some rounds; figures are medians with quartiles.
It knows models and devices; it prints nothing but progress.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

import torch
from transformers import DynamicCache

from app.bench.clock import bandwidth_bytes_per_s, elapsed_ms
from app.bench.rivals import Rival, filled, reason_of, token_ms
from app.bench.scene import TOKEN, GateKind, Scene, tokens_needed
from app.bench.shapes import Shape
from engine.runner import ModelRunner

WARM_ROUNDS = 2
RIVAL_EVERY = 3  # rounds; a rival's figure takes many steps


@dataclass(frozen=True, slots=True)
class Grid:
    """What to measure: all combinations."""

    streams: Sequence[int]
    contexts: Sequence[int]
    conversations: Sequence[int]
    gates: Sequence[GateKind]
    rivals: Sequence[Rival]
    rounds: int

    @property
    def largest_tokens(self) -> int:
        """Tokens of the arena that the largest cell takes."""
        return tokens_needed(max(self.streams), max(self.contexts), max(self.conversations))


@dataclass(frozen=True, slots=True)
class Figure:
    """Milliseconds: the median, and the quartiles as its spread."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, taken: Sequence[float]) -> Figure:
        low, median, high = statistics.quantiles(taken, n=4) if len(taken) > 1 else (taken[0],) * 3
        return cls(*(round(value, 4) for value in (median, low, high)))


@dataclass(frozen=True, slots=True)
class Row:
    """One cell. ms: of the step or steps that bring every stream one token. floor_ms: the bytes it must read, at the
    memory's bandwidth. rivals: of one stream of Hugging Face's, by name; forward_ms: of its bare forward pass.
    """

    shape: str
    streams: int
    context: int
    conversations: int
    gate: GateKind
    ms: Figure
    floor_ms: float
    forward_ms: Figure
    rivals: dict[str, Figure] = field(default_factory=dict)

    @property
    def rival_ms(self) -> Figure:
        """What the ratio is to: `generate`, or the bare forward pass where that was not measured."""
        return self.rivals.get(Rival.GENERATE, self.forward_ms)

    @property
    def ratio(self) -> float:
        """To one stream of Hugging Face's."""
        return self.ms.median / self.rival_ms.median


@dataclass(slots=True)
class Bench:
    """One model, twice if memory allows: ours lays its weights out anew. absent: rivals that do not run, and why."""

    name: str
    shape: Shape
    theirs: Any
    runner: ModelRunner
    absent: dict[str, str] = field(default_factory=dict)

    @torch.inference_mode()
    def rows(self, grid: Grid) -> Iterator[Row]:
        for tensor in (*self.runner.arena.keys, *self.runner.arena.values):
            tensor.normal_()
        bandwidth = bandwidth_bytes_per_s(self.runner.device)
        for context in grid.contexts:
            cells = list(product(grid.streams, grid.conversations, grid.gates))
            print(f"{self.name}, {context} tokens: {len(cells)} cells …", file=sys.stderr)
            yield from self._rows_of(context, cells, grid, bandwidth)

    def _rows_of(
        self, context: int, cells: Sequence[tuple[int, int, GateKind]], grid: Grid, bandwidth: float
    ) -> Iterator[Row]:
        """All cells of one context take turns with the rivals."""
        taken: dict[Any, list[float]] = {cell: [] for cell in cells}
        theirs = {"forward": self._forward(context)} | {
            rival: self._rival(rival, context) for rival in grid.rivals if rival not in self.absent
        }
        taken |= {name: [] for name in theirs}
        stored = {}
        for number in range(-WARM_ROUNDS, grid.rounds):
            for cell in cells:
                streams, conversations, gate = cell
                scene = Scene(self.runner, streams, context, conversations)
                steps = scene.steps(gate)
                ours_ms = elapsed_ms(partial(scene.run, steps), self.runner.device)
                taken[cell] += [ours_ms] if number >= 0 else []
                stored[cell] = scene.stored_tokens
                scene.release()
            for name, work in theirs.items():
                if name == "forward" or number % RIVAL_EVERY == 0:
                    theirs_ms = self._their_ms(name, work)
                    taken[name] += [theirs_ms] if theirs_ms is not None and number >= 0 else []
        rivals = {str(name): Figure.of(taken[name]) for name in theirs if name != "forward" and taken[name]}
        for cell in cells:
            floor = self._floor_ms(stored[cell], bandwidth)
            forward, (streams, conversations, gate) = Figure.of(taken["forward"]), cell
            ms = Figure.of(taken[cell])
            yield Row(self.name, streams, context, conversations, gate, ms, floor, forward, rivals)

    def _their_ms(self, name: str, work: Callable[[], float]) -> float | None:
        """Milliseconds; None if it does not run here, which is noted once."""
        if name in self.absent:
            return None
        with own_attention(self.theirs):
            try:
                return work()
            except Exception as error:  # whatever the library raises: that it does not run is the finding
                self.absent[name] = reason_of(error)
                return None

    def _rival(self, rival: Rival, context: int) -> Callable[[], float]:
        return lambda: token_ms(rival, self.theirs, context)

    def _forward(self, context: int) -> Callable[[], float]:
        cache = filled(DynamicCache(config=self.theirs.config), self.theirs, context)
        ids = torch.tensor([[TOKEN]], device=self.theirs.device)
        return lambda: elapsed_ms(
            lambda: self.theirs(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1),
            self.theirs.device,
        )

    def _floor_ms(self, stored_tokens: int, bandwidth: float) -> float:
        """Weights once, and every stored key and value once."""
        values = self.shape.weights_read + stored_tokens * self.shape.values_per_token
        return round(1000 * values * self.runner.dtype.itemsize / bandwidth, 4)


@contextmanager
def own_attention(model: Any) -> Iterator[None]:
    """Inside, the model attends as Hugging Face's `sdpa` does, also where a runner has it."""
    before = model.config._attn_implementation
    if before != "sdpa":
        model.set_attn_implementation("sdpa")
    try:
        yield
    finally:
        if before != "sdpa":
            model.set_attn_implementation(before)
