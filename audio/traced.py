"""Text that remembers where it came from: rewriting rules change it, and every character still knows its source.

Needed because what is spoken differs from what is written ("$5" → "5 dollars"), while what was heard must be counted in
characters of what was written.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

Span = tuple[int, int]
"""(start, end) in the source text."""

Piece = str | int | Callable[[re.Match[str]], str]
"""A part of a replacement: fixed text, the number of a group to keep, or what a function makes of the match."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A text and, for each of its characters, the span of the source it stands for."""

    text: str
    sources: tuple[Span, ...]

    @staticmethod
    def of(source: str) -> "Traced":
        return Traced(source, tuple((index, index + 1) for index in range(len(source))))

    def rewrite(self, pattern: re.Pattern[str], *pieces: Piece) -> "Traced":
        """Replaces every match by the pieces. Kept groups keep their sources; new text stands for the whole match."""
        texts: list[str] = []
        sources: list[Span] = []
        position = 0
        for match in pattern.finditer(self.text):
            texts.append(self.text[position : match.start()])
            sources.extend(self.sources[position : match.start()])
            for text, spans in (self._piece(piece, match) for piece in pieces):
                texts.append(text)
                sources.extend(spans)
            position = match.end()
        texts.append(self.text[position:])
        sources.extend(self.sources[position:])
        return Traced("".join(texts), tuple(sources))

    def source_of(self, start: int, length: int) -> Span:
        """The span of the source that text[start : start + length] stands for; `length` is at least 1."""
        spans = self.sources[start : start + length]
        return min(span[0] for span in spans), max(span[1] for span in spans)

    def _piece(self, piece: Piece, match: re.Match[str]) -> tuple[str, tuple[Span, ...]]:
        if isinstance(piece, int):
            start, end = match.span(piece)
            return (self.text[start:end], self.sources[start:end]) if start >= 0 else ("", ())
        text = piece if isinstance(piece, str) else piece(match)
        if match.start() == match.end():
            near = min(match.start(), len(self.sources) - 1)
            whole = self.sources[near] if near >= 0 else (0, 0)
        else:
            whole = self.source_of(match.start(), match.end() - match.start())
        return text, (whole,) * len(text)
