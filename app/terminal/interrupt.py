"""What Ctrl-C means: the first press stops the answer, a second one soon after it quits. Pure."""

from dataclasses import dataclass
from enum import Enum

TWICE_WITHIN_S = 2.0


class Wish(Enum):
    """What the user wants by pressing Ctrl-C."""

    STOP = "stop"
    QUIT = "quit"


@dataclass(slots=True)
class InterruptKey:
    """Remembers the last press."""

    last_s: float | None = None

    def press(self, now_s: float) -> Wish:
        again = self.last_s is not None and now_s - self.last_s <= TWICE_WITHIN_S
        self.last_s = now_s
        return Wish.QUIT if again else Wish.STOP
