"""What the engine knows of a model, found by observation (see admission.py)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from engine.arena import LayerShape
from engine.rope import Rope


@dataclass(frozen=True, slots=True)
class LayerTraits:
    """One attention layer.

    group: query heads per key head; scale: softmax scale; window: tokens it sees back, None for all. plain_scores:
    nothing else shapes its scores, no softcap and no sinks.
    """

    rope: Rope
    shape: LayerShape
    group: int
    scale: float
    window: int | None
    plain_scores: bool


@dataclass(frozen=True, slots=True)
class ModelTraits:
    """What the engine must know of a model.

    dtype: of the keys and values it computes; max_positions: None if the model names no limit.
    """

    layers: tuple[LayerTraits, ...]
    dtype: torch.dtype
    vocab_size: int
    max_positions: int | None
