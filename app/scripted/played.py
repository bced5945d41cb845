"""What the loudspeaker played of one epoch: when it could be heard, and when a place of the answer sounded. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.conversation.events import AudioDelta
from app.recorder import Span
from audio.pcm import OUTPUT_RATE_HZ, Pcm, audible


@dataclass(frozen=True, slots=True)
class SpokenPhrase:
    """A phrase of the answer: its place in the answer, its sound by samples of the epoch, and where its words begin
    in both.
    """

    text: str
    start: int
    first: int
    samples: int
    words: tuple[tuple[int, int], ...]

    @property
    def duration_s(self) -> float:
        return self.samples / OUTPUT_RATE_HZ


def phrases(answer: str, sounds: Sequence[AudioDelta]) -> list[SpokenPhrase]:
    """The phrases of an answer as they were made into sound."""
    found: list[SpokenPhrase] = []
    first = 0
    for sound in sounds:
        samples = len(sound.pcm) // 2
        if sound.text or not found:
            start = answer.find(sound.text, found[-1].start + len(found[-1].text) if found else 0)
            found.append(SpokenPhrase(sound.text, max(0, start), first, 0, ()))
        last = found[-1]
        words = tuple((last.start + offset, last.first + sample) for offset, sample in sound.words)
        found[-1] = SpokenPhrase(last.text, last.start, last.first, last.samples + samples, last.words + words)
        first += samples
    return found


def sample_of(character: int, spoken: Sequence[SpokenPhrase]) -> int | None:
    """The sample of the epoch at which the word that holds this character of the answer begins; None if it was not
    made into sound.
    """
    for phrase in spoken:
        if phrase.start <= character < phrase.start + len(phrase.text):
            begun = [sample for offset, sample in phrase.words if offset <= character]
            return begun[-1] if begun else phrase.first
    return None


def played_at(sample: int, spans: Sequence[Span]) -> float | None:
    """When this sample of an epoch was played; None if it was not."""
    for span in spans:
        if span.first <= sample < span.first + span.samples:
            return span.at_s + (sample - span.first) / OUTPUT_RATE_HZ
    return None


def audible_from(spans: Sequence[Span], pcm: bytes | bytearray) -> float | None:
    """When the first audible sample of these spans was played."""
    for span in spans:
        if (loud := audible(_samples(span, pcm))) is not None:
            return span.at_s + loud[0] / OUTPUT_RATE_HZ
    return None


def audible_until(spans: Sequence[Span], pcm: bytes | bytearray) -> float | None:
    """When the last audible sample of these spans had been played."""
    for span in reversed(spans):
        if (loud := audible(_samples(span, pcm))) is not None:
            return span.at_s + loud[1] / OUTPUT_RATE_HZ
    return None


def _samples(span: Span, pcm: bytes | bytearray) -> Pcm:
    return np.frombuffer(bytes(pcm[2 * span.start : 2 * (span.start + span.samples)]), "<i2")
