"""What a thinker should think of a question that says nothing to work out before it is complete: pure, token by token.

As long as words are missing there is nothing to think; then come the paragraphs, one after another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.demo.live_input import Question
from app.demo.live_thoughts import Known, Paragraph, What, Written

if TYPE_CHECKING:
    from app.demo.traces import Tokenized


@dataclass(frozen=True, slots=True)
class WholeThoughts:
    """Decides the next token."""

    item: Tokenized
    question: Question

    def known(self, characters: int) -> Known:
        """What so many characters of the question tell: everything, or nothing yet."""
        complete = characters >= len(self.question.text)
        return Known(len(self.item.thoughts) if complete else 0, corrected=False)

    def next(self, written: Written, known: Known) -> tuple[int, Written] | None:
        """The next token and what stands in the thoughts with it; None if there is nothing (more) to think."""
        index = len(written.done)
        if index >= known.steps:
            return None
        tokens = tuple(self.item.thoughts[index])
        at, paragraph = len(written.tokens), Paragraph(What.STEP, index)
        if at + 1 == len(tokens):
            return tokens[at], Written((*written.done, paragraph))
        return tokens[at], Written(written.done, paragraph, tokens[: at + 1])

    def ready(self, paragraph: int, written: Written, characters: int) -> bool:
        """Do these thoughts hold what this paragraph of the answer rests on?"""
        return self.item.needs[paragraph] <= len(written.done)
