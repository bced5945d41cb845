"""Observation of a Hugging Face model: which attention calls its layers make, and what its own masks hide.

Attention is replaced by a function that records its arguments and mixes nothing. What the observations mean is judged
in admission.py. The model is left as it was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any

import torch
from torch import Tensor

MASK_SAMPLES = 200  # positions at which a mask is compared with a window, besides those around its edge


class Probe(Enum):
    """Names of the recording attention. With MASKED the model also builds its masks, as for its own attention."""

    PLAIN = "sotto_probe"
    MASKED = "sotto_masked_probe"


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One observed call of a layer's attention. query [H, T, D], key and value [K, T, D]."""

    module: torch.nn.Module
    query: Tensor
    key: Tensor
    value: Tensor
    mask: Tensor | None
    arguments: dict[str, Any]


@torch.inference_mode()
def observe(model: Any, kind: Probe, positions: Sequence[int]) -> list[Call]:
    """Run one token at several positions and return every attention call; raises whatever the model raises."""
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(kind.value, record_call)
    if kind is Probe.MASKED:
        AttentionMaskInterface.register(kind.value, mask_that_knows_its_rule)
    calls: list[Call] = []
    position_ids = torch.tensor([list(positions)], device=model.device)
    input_ids = torch.full_like(position_ids, int(model.config.get_text_config().vocab_size) // 2)
    last = torch.tensor([len(positions) - 1], device=model.device)
    with attention_replaced(model, kind.value):
        model(input_ids=input_ids, position_ids=position_ids, use_cache=False, logits_to_keep=last, step=calls)
    return calls


@contextmanager
def attention_replaced(model: Any, name: str) -> Iterator[None]:
    """Inside, the model calls the attention function registered under `name`."""
    before = model.config._attn_implementation
    try:
        model.set_attn_implementation(name)
        yield
    finally:
        model.set_attn_implementation(before)


def record_call(
    module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, **arguments: Any
) -> tuple[Tensor, None]:
    """Attention that adds its arguments to the list passed as `step` and returns zeros."""
    record = arguments.get("step")
    if record is None:
        raise TypeError("the model does not pass keyword arguments on to its attention layers")
    record.append(Call(module, query[0], key[0], value[0], mask, arguments))
    return query.new_zeros(*query.shape[:1], query.shape[2], query.shape[1], value.shape[-1]), None


class RuledMask(Tensor):
    """A stand-in for a mask. rule(batch, head, query position, key position) says whether the key is seen."""

    rule: Callable[[int, int, Tensor, Tensor], Tensor]


def mask_that_knows_its_rule(*_: Any, mask_function: Any, device: Any = None, **__: Any) -> Tensor:
    """What Hugging Face asks for when it builds the masks of a forward pass."""
    mask = torch.zeros(1, 1, 1, 1, device=device).as_subclass(RuledMask)
    mask.rule = mask_function
    return mask


def hides_all_but_window(mask: Tensor, window: int | None, far: int) -> bool:
    """Whether a mask seen by `Probe.MASKED` shows just the last `window` tokens (None: all), up to position `far`."""
    rule = getattr(mask, "rule", None)
    if rule is None:
        return False
    positions = sample_positions(window, far).to(mask.device)
    query, key = positions[:, None], positions[None, :]
    expected = (key <= query) & (key > query - (far + 1 if window is None else window))
    try:
        seen = rule(0, 0, query, key)
    except IndexError:  # the rule looks up more than positions, and knows only those of this batch
        return False
    return bool((seen == expected).all())


def sample_positions(window: int | None, far: int) -> Tensor:
    """Sorted positions from 0 to `far`, dense at the beginning and around the edge of a window."""
    spread = torch.linspace(0, far, MASK_SAMPLES).long().tolist()
    edge = [] if window is None else [window * times + shift for times in (1, 2) for shift in (-1, 0, 1)]
    return torch.tensor(sorted({p for p in [*range(10), *spread, *edge] if 0 <= p <= far}))
