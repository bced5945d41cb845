"""The part of an utterance that a pass hears: bounded, so that no pass costs more after minutes of speech.

It is cut where the transcript is committed: at the end of a sentence if that helps, else between two words; of these
the last few are kept, since a cut through running speech is never clean.
"""

import numpy as np

from audio.asr.local_agreement import Transcript, Word, commit_before, joined
from audio.pcm import INPUT_RATE_HZ, Pcm

CUT_FROM_S = 12.0
"""A longer window is cut when it can be."""
LONGEST_S = 25.0
"""A longer one is cut in any case. Whisper hears 30 s at once."""
KEPT_WORDS = 2
PROMPT_CHARACTERS = 200
SENTENCE_ENDS = tuple(".?!。？！")


class SoundWindow:
    """The sound from sample `start` of the utterance on."""

    def __init__(self) -> None:
        self.start = 0
        self.end = 0
        self._chunks: list[Pcm] = []

    def append(self, pcm: Pcm) -> None:
        self._chunks.append(pcm)
        self.end += len(pcm)

    def sound(self) -> Pcm:
        self._chunks = [np.concatenate(self._chunks)] if self._chunks else [np.zeros(0, np.int16)]
        return self._chunks[0]

    def cut_to(self, start: int) -> None:
        """Forgets what is before this sample."""
        assert self.start <= start <= self.end, f"a window of {self.start} to {self.end} cannot begin at {start}"
        self._chunks = [self.sound()[start - self.start :]]
        self.start = start

    def prompt(self, transcript: Transcript) -> str:
        """The end of what was said before the window: it tells a pass what the words are about."""
        before = joined(word for word in transcript.committed if word.end <= self.start)
        if len(before) <= PROMPT_CHARACTERS:
            return before
        return before[-PROMPT_CHARACTERS:].partition(" ")[2]


def shortened(window: SoundWindow, transcript: Transcript) -> Transcript:
    """Cuts the window if it is long. In the transcript returned, words without agreement may be committed for that."""
    longest, cut_from = round(LONGEST_S * INPUT_RATE_HZ), round(CUT_FROM_S * INPUT_RATE_HZ)
    if window.end - window.start <= cut_from:
        return transcript
    cut = cut_point([word for word in transcript.committed if word.end > window.start], window.end - cut_from)
    if cut is not None:
        window.cut_to(min(max(cut, window.start), window.end))
    if window.end - window.start > longest:
        transcript = commit_before(transcript, window.end - cut_from)
        window.cut_to(window.end - cut_from)
    return transcript


def cut_point(committed: list[Word], wanted: int) -> int | None:
    """Where a window with these committed words can begin: behind a sentence from sample `wanted` on, else as late as
    `KEPT_WORDS` of them remain; None if they are too few.
    """
    sentences = [
        word.end for word in committed[:-1] if word.text.rstrip("\"'”’)").endswith(SENTENCE_ENDS) and word.end >= wanted
    ]
    if sentences:
        return sentences[-1]
    return committed[-KEPT_WORDS - 1].end if len(committed) > KEPT_WORDS else None
