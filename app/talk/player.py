"""The player: sound events of a conversation in, positions out. It knows epochs; the device's side knows only samples.

Sound of a stale epoch is dropped on arrival, a flush silences within one buffer, a hush stands still and goes on from
there. Positions are reported in samples at 24 kHz of an epoch, about every `REPORT_S`; also while nothing moves, so
that the conversation knows that somebody listens. Runs on the event loop, is told the time, works without any device.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from app.conversation.events import AudioDelta, AudioDone, ConversationEvent, Flush, Hush, Unhush
from app.recorder import Report
from app.talk.clock import PlaybackClock
from app.talk.playback import RingPlayback
from audio.pcm import OUTPUT_RATE_HZ, Pcm, StreamResampler, resample

REPORT_S = 0.05
HUSH = "hush"
NOTHING: Pcm = np.zeros(0, np.int16)


@dataclass(slots=True)
class EpochSound:
    """What came of one epoch: its place in the ring, samples there, and samples as they came (24 kHz). before: of
    those, the ones heard on an earlier device, which are not in this ring.
    """

    epoch: int
    first: int
    resampler: StreamResampler
    samples: int = 0
    came: int = 0
    complete: bool = False
    before: int = 0

    def position(self, ring_position: int) -> int:
        """In samples at 24 kHz, for a position of the ring."""
        here = min(max(0, ring_position - self.first), self.samples)
        if here and here == self.samples:
            return self.came
        return min(self.came, self.before + round(here / self.resampler.ratio))


@dataclass(slots=True)
class Dropping:
    """An order to drop that the device has not obeyed yet. until: of the ring."""

    until: int
    sounds: list[EpochSound] = field(default_factory=list)


class Player:
    """One conversation's loudspeaker. `playback` is what the device's callback calls."""

    def __init__(self, report: Report, rate_hz: int = OUTPUT_RATE_HZ) -> None:
        self.playback = RingPlayback(rate_hz)
        self.rate_hz = rate_hz
        self._report = report
        self._clock = PlaybackClock(rate_hz)
        self._sounds: deque[EpochSound] = deque()
        self._backlog: deque[Pcm] = deque()  # what the ring has no room for yet
        self._dropping: Dropping | None = None
        self._stale_epoch = -1
        self._held_epoch = -1
        self._pauses: set[str] = set()
        self._reported_s = 0.0

    @property
    def speaking(self) -> bool:
        """Whether there is sound that was not heard to its end; also in the gap between two phrases."""
        return bool(self._sounds) or self._dropping is not None

    def take(self, event: ConversationEvent) -> None:
        """Obeys what concerns the loudspeaker."""
        match event:
            case AudioDelta(epoch=epoch, pcm=pcm):
                self._add(epoch, np.frombuffer(pcm, "<i2").astype(np.int16, copy=False))
            case AudioDone(epoch=epoch):
                self._complete(epoch)
            case Hush(epoch=epoch):
                if epoch > self._stale_epoch:
                    self._held_epoch = epoch
                    self.pause(HUSH)
            case Unhush():
                self.resume(HUSH)
            case Flush(epoch=epoch):
                self._flush(epoch)
                self.resume(HUSH)

    def pause(self, why: str) -> None:
        """Stand still where it is until `resume` was called with the same reason."""
        self._pauses.add(why)
        self.playback.pause(True)

    def resume(self, why: str) -> None:
        """Go on, unless there is another reason to stand still. Harmless when there was no pause."""
        self._pauses.discard(why)
        self.playback.pause(bool(self._pauses))

    def tick(self, now_s: float) -> None:
        """Must be called often: feeds the ring and reports positions."""
        self._pump()
        for span in self.playback.spans.take():
            self._clock.note(span)
        if self._dropping is not None and self.playback.dropped_until >= self._dropping.until:
            self._tell_dropped(self._dropping)
        heard = self._clock.heard(now_s)
        while self._sounds and self._is_heard_out(self._sounds[0], heard):
            sound = self._sounds.popleft()
            self._report(sound.epoch, sound.came, done=True)
        if self._sounds and now_s - self._reported_s >= REPORT_S:
            self._reported_s = now_s
            sound = self._sounds[0]
            self._report(sound.epoch, sound.position(heard))

    def settle(self) -> None:
        """There is no device: obey the orders that wait for it."""
        self.playback.fill(NOTHING, 0.0)

    def moved_to(self, rate_hz: int) -> Player:
        """A player for a device of another rate with all that was not handed to this one's yet: it stands where this
        one stands, and as still. This one is not to be used any more.
        """
        self.settle()
        if self._dropping is not None:
            self._tell_dropped(self._dropping)
        at, ring = self.playback.ring.read, self.playback.ring.take_all()
        rest = np.concatenate([ring, *self._backlog])
        there = Player(self._report, rate_hz)
        there._stale_epoch, there._held_epoch = self._stale_epoch, self._held_epoch
        for why in self._pauses:
            there.pause(why)
        for sound in self._sounds:
            begin, end = (max(0, place - at) for place in (sound.first, sound.first + sound.samples))
            tail = NOTHING if sound.complete else sound.resampler.push(NOTHING, last=True)
            there._go_on(sound, sound.position(at), np.concatenate([rest[begin:end], tail]), self.rate_hz)
        return there

    # -- sound

    def _add(self, epoch: int, pcm: Pcm) -> None:
        if epoch <= self._stale_epoch or (self._sounds and epoch < self._sounds[-1].epoch):
            return
        if not self._sounds or self._sounds[-1].epoch != epoch:
            if epoch > self._held_epoch:
                self.resume(HUSH)  # that was another epoch's
            resampler = StreamResampler(OUTPUT_RATE_HZ, self.rate_hz)
            self._sounds.append(EpochSound(epoch, self._end_of_all(), resampler))
        sound = self._sounds[-1]
        sound.came += len(pcm)
        self._queue(sound, sound.resampler.push(pcm))

    def _go_on(self, sound: EpochSound, before: int, pcm: Pcm, rate_hz: int) -> None:
        """With an epoch's sound of which so many samples (24 kHz) were heard on another device; pcm is the rest, at
        that one's rate.
        """
        resampler = StreamResampler(OUTPUT_RATE_HZ, self.rate_hz)
        here = EpochSound(sound.epoch, self._end_of_all(), resampler, 0, sound.came, sound.complete, before)
        self._sounds.append(here)
        if len(pcm):
            self._queue(here, resample(pcm, rate_hz, self.rate_hz))

    def _complete(self, epoch: int) -> None:
        for sound in self._sounds:
            if sound.epoch == epoch and not sound.complete:
                sound.complete = True
                self._queue(sound, sound.resampler.push(NOTHING, last=True))

    def _queue(self, sound: EpochSound, pcm: Pcm) -> None:
        sound.samples += len(pcm)
        self._backlog.append(pcm)
        self._pump()

    def _pump(self) -> None:
        while self._backlog:
            first = self._backlog[0]
            taken = self.playback.ring.write(first)
            if taken < len(first):
                self._backlog[0] = first[taken:]
                return
            self._backlog.popleft()

    def _end_of_all(self) -> int:
        return self.playback.ring.written + sum(len(pcm) for pcm in self._backlog)

    def _is_heard_out(self, sound: EpochSound, heard: int) -> bool:
        return sound.complete and heard >= sound.first + sound.samples

    # -- silence

    def _flush(self, epoch: int) -> None:
        self._stale_epoch = max(self._stale_epoch, epoch)
        if not self._sounds or self._sounds[-1].epoch > epoch:
            return
        self._backlog.clear()
        earlier = [] if self._dropping is None else self._dropping.sounds
        self._dropping = Dropping(self.playback.ring.written, [*earlier, *self._sounds])
        self._sounds.clear()
        self.playback.drop(self._dropping.until)

    def _tell_dropped(self, dropping: Dropping) -> None:
        """What the device has, it will play: it counts as heard."""
        for sound in dropping.sounds:
            self._report(sound.epoch, sound.position(self.playback.cut_at), done=True)
        self._dropping = None
