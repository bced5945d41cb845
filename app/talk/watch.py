"""Is the device still there? Pure; it is told the time.

A device that is unplugged ends its stream, or its callbacks just stop: both count. While it is gone it is looked for
again and again, not too often: a look means starting the sound library anew.
"""

from dataclasses import dataclass
from enum import Enum

SILENT_S = 5.0  # no callback for so long: the device is gone; a busy machine may be late by a second or two
RETRY_S = 1.0


class WatchOrder(Enum):
    """What is to be done now."""

    NOTHING = "nothing"
    GIVE_UP = "give up"  # close what is left of it and say so
    TRY = "try"  # look for the device


@dataclass(slots=True)
class DeviceWatch:
    """lost: the device is gone. All times in seconds."""

    lost: bool = False
    _calls: int = -1
    _seen_s: float = 0.0

    def look(self, now_s: float, running: bool, calls: int) -> WatchOrder:
        """`running`: the streams say that they are; `calls`: how often the slower of their callbacks has come."""
        if self.lost:
            if now_s - self._seen_s < RETRY_S:
                return WatchOrder.NOTHING
            self._seen_s = now_s
            return WatchOrder.TRY
        if calls != self._calls:
            self._calls, self._seen_s = calls, now_s
        if running and now_s - self._seen_s < SILENT_S:
            return WatchOrder.NOTHING
        self.lost, self._seen_s = True, now_s
        return WatchOrder.GIVE_UP

    def found(self, now_s: float) -> None:
        """The device is open again."""
        self.lost, self._calls, self._seen_s = False, -1, now_s
