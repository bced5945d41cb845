"""Text that remembers where it came from: rewriting rules change it, and every character still knows its source.

Needed because what is spoken differs from what is written ("$5" → "5 dollars"), while what was heard must be counted in
characters of what was written.
"""

import re
from collections.abc import Callable, Iterator, Sequence
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
        """Replaces every match by the pieces. Kept groups keep their sources; new text stands for what is between."""
        texts: list[str] = []
        sources: list[Span] = []
        position = 0
        for match in pattern.finditer(self.text):
            texts.append(self.text[position : match.start()])
            sources.extend(self.sources[position : match.start()])
            for text, spans in self._replacement(match, pieces):
                texts.append(text)
                sources.extend(spans)
            position = match.end()
        if not position and not texts:
            return self
        texts.append(self.text[position:])
        sources.extend(self.sources[position:])
        return Traced("".join(texts), tuple(sources))

    def source_of(self, start: int, length: int) -> Span:
        """The span of the source that text[start : start + length] stands for; `length` is at least 1."""
        spans = self.sources[start : start + length]
        return min(span[0] for span in spans), max(span[1] for span in spans)

    def _replacement(self, match: re.Match[str], pieces: Sequence[Piece]) -> Iterator[tuple[str, Sequence[Span]]]:
        done = match.start()
        for index, piece in enumerate(pieces):
            if isinstance(piece, int):
                start, end = match.span(piece)
                yield self.text[start:end], self.sources[start:end]
                done = max(done, end)
            else:
                kept_next = [match.start(later) for later in pieces[index:] if isinstance(later, int)]
                text = piece if isinstance(piece, str) else piece(match)
                yield text, (self._between(done, kept_next[0] if kept_next else match.end()),) * len(text)

    def _between(self, start: int, end: int) -> Span:
        """The source of text[start:end]; of the character next to it if that is empty."""
        if start < end:
            return self.source_of(start, end - start)
        return self.sources[start - 1 if start else 0] if self.sources else (0, 0)
