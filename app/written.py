"""The rule of every simulated delay: a phrase can be spoken from the step that writes its last character (arXiv
2512.10931, section 4). Pure. A real voice waits a little longer, for the first word behind the phrase's end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audio.text.phrases import Phrase, PhraseSplitter


@dataclass(frozen=True, slots=True)
class Written:
    """One token of the answer."""

    step: int
    text: str


def phrases_of(answer: str) -> list[Phrase]:
    """A complete answer's phrases as the mouth would cut them."""
    splitter = PhraseSplitter()
    return [*splitter.push(answer, 0.0), *splitter.flush()]


def ready_in_step(tokens: Sequence[Written], start: int, text: str) -> int:
    """The step from which the phrase that begins with this character of the answer can be spoken; white space behind
    it need not be there.
    """
    return written_in_step(tokens, start + len(text.rstrip()))


def written_in_step(tokens: Sequence[Written], characters: int) -> int:
    """The step that wrote the last of so many characters of the answer; 0 without tokens."""
    length = 0
    for token in tokens:
        length += len(token.text)
        if length >= characters:
            return token.step
    return tokens[-1].step if tokens else 0
