"""One of several workers: its text, as a stream or as paragraphs, each a stream of its own.

Where paragraphs are shared, a finished one stands in the history of all workers, and its worker begins another. It
knows nothing of the other workers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.block import Block
from engine.events import StreamName
from engine.generation import Generation
from engine.stream import Stream


@dataclass(eq=False, slots=True)
class Worker:
    """lane: its number as text. prefix: how its text, or each of its paragraphs, begins.

    stream: what it writes now. finished: its earlier paragraphs, in order; those that were dropped have no blocks.
    fed: its pending tokens were planned for this step, and their logits were not taken yet. checked_at: so many tokens
    it had generated when it was last asked whether its work is redundant.
    """

    generation: Generation
    lane: str
    prefix: tuple[int, ...]
    stream: Stream = field(init=False)
    finished: list[Stream] = field(default_factory=list)
    fed: bool = False
    checked_at: int = 0

    def __post_init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.stream = self.generation.stream(StreamName.THOUGHTS, self.prefix, self.lane)

    @property
    def blocks(self) -> list[Block]:
        """Of what it writes now."""
        return self.stream.blocks

    @property
    def tokens(self) -> int:
        """How many tokens it has generated in this turn."""
        return len(self.stream.generated) + sum(len(paragraph.generated) for paragraph in self.finished)

    @property
    def characters(self) -> int:
        """Length of its text in this turn."""
        return len(self.stream.text) + sum(len(paragraph.text) for paragraph in self.finished)

    def finish_paragraph(self) -> Stream:
        """What it writes now is finished, but for its last token, which is pending; it begins another paragraph."""
        paragraph = self.stream
        self.finished.append(paragraph)
        self._begin()
        return paragraph

    def end(self) -> None:
        """It writes no more, unless it is woken. Tokens that were fed in this step stand in the block."""
        self.stream.shown |= self.fed
        self.stream.ended, self.fed = True, False

    def cut(self, step: int) -> tuple[bool, list[Stream]]:
        """Take back what was written from this step on. A paragraph finished since then is the current one again.

        Returns whether anything was taken back, and which paragraphs are not finished any more.
        """
        back = [paragraph for paragraph in self.finished if paragraph.born[-1] >= step]
        if back:
            for later in (*back[1:], self.stream):
                later.release()
            self.stream = back[0]
            del self.finished[-len(back) :]
            if not self.blocks:  # it was dropped
                self.stream.roll()
        taken = self.stream.cut(self.stream.born_before(step)) or bool(back)
        self.checked_at = min(self.checked_at, self.tokens)
        return taken, back
