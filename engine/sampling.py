"""Picking the next token: greedy, temperature, top-p, banned tokens, a seed of one's own.

Banned tokens are made ready once for each device, not once for each token picked.

Source of top-p: The Curious Case of Neural Text Degeneration (arXiv 1904.09751).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import torch
from torch import Tensor

COLDEST = 1e-6  # a colder temperature changes nothing, and float32 would take the coldest for 0
CANDIDATES = 1024  # the nucleus is nearly always among so many; sorting a whole vocabulary costs tens of milliseconds


@dataclass(frozen=True, slots=True)
class Sampling:
    """temperature 0 is greedy; top_p in (0, 1] keeps the smallest set of tokens that holds that much probability."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise ValueError(f"temperature must be 0 or more, found {self.temperature}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, found {self.top_p}")


@dataclass(frozen=True, slots=True, eq=False)
class Banned:
    """Tokens that may not be picked."""

    tokens: Collection[int]
    _on_device: dict[torch.device, Tensor] = field(default_factory=dict)

    def hide(self, logits: Tensor) -> Tensor:
        """The logits [V], with -inf for these tokens."""
        if not self.tokens:
            return logits
        if logits.device not in self._on_device:
            self._on_device[logits.device] = torch.tensor(sorted(self.tokens), device=logits.device)
        return logits.index_fill(0, self._on_device[logits.device], float("-inf"))


class Bans:
    """The tokens of one model that are no text, less those that somebody may pick."""

    def __init__(self, control: frozenset[int]) -> None:
        self.control = control
        self._but: dict[frozenset[int], Banned] = {}

    def but(self, allowed: Collection[int]) -> Banned:
        """All but these."""
        key = frozenset(allowed)
        if key not in self._but:
            self._but[key] = Banned(self.control - key)
        return self._but[key]


class Sampler:
    """Draws tokens for one conversation; the same seed and logits give the same tokens."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._generator = torch.Generator().manual_seed(sampling.seed)

    def pick(self, logits: Tensor, banned: Banned | None = None) -> int:
        """The next token from logits [V]. Does not change them."""
        if banned is not None:
            logits = banned.hide(logits)
        if self._sampling.temperature == 0:
            return int(logits.argmax())
        scaled = (logits - logits.max()) / max(self._sampling.temperature, COLDEST)
        probabilities, tokens = nucleus(torch.softmax(scaled, -1), self._sampling.top_p)
        return int(tokens[torch.multinomial(probabilities, 1, generator=self._generator)])


def nucleus(probabilities: Tensor, top_p: float, candidates: int = CANDIDATES) -> tuple[Tensor, Tensor]:
    """The fewest tokens that hold `top_p` of the probabilities [V], likeliest first; one at least.

    Returns their probabilities [n] and their ids [n], on the CPU. candidates: how many are looked at first.
    """
    if top_p >= 1:
        return probabilities.cpu(), torch.arange(len(probabilities))
    likeliest, tokens = (found.cpu() for found in probabilities.topk(min(candidates, len(probabilities))))
    reached = likeliest.double().cumsum(-1)
    if reached[-1] < top_p and len(tokens) < len(probabilities):
        return nucleus(probabilities, top_p, len(probabilities))
    count = int((reached - likeliest < top_p).sum())
    return likeliest[:count], tokens[:count]
