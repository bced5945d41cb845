"""Weights laid out as a decoding step reads them: side by side where they read the same input, on a CPU by column.

A few rows against a large matrix cost what reading the matrix costs, and by column that is a third less for one to
three rows (assets/docs/speed.md). Parameters keep their names, shapes and values; only their memory changes: each
becomes a view of one shared tensor, and nothing is stored twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

BY_COLUMN = (torch.float32, torch.float64)  # half precision has kernels of its own


def is_plain(module: object) -> bool:
    """Is it an ordinary linear layer, neither quantized nor wrapped?"""
    return type(module) is torch.nn.Linear and type(module.weight) is torch.nn.Parameter


def lay_side_by_side(linears: Sequence[torch.nn.Linear]) -> tuple[Tensor, Tensor | None]:
    """The weight [all outputs, inputs] and the bias of several layers with one input; their own become views of it."""
    weights = [linear.weight.data for linear in linears]
    if weights[0].device.type == "cpu" and weights[0].dtype in BY_COLUMN:
        merged = torch.cat([weight.t() for weight in weights], 1).contiguous().t()
    else:
        merged = torch.cat(weights)
    for linear, view in zip(linears, merged.split([len(weight) for weight in weights]), strict=True):
        linear.weight.data = view
    if all(linear.bias is None for linear in linears):
        return merged, None
    biases = [weight.new_zeros(len(weight)) if linear.bias is None else linear.bias.data for linear, weight in
              zip(linears, weights, strict=True)]  # fmt: skip
    return merged, torch.cat(biases)


def lay_apart(linears: Iterable[torch.nn.Linear]) -> None:
    """Give every layer a weight of its own again, by row, as it was loaded."""
    for linear in linears:
        linear.weight.data = linear.weight.data.clone(memory_format=torch.contiguous_format)
