"""Fakes of hearing and speaking: a listener that follows a script, a synthesizer that counts in words."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audio.events import (
    FinalTranscript,
    ListenEvent,
    PartialTranscript,
    SpeechConfirmed,
    SpeechEnded,
    SpeechStarted,
)
from audio.tts.synthesizer import SpeechChunk, WordMark

WORD_SAMPLES = 2400  # of every word, 0.1 s
PATIENCE_S = 20.0


def words_with_places(text: str) -> Iterator[tuple[int, str]]:
    """(offset, word) of every word."""
    at = 0
    for word in text.split():
        at = text.index(word, at)
        yield at, word
        at += len(word)


@dataclass(eq=False)
class FakeStream(Iterator[SpeechChunk]):
    """One chunk per word. It may stand still before a word until it is told to go on."""

    text: str
    waits: Callable[[str], None]
    cancelled: threading.Event = field(default_factory=threading.Event)
    next_word: int = 0

    def __next__(self) -> SpeechChunk:
        words = list(words_with_places(self.text))
        if self.next_word >= len(words) or self.cancelled.is_set():
            raise StopIteration
        start, word = words[self.next_word]
        self.waits(word)
        if self.cancelled.is_set():
            raise StopIteration
        mark = WordMark(start, len(word), self.next_word * WORD_SAMPLES)
        self.next_word += 1
        return SpeechChunk(np.full(WORD_SAMPLES, 1000, np.int16), (mark,))

    def cancel(self) -> None:
        self.cancelled.set()


class FakeSynthesizer:
    """`held`: words before which it stands still until `go_on`; `fails_at`: a word at which it raises."""

    name = "fake"
    sample_rate_hz = 24_000

    def __init__(self, held: Sequence[str] = (), fails_at: str | None = None) -> None:
        self.streams: list[FakeStream] = []
        self.reached = threading.Event()  # a held word
        self._held, self._fails_at = set(held), fails_at
        self._going = threading.Event()

    def stream(self, text: str) -> FakeStream:
        self.streams.append(FakeStream(text, self._before))
        return self.streams[-1]

    @property
    def spoken(self) -> list[str]:
        """The phrases so far."""
        return [stream.text for stream in self.streams]

    def go_on(self) -> None:
        self._going.set()

    def cancel(self) -> None:
        for stream in self.streams:
            stream.cancel()

    def close(self) -> None:
        self.cancel()

    def _before(self, word: str) -> None:
        if word == self._fails_at:
            raise OSError("the voice is gone")
        if word in self._held:
            self.reached.set()
            assert self._going.wait(PATIENCE_S), "nobody told the voice to go on"


def utterance(text: str, *partials: str, long: bool = True) -> list[list[ListenEvent]]:
    """What a listener tells while somebody says this: one batch of events per piece of sound.

    The words of every partial are sure but for the last one. long: it lasts, as more than a cough does.
    """
    began: list[ListenEvent] = [SpeechStarted(1_600)]
    lasts: list[ListenEvent] = [SpeechConfirmed(4_800)]
    guesses: list[list[ListenEvent]] = [
        [PartialTranscript(partial, 8_000, agreed=max(0, partial.rfind(" ")))] for partial in partials
    ]
    return [
        began,
        *([lasts] if long else []),
        *guesses,
        [SpeechEnded(16_000, 24_000), FinalTranscript(text, 16_000, 24_000, voiced_ms=900, level_db=30)],
    ]


@dataclass(eq=False)
class FakeListener:
    """Every piece of sound brings the next batch of the script, or an error."""

    script: deque[Sequence[ListenEvent] | Exception] = field(default_factory=deque)
    at_sample: int = 24_000
    resets: int = 0
    closed: bool = False

    def push(self, _: NDArray[np.int16]) -> list[ListenEvent]:
        assert not self.closed
        batch = self.script.popleft() if self.script else []
        if isinstance(batch, Exception):
            raise batch
        return list(batch)

    def finish(self) -> list[ListenEvent]:
        return [event for batch in list(self.script) for event in self.push(np.zeros(0, np.int16))]

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        self.closed = True
