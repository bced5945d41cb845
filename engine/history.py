"""The history: finished turns as the plain transcript that later turns see. Pure; it holds tokens, no blocks.

It keeps the newest turns, so many of them and so many tokens at most. Of a turn that is too long by itself the end of
the answer is left out, as if the user had interrupted it. Of an interrupted answer only what was heard is kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

Tokens = tuple[int, ...]


class History:
    """role stands between the user's words and the answer, close after it; most_turns 0: nothing is remembered."""

    def __init__(self, role: Tokens, close: Tokens, most_turns: int, most_tokens: int) -> None:
        self._role, self._close, self._most_tokens = role, close, most_tokens
        self._turns: deque[Tokens] = deque(maxlen=most_turns)
        self._latest: tuple[Tokens, Tokens] | None = None  # words and answer of the newest turn, while it is kept

    @property
    def tokens(self) -> Tokens:
        """The transcript."""
        return tuple(token for turn in self._turns for token in turn)

    @property
    def turns(self) -> int:
        """How many are kept."""
        return len(self._turns)

    def add(self, said: Sequence[int], answer: Sequence[int]) -> None:
        """A turn is over."""
        self._latest = (tuple(said), tuple(answer))
        self._turns.append(self._turn())
        self.make_room(self._most_tokens)

    def shorten(self, answer: Sequence[int]) -> None:
        """Of the newest turn's answer only this was heard; without effect if that turn is not kept any more."""
        if self._latest is None or not self._turns:
            return
        self._latest = (self._latest[0], tuple(answer))
        self._turns[-1] = self._turn()
        self.make_room(self._most_tokens)

    def forget_newest(self) -> None:
        """The newest turn never was; without effect if it is not kept any more."""
        if self._latest is not None and self._turns:
            self._turns.pop()
        self._latest = None

    def make_room(self, tokens: int) -> None:
        """Forget the oldest turns until so many tokens, or fewer, are left."""
        while len(self._turns) > 1 and len(self.tokens) > tokens:
            self._turns.popleft()
        if self._turns and (excess := len(self.tokens) - tokens) > 0:
            self._cut(excess)

    def _cut(self, excess: int) -> None:
        """The only turn left is too long by so many tokens."""
        if self._latest is None:
            self._turns.clear()
            return
        said, answer = self._latest
        if excess > len(answer):
            self._turns.clear()
            return
        self._latest = (said, answer[: len(answer) - excess])
        self._turns[-1] = self._turn()

    def _turn(self) -> Tokens:
        assert self._latest is not None
        said, answer = self._latest
        return (*said, *self._role, *answer, *self._close)
