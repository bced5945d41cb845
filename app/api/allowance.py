"""Allowance: how many requests a caller may send. A token bucket for each; pure but for the clock it is given."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_CALLERS = 10_000
BURST_S = 10.0  # a caller that was silent may send what it may send in so long at once, one at least


@dataclass(slots=True)
class _Bucket:
    left: float
    at_s: float


class Allowance:
    """So many requests a minute for every caller; None: as many as they like. Who was silent longest is forgotten."""

    def __init__(self, per_minute: int | None, clock: Callable[[], float]) -> None:
        self._per_s = None if per_minute is None else per_minute / 60
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_s(self, caller: str) -> float:
        """Takes one request from the caller's allowance and returns 0; else how long it should wait."""
        if self._per_s is None:
            return 0.0
        most, now = max(1.0, self._per_s * BURST_S), self._clock()
        bucket = self._buckets.pop(caller, None) or _Bucket(most, now)
        bucket.left = min(most, bucket.left + (now - bucket.at_s) * self._per_s)
        bucket.at_s = now
        self._buckets[caller] = bucket
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        if bucket.left < 1:
            return (1 - bucket.left) / self._per_s
        bucket.left -= 1
        return 0.0
