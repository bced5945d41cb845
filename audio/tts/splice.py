"""How the sound of a phrase goes on when its voice's process was replaced in the middle.

What was handed over stays as it is. A voice that says the same text the same way (espeak-ng, but for some samples)
says the whole phrase again, and what was handed over is left out: it goes on within the word. A voice that says it
differently every time speaks again from a word's beginning. No word is lost either way. Pure; everything counts at the
voice's own rate, over the whole phrase; offsets are those of the whole phrase's text.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from audio.pcm import Pcm
from audio.tts.worker_protocol import SpokenWord

ESTIMATE_SLACK_WORDS = 1
"""Where words stand is estimated: so many words more are said again, so that none is lost."""

Spliced = tuple[Pcm, list[SpokenWord]]
"""Sound to be handed over, and the words that begin in it."""


@dataclass(slots=True)
class Progress:
    """How much of a phrase's sound was handed over, and all words reported with it."""

    samples: int = 0
    words: list[SpokenWord] = field(default_factory=list)

    def take(self, pcm: Pcm, words: Sequence[SpokenWord]) -> Spliced:
        """The sound that comes next."""
        self.samples += len(pcm)
        self.words += words
        return pcm, list(words)

    @property
    def sounding(self) -> int | None:
        """Which word was being said when the sound broke off; None before the first."""
        begun = [index for index, word in enumerate(self.words) if word.sample < self.samples]
        return begun[-1] if begun else None


class Splice(Protocol):
    """Fits the sound of one life of the process behind that of the lives before."""

    text_start: int
    """From here on the text is to be spoken."""

    def push(self, pcm: Pcm, words: Sequence[SpokenWord]) -> Spliced:
        """What of the new sound is to be handed over, words with their places in the whole phrase."""


class FromWord:
    """The text is spoken again from the word that was being said, or one before; a first life speaks all of it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        sounding = progress.sounding
        first = max(0, sounding - ESTIMATE_SLACK_WORDS) if sounding is not None else 0
        self.text_start = progress.words[first].text_start if first else 0
        self._first: int | None = first  # words from here on are forgotten when the new ones come
        self._shift_samples = progress.samples

    def push(self, pcm: Pcm, words: Sequence[SpokenWord]) -> Spliced:
        if words and self._first is not None:
            del self._progress.words[self._first :]
            self._first = None
        placed = [
            SpokenWord(word.text_start + self.text_start, word.text_length, word.sample + self._shift_samples)
            for word in words
        ]
        return self._progress.take(pcm, placed)


class WithinWord:
    """The whole text is spoken again, and goes on where it broke off: within the word, as far into it as it was.

    `says_again()`: shall the word be said from its beginning after all? Asked when the new sound arrives.
    """

    text_start = 0

    def __init__(self, progress: Progress, says_again: Callable[[], bool]) -> None:
        self._progress, self._says_again = progress, says_again
        self._word = progress.sounding
        self._word_sample = progress.words[self._word].sample if self._word is not None else 0
        if self._word is None:
            progress.words.clear()
        self._seen_words = 0
        self._held: list[Pcm] = []
        """New sound that came before it was known where to go on."""
        self._left_out_samples: int | None = progress.samples if self._word is None else None
        """How much of the new sound is still to be left out."""
        self._shift_samples = 0

    def push(self, pcm: Pcm, words: Sequence[SpokenWord]) -> Spliced:
        fresh = self._not_said(words)
        if self._left_out_samples is None:
            self._held.append(pcm)
            if not fresh:
                return pcm[:0], []
            self._find_place(fresh[0])
            pcm, self._held = np.concatenate(self._held), []
        assert self._left_out_samples is not None
        rest = pcm[self._left_out_samples :]
        self._left_out_samples -= len(pcm) - len(rest)
        return self._progress.take(rest, [word._replace(sample=word.sample + self._shift_samples) for word in fresh])

    def _not_said(self, words: Sequence[SpokenWord]) -> list[SpokenWord]:
        """These words, less those that were said before the one at which the sound broke off."""
        said = max(0, (self._word or 0) - self._seen_words)
        self._seen_words += len(words)
        return list(words[said:])

    def _find_place(self, word: SpokenWord) -> None:
        """`word` is, in the new sound, the one at which the old sound broke off."""
        into_samples = 0 if self._says_again() else self._progress.samples - self._word_sample
        del self._progress.words[self._word or 0 :]  # not sooner: the new life may end before this one
        self._left_out_samples = word.sample + into_samples
        self._shift_samples = self._progress.samples - self._left_out_samples
