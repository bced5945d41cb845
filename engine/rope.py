"""Rotary position embedding as plain rotation: what a layer's RoPE looks like, and turning vectors by an angle.

Angles are in positions (tokens) and may be negative. Tables are computed in float64 and rounded once. Knows nothing of
blocks or views. Source: RoFormer (arXiv 2104.09864); YaRN's scaling factor (arXiv 2309.00071).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import torch
from torch import Tensor

FIRST_REACH = 1024  # positions a spin table covers at first


class Rotation(Enum):
    """Who rotates queries and keys to their block-local positions.

    COMPOSED: the model does, and attention turns queries on by the view's offset; needs nothing of the model.
    DIRECT: the model's rotary module is replaced by the identity and attention rotates both, with one rounding.
    """

    COMPOSED = auto()
    DIRECT = auto()


class Pairing(Enum):
    """Which two dimensions turn together: (i, i + n/2) or (2i, 2i + 1)."""

    HALVES = auto()
    NEIGHBOURS = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Rope:
    """The rotation of one layer's heads.

    frequencies: [rotary_dims / 2] float64, radians per position; empty when the layer does not rotate.
    first_dim: where the rotary dimensions begin in a head of `head_dim`; the others pass through.
    gain: what the model multiplies the rotary dimensions of q and k by (YaRN's attention factor).
    """

    frequencies: Tensor
    pairing: Pairing
    head_dim: int
    first_dim: int = 0
    gain: float = 1.0

    def same_as(self, other: Rope) -> bool:
        mine = (self.pairing, self.head_dim, self.first_dim, self.gain)
        theirs = (other.pairing, other.head_dim, other.first_dim, other.gain)
        return mine == theirs and torch.equal(self.frequencies, other.frequencies)

    def partners(self) -> Tensor:
        """[head_dim] int64: the dimension each one turns with (itself, if it does not turn)."""
        first, second = self._pairs()
        partners = torch.arange(self.head_dim, device=self.frequencies.device)
        partners[first], partners[second] = second, first
        return partners

    def turning(self) -> Tensor:
        """[head_dim] float64: every dimension's frequency, negative for the first of a pair: sin carries the sign."""
        first, second = self._pairs()
        turning = torch.zeros(self.head_dim, dtype=torch.float64, device=self.frequencies.device)
        turning[first], turning[second] = -self.frequencies, self.frequencies
        return turning

    def gains(self) -> Tensor:
        """[head_dim] float64: `gain` in the rotary dimensions, else 1."""
        gains = torch.ones(self.head_dim, dtype=torch.float64, device=self.frequencies.device)
        gains[torch.cat(self._pairs())] = self.gain
        return gains

    def _pairs(self) -> tuple[Tensor, Tensor]:
        count = self.frequencies.numel()
        index = torch.arange(count, device=self.frequencies.device)
        if self.pairing is Pairing.HALVES:
            return self.first_dim + index, self.first_dim + index + count
        return self.first_dim + 2 * index, self.first_dim + 2 * index + 1


@dataclass(frozen=True, slots=True, eq=False)
class Spin:
    """A rotation ready to apply. cos, sin: broadcastable to the tensor turned; partners: [head_dim]."""

    cos: Tensor
    sin: Tensor
    partners: Tensor

    def apply(self, x: Tensor) -> Tensor:
        """x [..., head_dim] turned, in the dtype of the tables."""
        x = x.to(self.cos.dtype)
        return torch.addcmul(x * self.cos, x.index_select(-1, self.partners), self.sin)


def make_spin(rope: Rope, angles: Tensor, dtype: torch.dtype, *, factor: float = 1.0, with_gain: bool = False) -> Spin:
    """The spin by `angles` [...], in positions, times `factor`; its tables are [..., head_dim].

    with_gain: times the model's own gain too, which is wanted when the model itself no longer rotates.
    """
    radians = angles.double()[..., None] * rope.turning()
    factors = factor * rope.gains() if with_gain else factor
    return Spin((radians.cos() * factors).to(dtype), (radians.sin() * factors).to(dtype), rope.partners())


class SpinTable:
    """Spins by whole numbers of positions, looked up instead of computed; it grows to the largest angle asked for."""

    def __init__(self, rope: Rope, dtype: torch.dtype, *, factor: float = 1.0, with_gain: bool = False) -> None:
        self._rope, self._dtype, self._factor, self._with_gain = rope, dtype, factor, with_gain
        self.partners = rope.partners()
        self._fill(FIRST_REACH)

    def look_up(self, angles: Sequence[int]) -> Tensor:
        """cos and sin of every angle, [len(angles), 2, head_dim]."""
        farthest = max(max(angles), -min(angles))
        if farthest > self._reach:
            self._fill(max(farthest, 2 * self._reach))
        rows = torch.tensor([angle + self._reach for angle in angles], device=self._table.device)
        return self._table.index_select(0, rows)

    def _fill(self, reach: int) -> None:
        """Row `reach + angle` holds cos and sin of `angle`, from -reach to reach."""
        angles = torch.arange(-reach, reach + 1, device=self._rope.frequencies.device)
        spin = make_spin(self._rope, angles, self._dtype, factor=self._factor, with_gain=self._with_gain)
        self._reach, self._table = reach, torch.stack([spin.cos, spin.sin], 1)
