"""Where a reader stands in the tokens of a formula, and what it has said so far."""

from abc import ABC, abstractmethod

from audio.text.formulas.tokens import argument, closing, named


class Cursor(ABC):
    """The state of reading one list of tokens; groups are read by cursors of their own."""

    def __init__(self, tokens: list[str], within: str = "") -> None:
        self._tokens = tokens
        self._next = 0
        self.within = within
        """What the tokens are the inside of: "set", "call", "limit" or nothing."""
        self.words: list[str] = []
        self.operand = False
        """Whether something stands before that can be multiplied, raised or divided."""
        self.is_callable = False
        """Whether what stands before is a function whose argument may follow."""
        self.base = ""
        """The letter, number or unit that was said last."""

    @abstractmethod
    def read(self) -> str:
        """All tokens in words."""

    def words_of(self, tokens: list[str], within: str = "") -> str:
        """Other tokens in words, read by a reader of the same kind."""
        return type(self)(tokens, within).read()

    def say(self, words: str, operand: bool = True, callable_: bool = False) -> None:
        self.words.append(words)
        self.operand, self.is_callable = operand, callable_

    def peek(self, ahead: int = 0) -> str:
        """A token that is still to be read; "" behind the last."""
        index = self._next + ahead
        return self._tokens[index] if index < len(self._tokens) else ""

    def take(self, count: int = 1) -> str:
        """Goes on; returns the last token passed, "" if there was none."""
        self._next = min(self._next + count, len(self._tokens))
        return self._tokens[self._next - 1] if self._next else ""

    def argument(self) -> list[str]:
        """A command's argument, which is passed: what stands in braces, or one token."""
        inside, self._next = argument(self._tokens, self._next)
        return inside

    def inside(self, closers: frozenset[str]) -> list[str] | None:
        """What stands before the closing sign, which is passed; None if there is no closing sign."""
        end = closing(self._tokens, self._next, closers)
        if end is None:
            return None
        inside, self._next = self._tokens[self._next : end], end + 1
        return inside

    def inside_environment(self, name: str) -> list[str]:
        """What stands before \\end{name}, which is passed, or before the end of all."""
        places = range(len(self._tokens) - 1, self._next - 1, -1)
        end = next((place for place in places if named(self._tokens[place]) == ("end", name)), len(self._tokens))
        inside, self._next = self._tokens[self._next : end], min(end + 1, len(self._tokens))
        return inside
