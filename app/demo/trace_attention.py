"""The attention that reads batches of traces: keys at block-local positions, the query turned once for each segment.

Shapes: B examples, N rows (and columns) of the padded layout, S segments, H heads, D head dim.
"""

from __future__ import annotations

import itertools
from typing import Any

import torch

ATTENTION = "sotto_traces"  # the name under which transformers finds it


class Layout:
    """What attention must know of a batch: mask [B, 1, N, N], cos and sin [B, 1, N, S, D] of the offsets, bounds.

    A plain object, because compiled layers pass it on without looking inside.
    """

    def __init__(self, mask: torch.Tensor, spins: tuple[torch.Tensor, torch.Tensor], bounds: tuple[int, ...]) -> None:
        self.bias = torch.zeros(mask.shape, device=mask.device).masked_fill_(~mask, float("-inf"))
        self.bounds = bounds
        self.cos, self.sin = spins


@torch.compiler.disable  # its segment bounds differ from batch to batch; compiled around, not through
def trace_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float = 1.0,
    layout: Layout | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attention over segments. query [B, H, N, D]; key, value [B, kv heads, N, D]; returns [B, N, H, D].

    query and key come rotated at block-local positions.
    """
    assert layout is not None
    cos, sin = layout.cos, layout.sin
    groups = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    query, half = query * scaling, query.shape[-1] // 2
    turned = torch.cat((-query[..., half:], query[..., :half]), -1)
    scores = []
    for s, (first, last) in enumerate(itertools.pairwise(layout.bounds)):
        rotated = query * cos[:, :, :, s].to(query.dtype) + turned * sin[:, :, :, s].to(query.dtype)
        scores.append(rotated @ key[:, :, first:last].transpose(-1, -2))
    weights = torch.cat(scores, -1).float().add_(layout.bias).softmax(-1).to(value.dtype)
    return (weights @ value).transpose(1, 2), None


def spins(offsets: torch.Tensor, inv_freq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """cos and sin [B, 1, N, S, D] of the offsets [B, N, S] at the model's rotary frequencies [D / 2]."""
    angles = offsets[:, None, ..., None] * inv_freq.float()
    angles = torch.cat((angles, angles), -1)
    return angles.cos(), angles.sin()
