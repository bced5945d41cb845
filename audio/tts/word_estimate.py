"""Where words begin in the sound of a voice that does not tell: by the length of the text, no more than a guess.

Every word takes time in proportion to its letters, a mark behind it a little more. Pure.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from audio.tts.worker_protocol import SpokenWord

SHORT_PAUSE_LETTERS, LONG_PAUSE_LETTERS = 3.0, 7.0
"""A comma and a full stop take about as long as so many letters."""
GAP_LETTERS = 1.0


class TextWord(NamedTuple):
    """A word of a text: where it stands, and how long it takes, in letters."""

    start: int
    length: int
    letters: float


def words_of(text: str) -> list[TextWord]:
    """The words that can be spoken; what stands alone and has no letter or digit counts to the word before."""
    words: list[TextWord] = []
    at = 0
    for piece in text.split():
        at = text.index(piece, at)
        takes = GAP_LETTERS + sum(map(_letters, piece))
        if any(map(str.isalnum, piece)):
            words.append(TextWord(at, len(piece), takes))
        elif words:
            words[-1] = words[-1]._replace(letters=words[-1].letters + takes)
        at += len(piece)
    return words


def letters(text: str) -> float:
    """How long the text takes, in letters."""
    return sum(word.letters for word in words_of(text))


def spread(words: Sequence[TextWord], from_sample: int, to_sample: int) -> list[SpokenWord]:
    """The words one after the other over this stretch of sound."""
    takes = [word.letters for word in words]
    ends = accumulate(takes, initial=0.0)
    per_letter = (to_sample - from_sample) / sum(takes) if takes else 0.0
    return [
        SpokenWord(word.start, word.length, from_sample + round(before * per_letter))
        for word, before in zip(words, ends, strict=False)
    ]


def _letters(character: str) -> float:
    if character in ",;:":
        return SHORT_PAUSE_LETTERS
    return LONG_PAUSE_LETTERS if character in ".!?…" else 1.0
