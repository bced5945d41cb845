"""Reference attention: row by row, the view's keys are laid out at their view positions, then ordinary attention.

Slow and obvious; same signature and meaning as attention.py, which a test compares with it. It stores keys in the same
way, but of the plan it uses only the feeds' spans, never tiles, angles or masks.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.plan import Layout
from engine.rope import make_spin
from engine.step import Step
from engine.traits import LayerTraits

NAME = "sotto_shared_blocks_reference"


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
    """query [1, H, T, D], key and value [1, K, T, D]; writes the arena; returns [1, T, H, value_dim]."""
    layer: int = module.layer_idx  # type: ignore[assignment]
    sinks = s_aux if s_aux is not None else getattr(module, "sinks", None)
    keys = key[0]
    if step.direct:
        keys = turned(keys, torch.tensor(step.plan.positions), step.traits[layer], with_gain=True).to(keys.dtype)
    step.arena.write(layer, step.slots, keys, value[0])
    rows = []
    for layout in (layout for part in step.plan.parts for layout in part):
        for index in range(layout.row_count):
            row_query = query[0, :, layout.first_row + index]
            rows.append(attend_row(row_query, layout, index, step, layer, softcap, sinks))
    return torch.stack(rows)[None].to(query.dtype), None


def attend_row(
    query: Tensor, layout: Layout, index: int, step: Step, layer: int, softcap: float | None, sinks: Tensor | None
) -> Tensor:
    """query [H, D] of the feed's row `index` -> [H, value_dim]."""
    traits = step.traits[layer]
    position = layout.view_position + index
    slots, shifts = visible_keys(layout, position, traits.window)
    keys = turned(step.arena.keys[layer][:, slots], torch.tensor(shifts), traits)
    values = step.arena.values[layer][:, slots].to(keys.dtype)
    angle = position if step.direct else position - (layout.own_position + index)
    query = turned(query[:, None], torch.tensor([angle]), traits, with_gain=step.direct)
    scores = (query * keys.repeat_interleave(traits.group, 0)).sum(-1) * traits.scale  # [H, C]
    if softcap is not None:
        scores = torch.tanh(scores / softcap) * softcap
    if sinks is not None:
        scores = torch.cat([scores, sinks[:, None].to(scores.dtype)], -1)
    weights = torch.softmax(scores, -1)[:, : len(slots)]
    return (weights[..., None] * values.repeat_interleave(traits.group, 0)).sum(1)


def visible_keys(layout: Layout, position: int, window: int | None) -> tuple[list[int], list[int]]:
    """Slots of the keys that view position `position` sees, and how far each must be turned from where it is stored."""
    slots, shifts = [], []
    for span in layout.spans:
        for stored, slot in zip(range(span.start, span.stop), span.block.slots(span.start, span.stop), strict=True):
            in_view = span.at + stored - span.start
            if in_view <= position and (window is None or in_view > position - window):
                slots.append(slot)
                shifts.append(in_view - stored)
    return slots, shifts


def turned(x: Tensor, angles: Tensor, traits: LayerTraits, with_gain: bool = False) -> Tensor:
    """x [heads, n, D] turned by angles [n], in positions."""
    dtype = torch.float64 if x.dtype == torch.float64 else torch.float32
    return make_spin(traits.rope, angles.to(x.device), dtype, with_gain=with_gain).apply(x)
