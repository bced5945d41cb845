"""A step as the model's layers see it: the plan, with tiles and rotation tables for every kind of layer, on the device.

Layers that rotate, scale and look back alike are one kind and share everything but the arena's tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.arena import Arena
from engine.plan import Plan
from engine.rope import Spin, SpinTable
from engine.tile import Tile, build_tiles, only_rows
from engine.traits import LayerTraits


@dataclass(frozen=True, slots=True, eq=False)
class TileWork:
    """A tile, made ready for the layers of one kind.

    spin: of its queries, tables [S, 1, T, D], times the softmax scale.
    bias: [T, C - tile.first_hidden] what is added to the scores, 0 or -inf; None if nothing is hidden.
    """

    tile: Tile
    spin: Spin
    bias: Tensor | None


@dataclass(frozen=True, slots=True, eq=False)
class LayerWork:
    """What all layers of one kind do in a step. key_spin: tables [T, D] when keys come unrotated, else None."""

    tiles: tuple[TileWork, ...]
    key_spin: Spin | None


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """Rows whose logits are wanted, where not all are: in the last layer nobody else need attend.

    rows: [n] int64, in order; order: [n] int64, at which of them each of the plan's logits stands; tiles: the last
    layer's, of just these rows.
    """

    rows: Tensor
    order: Tensor
    tiles: tuple[TileWork, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step. slots: [T] int64, where its keys and values go; traits and work: by layer index.

    direct: queries and keys come unrotated. wanted: None if all rows' logits are.
    """

    plan: Plan
    arena: Arena
    slots: Tensor
    traits: Sequence[LayerTraits]
    work: Sequence[LayerWork]
    direct: bool
    wanted: Wanted | None = None


class LayerKind:
    """Layers with the same rotation, softmax scale and window."""

    def __init__(self, traits: LayerTraits, direct: bool, dtype: torch.dtype) -> None:
        self.traits = traits
        self._queries = SpinTable(traits.rope, dtype, factor=traits.scale, with_gain=direct)
        self._keys = SpinTable(traits.rope, dtype, with_gain=True) if direct else None

    def covers(self, traits: LayerTraits) -> bool:
        mine = self.traits
        alike = (mine.scale, mine.window) == (traits.scale, traits.window)
        return alike and mine.rope.same_as(traits.rope)

    def work(self, tiles: Sequence[Tile], positions: Sequence[int]) -> LayerWork:
        """positions: [T] block-local, of every row of the step."""
        return LayerWork(self.tile_work(tiles), self._key_spin(positions))

    def tile_work(self, tiles: Sequence[Tile]) -> tuple[TileWork, ...]:
        if not tiles:
            return ()
        tables = self._queries.look_up([angle for tile in tiles for angle in tile.angles])
        tile_work = []
        for tile, table in zip(tiles, tables.split([len(tile.angles) for tile in tiles]), strict=True):
            cos, sin = table.view(-1, 1, tile.row_count, *table.shape[1:]).unbind(3)
            tile_work.append(TileWork(tile, Spin(cos, sin, self._queries.partners), bias_of(tile, table.dtype)))
        return tuple(tile_work)

    def _key_spin(self, positions: Sequence[int]) -> Spin | None:
        if self._keys is None:
            return None
        cos, sin = self._keys.look_up(positions).unbind(1)
        return Spin(cos, sin, self._keys.partners)


def bias_of(tile: Tile, dtype: torch.dtype) -> Tensor | None:
    """The tile's hidden columns as something to add: several times faster than filling them in."""
    if tile.hidden is None:
        return None
    return torch.zeros(tile.hidden.shape, dtype=dtype, device=tile.hidden.device).masked_fill_(tile.hidden, -torch.inf)


class StepBuilder:
    """Makes steps for one model. direct: see `Rotation.DIRECT`."""

    def __init__(self, traits: Sequence[LayerTraits], arena: Arena, direct: bool) -> None:
        self._traits, self._arena, self._direct = traits, arena, direct
        dtype = torch.float64 if arena.dtype == torch.float64 else torch.float32
        self._kinds: list[LayerKind] = []
        self._kind_of = [self._kind(layer, dtype) for layer in traits]

    def _kind(self, traits: LayerTraits, dtype: torch.dtype) -> int:
        for index, kind in enumerate(self._kinds):
            if kind.covers(traits):
                return index
        self._kinds.append(LayerKind(traits, self._direct, dtype))
        return len(self._kinds) - 1

    def build(self, plan: Plan, slots: Tensor, *, lean: bool = False) -> Step:
        """slots: [T] int64, the plan's, on the device. lean: the last layer attends for wanted rows only."""
        device = self._arena.device
        windows = {kind.traits.window for kind in self._kinds}
        tiles = {window: build_tiles(plan, window, self._direct, device) for window in windows}
        work = [kind.work(tiles[kind.traits.window], plan.positions) for kind in self._kinds]
        by_layer = [work[kind] for kind in self._kind_of]
        wanted = None
        if lean and len(plan.logit_rows) < len(plan.token_ids):
            last = self._kinds[self._kind_of[-1]]
            wanted = self._wanted(plan.logit_rows, last, tiles[last.traits.window])
        return Step(plan, self._arena, slots, self._traits, by_layer, self._direct, wanted)

    def _wanted(self, logit_rows: Sequence[int], last: LayerKind, tiles: Sequence[Tile]) -> Wanted:
        rows = sorted(logit_rows)
        place = {row: index for index, row in enumerate(rows)}
        order = [place[row] for row in logit_rows]
        both = torch.tensor([rows, order], dtype=torch.int64, device=self._arena.device)
        return Wanted(both[0], both[1], last.tile_work(only_rows(tiles, rows)))
