"""The model's own rotary modules: silencing them for direct rotation, and giving them back.

Knows Hugging Face models only as trees of modules with children called `rotary_emb`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor


class IdentityRotary(torch.nn.Module):
    """Stands in for a model's rotary module: cos = 1 and sin = 0, so that q and k stay exactly as projected."""

    def __init__(self, original: torch.nn.Module) -> None:
        super().__init__()
        self.original = original

    def forward(self, x: Tensor, position_ids: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        tables = self.original(x, position_ids[..., :1], *args, **kwargs)
        if not (isinstance(tables, tuple) and len(tables) == 2):
            raise TypeError("the model's rotary module does not return (cos, sin)")
        cos = tables[0]
        shape = (*cos.shape[:-2], position_ids.shape[-1], cos.shape[-1])
        return cos.new_ones(()).expand(shape), cos.new_zeros(()).expand(shape)


def silence_rotary(model: torch.nn.Module) -> None:
    """Replace every rotary module of the model by the identity; changes nothing that is silent already."""
    for name, module in list(model.named_modules()):
        if name.rpartition(".")[2] == "rotary_emb" and not isinstance(module, IdentityRotary):
            model.get_submodule(name.rpartition(".")[0]).rotary_emb = IdentityRotary(module)


def restore_rotary(model: torch.nn.Module) -> None:
    """Give the model its own rotary modules back."""
    for name, module in list(model.named_modules()):
        if isinstance(module, IdentityRotary):
            model.get_submodule(name.rpartition(".")[0]).rotary_emb = module.original


@contextmanager
def own_rotary(model: torch.nn.Module) -> Iterator[None]:
    """Inside, the model rotates as it was made to; silent modules are silent again afterwards."""
    silent = any(isinstance(module, IdentityRotary) for module in model.modules())
    restore_rotary(model)
    try:
        yield
    finally:
        if silent:
            silence_rotary(model)
