"""Percentiles, as every command tells them. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The share-th percentile of at least one value, linear between the nearest values."""
    ranked = sorted(values)
    place = (len(ranked) - 1) * share / 100
    below = int(place)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (place - below)
