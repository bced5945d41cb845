"""From what a voice makes to what everybody above gets: 24 kHz, no long silence at the end, marks on whole words.

Works on the stream of one phrase, chunk by chunk; no sound waits for more than the chunk it belongs to, except silence,
which is held back until it is known not to be the end.
"""

from collections.abc import Sequence
from itertools import takewhile

import numpy as np

from audio.pcm import OUTPUT_RATE_HZ, Pcm, StreamResampler, audible, silence
from audio.tts.synthesizer import SpeechChunk, WordMark

KEPT_SILENCE_MS = 100
"""Silence left at the end of a phrase; espeak-ng adds 330 ms, which would sound hesitant between phrases."""


class TrailingSilence:
    """Passes sound through but shortens the silence at its very end."""

    def __init__(self, keep_samples: int) -> None:
        self._keep_samples = keep_samples
        self._held: list[Pcm] = []

    def push(self, pcm: Pcm) -> Pcm:
        loud = audible(pcm)
        if loud is None:
            self._held.append(pcm)
            return pcm[:0]
        _, end = loud
        passed = np.concatenate([*self._held, pcm[:end]])
        self._held = [pcm[end:]]
        return passed

    def finish(self) -> Pcm:
        """What is left of the silence."""
        held = np.concatenate(self._held) if self._held else silence(0, OUTPUT_RATE_HZ)
        return held[: self._keep_samples]


class WordSnap:
    """Gathers word events into whole words of the text, so that "47", spoken as two words, is one mark."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._marked_to = 0
        """Where the latest marked word ends."""

    def push(self, text_start: int, sample: int, estimated: bool = False) -> WordMark | None:
        """The mark of the word that holds this character; None if it has been marked already or there is no word."""
        if text_start < self._marked_to or text_start >= len(self._text) or self._text[text_start].isspace():
            return None
        start = end = text_start
        while start > self._marked_to and not self._text[start - 1].isspace():
            start -= 1
        while end < len(self._text) and not self._text[end].isspace():
            end += 1
        self._marked_to = end
        return WordMark(start, end - start, sample, estimated)


class Shaping:
    """Shapes the sound of one phrase. A mark is given out with the sound in which its word begins."""

    def __init__(self, text: str, voice_rate_hz: int) -> None:
        self._silence = TrailingSilence(len(silence(KEPT_SILENCE_MS, voice_rate_hz)))
        self._resampler = StreamResampler(voice_rate_hz, OUTPUT_RATE_HZ)
        self._snap = WordSnap(text)
        self._given_samples = 0
        self._waiting: list[WordMark] = []
        """Word events whose sound has not come yet, with the lengths of no words yet."""

    def push(self, pcm: Pcm, words: Sequence[tuple[int, int]], estimated: bool = False) -> SpeechChunk | None:
        """The next chunk; `words` are (character, sample at the voice's rate) pairs. None if no sound is due yet."""
        for text_start, voice_sample in words:
            self._waiting.append(WordMark(text_start, 0, round(voice_sample * self._resampler.ratio), estimated))
        return self._chunk(self._resampler.push(self._silence.push(pcm)))

    def rewind(self, text_start: int) -> None:
        """Forgets the words from here on that did not sound yet: they will be reported anew."""
        self._waiting = [mark for mark in self._waiting if mark.text_start < text_start]

    def finish(self) -> SpeechChunk | None:
        """The end of the phrase."""
        return self._chunk(self._resampler.push(self._silence.finish(), last=True), last=True)

    def _chunk(self, pcm: Pcm, last: bool = False) -> SpeechChunk | None:
        if not len(pcm):
            return None
        self._given_samples += len(pcm)
        due = sum(1 for _ in takewhile(lambda mark: last or mark.sample < self._given_samples, self._waiting))
        marks = [self._snap.push(mark.text_start, mark.sample, mark.estimated) for mark in self._waiting[:due]]
        del self._waiting[:due]
        return SpeechChunk(pcm, tuple(mark for mark in marks if mark is not None))
