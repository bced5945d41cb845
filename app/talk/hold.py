"""Is the talk key held down? Pure; it is told the time.

A terminal sends no key-up. While a key is held it sends the key once, again after the keyboard's initial delay (250 to
660 ms, as the user set it), and then every 25 to 90 ms. So a key counts as let go when it has not come again
for `FIRST_REPEAT_S` after the first, or for the release time after any later one: a tap talks for 0.75 s, and whoever
lets go after a longer hold is known to have done so 0.2 s later. Terminals that speak the kitty keyboard protocol do
tell key-up; then it counts, and only the last frames of sound are waited for.

Source: https://sw.kovidgoyal.net/kitty/keyboard-protocol/ ("event types").
"""

from dataclasses import dataclass
from math import inf
from typing import Protocol

FIRST_REPEAT_S = 0.75
RELEASE_S = 0.2
LAST_FRAMES_S = 0.08  # sound that is still on its way when the key goes up
SAME_PRESS_S = 0.75  # a key held down is one tap for the toggle


class TalkKey(Protocol):
    """What the talk key means."""

    @property
    def talking(self) -> bool:
        """Whether the user wants to be heard."""

    def down(self, now_s: float, exact: bool) -> None:
        """The key was pressed; `exact`: its release will be told. If it will not, repeats count as presses."""

    def up(self, now_s: float) -> None:
        """The key was released."""

    def tick(self, now_s: float) -> None:
        """Time passes."""


@dataclass(slots=True)
class HoldKey:
    """Talks while the key is held. repeated: it was seen to repeat in this press, so that it was no mere tap."""

    release_s: float = RELEASE_S
    talking: bool = False
    repeated: bool = False
    _until_s: float = 0.0

    def down(self, now_s: float, exact: bool) -> None:
        """The key was pressed or repeated."""
        self.repeated = exact or (self.talking and now_s < self._until_s)
        self._until_s = inf if exact else now_s + (self.release_s if self.repeated else FIRST_REPEAT_S)
        self.talking = True

    def up(self, now_s: float) -> None:
        """The key was released."""
        if self.talking:
            self._until_s = min(self._until_s, now_s + LAST_FRAMES_S)

    def tick(self, now_s: float) -> None:
        """Lets go in time."""
        if now_s >= self._until_s:
            self.talking = False


@dataclass(slots=True)
class ToggleKey:
    """One tap begins, the next ends. A key that repeats is one tap, also where its release is not told."""

    talking: bool = False
    _last_s: float = -inf

    def down(self, now_s: float, exact: bool) -> None:
        """The key was pressed or, unless `exact`, repeated."""
        if exact or now_s - self._last_s > SAME_PRESS_S:
            self.talking = not self.talking
        self._last_s = now_s

    def up(self, now_s: float) -> None:
        """A release means nothing here."""

    def tick(self, now_s: float) -> None:
        """Nor does time."""
