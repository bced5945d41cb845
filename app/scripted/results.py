"""All takes of a measurement together: what was measured by method, and its percentiles. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.latency import NAMES
from app.percentile import percentile
from app.scripted.measures import Answered, Measured
from app.scripted.take import Take

GAPS = "silence gaps"  # after the first sound, each by itself
BOTH = ("e2e_latency", "total_delay", "adjusted_delay")  # measured and simulated alike


@dataclass(frozen=True, slots=True)
class Repeat:
    """One take and what it measured; repeat counts from 1."""

    method: str
    repeat: int
    take: Take
    turns: tuple[Measured, ...]

    @property
    def broken(self) -> list[str]:
        """Every bound that was broken, and where."""
        where = f"{self.method}, repeat {self.repeat}"
        return [f"{where}, turn {turn.number}: {line}" for turn in self.turns for line in turn.broken]


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of some values. n: how many there are."""

    p50: float
    p95: float
    most: float
    n: int

    @staticmethod
    def of(values: Sequence[float]) -> Spread | None:
        """None if there are no values. Percentiles lie between the nearest values."""
        if not values:
            return None
        return Spread(percentile(values, 50), percentile(values, 95), max(values), len(values))


def measured_spreads(repeats: Iterable[Repeat]) -> dict[str, Spread]:
    """By name: percentiles over all turns and repeats. What was cut off has no total delay."""
    last = _last(repeats)
    values = {name: [one.comparable[name] for one in last if name in one.comparable] for name in NAMES}
    values[GAPS] = [gap for one in last for gap in one.gaps_ms]
    return {name: spread for name, found in values.items() if (spread := Spread.of(found)) is not None}


@dataclass(frozen=True, slots=True)
class Beside:
    """Means of a delay in ms over the n turns of a method that have it both measured and simulated."""

    delay: str
    method: str
    n: int
    measured: float
    simulated: float


def beside(repeats: Sequence[Repeat]) -> list[Beside]:
    """Every delay that was both measured and simulated, by method."""
    found = []
    for name in BOTH:
        for method, own in by_method(repeats).items():
            if pairs := side_by_side(own, name):
                measured, simulated = (statistics.fmean(values) for values in zip(*pairs, strict=True))
                found.append(Beside(name, method, len(pairs), measured, simulated))
    return found


def by_method(repeats: Iterable[Repeat]) -> dict[str, list[Repeat]]:
    """The repeats of each method, in the order in which the methods came."""
    found: dict[str, list[Repeat]] = {}
    for one in repeats:
        found.setdefault(one.method, []).append(one)
    return found


def side_by_side(repeats: Iterable[Repeat], name: str) -> list[tuple[float, float]]:
    """(measured, simulated) of this delay, for every turn that has both."""
    return [
        (one.comparable[name], one.simulated[name])
        for one in _last(repeats)
        if name in one.comparable and name in one.simulated
    ]


def ratio(repeats: Sequence[Repeat], method: str, base: str, name: str = "total_delay") -> tuple[float, int] | None:
    """(mean of a delay under one method over its mean under the other, by how many turns both have); None if none."""
    values: dict[str, dict[tuple[int, int], float]] = {method: {}, base: {}}
    for one in repeats:
        for turn in one.turns:
            if one.method in values and turn.last is not None and name in turn.last.comparable:
                values[one.method][one.repeat, turn.number] = turn.last.comparable[name]
    both = sorted(values[method].keys() & values[base].keys())
    if not both or not (below := statistics.fmean(values[base][key] for key in both)):
        return None
    return statistics.fmean(values[method][key] for key in both) / below, len(both)


def _last(repeats: Iterable[Repeat]) -> list[Answered]:
    return [turn.last for one in repeats for turn in one.turns if turn.last is not None]
