"""Intervals of shares and means, and the Pareto front. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson score interval of a share (E. B. Wilson, 1927); total is not 0."""
    share, spread = right / total, z * z / total
    centre = share + spread / 2
    margin = z * ((share * (1 - share) + spread / 4) / total) ** 0.5
    return max(0.0, (centre - margin) / (1 + spread)), min(1.0, (centre + margin) / (1 + spread))


def bootstrap_means(columns: Mapping[str, Sequence[float]], seed: int = 0) -> dict[str, Mean]:
    """The mean of each column with its percentile bootstrap interval (B. Efron, 1979); the columns, of one length, are
    drawn together.
    """
    values = np.array(list(columns.values()), dtype=np.float64)  # [columns, n]
    rng = np.random.default_rng(seed)
    n = values.shape[1]
    batches = (rng.integers(0, n, size=(_BATCH, n)) for _ in range(RESAMPLES // _BATCH))
    means = np.concatenate([values[:, drawn].mean(axis=2) for drawn in batches], axis=1)  # [columns, RESAMPLES]
    low, high = np.percentile(means, [2.5, 97.5], axis=1)
    return {
        name: Mean(float(values[row].mean()), float(low[row]), float(high[row])) for row, name in enumerate(columns)
    }


def pareto_front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Indices of the points (delay, accuracy) that no other beats: less delay or more accuracy at no less of the other;
    by growing delay.
    """
    front: list[int] = []
    for index in sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1])):
        if not front or points[index][1] > points[front[-1]][1]:
            front.append(index)
    return front
