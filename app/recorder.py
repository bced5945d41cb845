"""A loudspeaker that writes down what it plays, and reports its position as a real one would.

Unpaced, all sound counts as played the moment it arrives. Paced, it plays at the speed of sound: what a barge-in
flushes was never played, and a gap in which nothing was there to play is recorded as silence. `spans` then says what
was played when. Knows no files.
"""

import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.conversation.events import AudioDelta, AudioDone, ConversationEvent, Flush, Hush, Unhush
from audio.pcm import OUTPUT_RATE_HZ

BYTES_PER_SAMPLE = 2


class Report(Protocol):
    """Tells the conversation how many samples of an epoch have been played."""

    def __call__(self, epoch: int, samples: int, /, done: bool = False) -> None: ...


@dataclass(slots=True)
class Span:
    """Sound of one epoch that was played without a gap. at_s: by the recorder's clock; start: of its samples in `pcm`;
    first: how many samples of the epoch were played before.
    """

    epoch: int
    at_s: float
    start: int
    first: int
    samples: int = 0

    @property
    def duration_s(self) -> float:
        return self.samples / OUTPUT_RATE_HZ

    @property
    def end_s(self) -> float:
        return self.at_s + self.duration_s


class Recorder:
    """Takes sound events, plays them, keeps what was played in `pcm` (24 kHz mono s16le).

    `clock` (monotonic seconds) paces the playing, and `tick` must be called often; None means unpaced.
    """

    def __init__(self, report: Report, clock: Callable[[], float] | None = None) -> None:
        self.pcm = bytearray()
        self.spans: list[Span] = []  # when paced
        self._report = report
        self._clock = clock
        self._waiting: deque[AudioDelta | AudioDone] = deque()
        self._begun_bytes = 0  # how much of the first waiting sound has been played
        self._played_samples: dict[int, int] = {}  # by epoch
        self._held_epoch = -1  # sound up to this epoch is held
        self._gap_samples = 0  # silence since the last sound
        self._started_s: float | None = None
        self._position_samples = 0  # since the first sound arrived, gaps included

    def take(self, event: ConversationEvent) -> None:
        """Queues sound, holds it when told, drops what a flush makes stale, ignores all other events."""
        self.tick()
        match event:
            case AudioDelta() | AudioDone():
                self._waiting.append(event)
                self.tick()
            case Hush():
                self._held_epoch = event.epoch
            case Unhush():
                self._held_epoch = -1
            case Flush():
                self._drop(event.epoch)

    def tick(self) -> None:
        """Plays what is due by now."""
        due_samples = self._due_samples()
        while self._waiting and self._waiting[0].epoch > self._held_epoch:
            first = self._waiting[0]
            if isinstance(first, AudioDone):
                self._report(first.epoch, self._played_samples.get(first.epoch, 0), done=True)
            else:
                due_samples -= self._play(first, due_samples)
                if self._begun_bytes < len(first.pcm):
                    return
            self._waiting.popleft()
            self._begun_bytes = 0
        if self._clock is not None:
            self._gap_samples += due_samples

    def _due_samples(self) -> int:
        """Samples the loudspeaker has time for since the last call."""
        if self._clock is None:
            return sys.maxsize
        now_s = self._clock()
        if self._started_s is None:
            self._started_s = now_s if self._waiting else None
            return 0
        before = self._position_samples
        self._position_samples = int((now_s - self._started_s) * OUTPUT_RATE_HZ)
        return self._position_samples - before

    def _play(self, sound: AudioDelta, due_samples: int) -> int:
        """Plays up to so many samples of the first waiting sound; returns how many it was."""
        piece = sound.pcm[self._begun_bytes :][: due_samples * BYTES_PER_SAMPLE]
        samples = len(piece) // BYTES_PER_SAMPLE
        if not samples:
            return 0
        self.pcm += bytes(self._gap_samples * BYTES_PER_SAMPLE)
        self._note(sound.epoch, samples)
        self.pcm += piece
        self._gap_samples = 0
        self._begun_bytes += len(piece)
        self._played_samples[sound.epoch] = self._played_samples.get(sound.epoch, 0) + samples
        self._report(sound.epoch, self._played_samples[sound.epoch])
        return samples

    def _note(self, epoch: int, samples: int) -> None:
        """So many samples of this epoch are played now, at the end of `pcm`."""
        if self._started_s is None:
            return
        start = len(self.pcm) // BYTES_PER_SAMPLE
        last = self.spans[-1] if self.spans else None
        if last is None or last.epoch != epoch or last.start + last.samples < start:
            at_s = self._started_s + start / OUTPUT_RATE_HZ
            self.spans.append(last := Span(epoch, at_s, start, self._played_samples.get(epoch, 0)))
        last.samples += samples

    def _drop(self, epoch: int) -> None:
        if self._waiting and self._waiting[0].epoch <= epoch:
            self._begun_bytes = 0
        self._waiting = deque(sound for sound in self._waiting if sound.epoch > epoch)
