"""The attention function in place of the model's own: it stores keys and values, then attends over shared blocks.

Hugging Face calls it once per layer through `AttentionInterface`; what it needs of the step comes as `step`. Queries
are turned once per (segment, row) instead of moving any key; each segment is read once for all rows of its tile.
The slow path with the same meaning is reference.py. Source: Hogwild! Inference (arXiv 2504.06261), section 3.2.
Shape letters: T rows of the step, H query heads, K kv heads, D head dim, S segments, C columns (keys).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.step import Step, TileWork, Wanted
from engine.tile import SlotRun

NAME = "sotto_shared_blocks"


def attend(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None = None,
    *,
    step: Step,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """query [1, H, T, D], key and value [1, K, T, D]; writes the arena; returns [1, T, H, value_dim].

    The model's window and scale are in `step` already; `s_aux` are attention sinks, one logit per head.
    """
    layer: int = module.layer_idx  # type: ignore[assignment]
    sinks = s_aux if s_aux is not None else getattr(module, "sinks", None)
    return attend_rows(layer, query[0], key[0], value[0], step, softcap, sinks)[None], None


def attend_rows(
    layer: int,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    step: Step,
    softcap: float | None = None,
    sinks: Tensor | None = None,
    wanted: Wanted | None = None,
) -> Tensor:
    """query [H, T, D], key [K, T, D] and value [K, T, value_dim] of one layer; writes the arena; returns
    [T, H, value_dim], or [n, H, value_dim] of the wanted rows.
    """
    work, arena = step.work[layer], step.arena
    keys = key if work.key_spin is None else work.key_spin.apply(key).to(key.dtype)
    arena.write(layer, step.slots, keys, value)
    store = Store(arena.keys[layer], arena.values[layer], softcap, sinks)
    tiles = work.tiles
    if wanted is not None:
        query, tiles = query.index_select(1, wanted.rows), wanted.tiles
    if len(tiles) == 1:
        return attend_tile(query, tiles[0], store).to(query.dtype).transpose(0, 1)
    out = query.new_empty(query.shape[1], query.shape[0], value.shape[-1])
    for tile_work in tiles:
        first, last = tile_work.tile.first_row, tile_work.tile.first_row + tile_work.tile.row_count
        out[first:last] = attend_tile(query[:, first:last], tile_work, store).transpose(0, 1)
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Store:
    """One layer's keys and values [K, slots, dim], and how it shapes its scores."""

    keys: Tensor
    values: Tensor
    softcap: float | None
    sinks: Tensor | None


def attend_tile(query: Tensor, work: TileWork, store: Store) -> Tensor:
    """query [H, T, D] of the tile's rows -> [H, T, value_dim], in at least float32."""
    kv_heads = store.keys.shape[0]
    heads, rows, head_dim = query.shape
    runs = work.tile.runs
    turned = work.spin.apply(query).reshape(-1, kv_heads, heads // kv_heads * rows, head_dim)
    scores = score_runs(turned, runs, store.keys)
    if store.softcap is not None:
        scores = torch.tanh(scores / store.softcap) * store.softcap
    if work.bias is not None:
        scores.view(kv_heads, -1, rows, scores.shape[-1])[..., work.tile.first_hidden :].add_(work.bias)
    weights = softmax(scores, store.sinks, rows)
    return weigh_runs(weights, runs, store.values).view(heads, rows, -1)


def score_runs(turned: Tensor, runs: Sequence[SlotRun], keys: Tensor) -> Tensor:
    """turned [S, K, G * T, D], already scaled -> scores [K, G * T, C]."""
    by_segment, keys = turned.unbind(0), keys.transpose(1, 2)
    scores = [
        torch.bmm(by_segment[run.segment], widened(keys.narrow(2, run.slot, run.count), turned.dtype)) for run in runs
    ]
    return torch.cat(scores, -1)


def softmax(scores: Tensor, sinks: Tensor | None, rows: int) -> Tensor:
    """Softmax over the columns; a sink takes its share and gives nothing. sinks: [H]."""
    if sinks is None:
        return torch.softmax(scores, -1)
    sink = sinks.to(scores.dtype).repeat_interleave(rows).view(scores.shape[0], -1, 1)
    return torch.softmax(torch.cat([scores, sink], -1), -1)[..., :-1]


def weigh_runs(weights: Tensor, runs: Sequence[SlotRun], values: Tensor) -> Tensor:
    """weights [K, G * T, C] -> [K, G * T, value_dim]."""
    total: Tensor | None = None
    for run, weight in zip(runs, weights.split([run.count for run in runs], -1), strict=True):
        value = widened(values.narrow(1, run.slot, run.count), weights.dtype)
        total = torch.bmm(weight, value) if total is None else total.baddbmm_(weight, value)
    assert total is not None, "a row sees at least itself"
    return total


def widened(stored: Tensor, dtype: torch.dtype) -> Tensor:
    """Stored keys or values in the dtype attention computes in (a copy for half precision, else themselves)."""
    return stored if stored.dtype == dtype else stored.to(dtype)
