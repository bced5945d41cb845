"""Stop sequences in a growing text. Pure.

Text that may be the beginning of a stop sequence is kept back until it is known.
"""

from __future__ import annotations

from collections.abc import Sequence


class StopCutter:
    """Lets text through up to the first stop sequence; met: it has come."""

    def __init__(self, stops: Sequence[str] = ()) -> None:
        self._stops = tuple(stops)
        self._kept = ""
        self.met = False

    def push(self, text: str) -> str:
        """What may be told now."""
        if self.met or not self._stops:
            return "" if self.met else text
        self._kept += text
        found = [place for stop in self._stops if (place := self._kept.find(stop)) >= 0]
        if found:
            self.met = True
            return self._give(min(found))
        return self._give(len(self._kept) - self._open_end())

    def flush(self) -> str:
        """The text is over: what was kept back was no stop sequence."""
        return "" if self.met else self._give(len(self._kept))

    def _give(self, length: int) -> str:
        given, self._kept = self._kept[:length], self._kept[length:]
        return given

    def _open_end(self) -> int:
        """How many characters at the end may begin a stop sequence."""
        longest = min(len(self._kept), max(map(len, self._stops)) - 1)
        ends = (length for length in range(longest, 0, -1) if self._begins_stop(self._kept[-length:]))
        return next(ends, 0)

    def _begins_stop(self, end: str) -> bool:
        return any(stop.startswith(end) for stop in self._stops)
