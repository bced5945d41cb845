"""RingPlayback: what the loudspeaker's callback does with the ring of sound, and the note it leaves of it.

`fill` runs on the audio thread and only copies. The other thread gives two orders, each a single assignment: drop all
sound before a position, and pause. Both are obeyed within one buffer, behind a fade of 5 ms, so that neither clicks. It
knows positions in the ring; epochs, rates and conversations are the player's matter. The two sides may be two
processes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.talk.memory import Memory
from app.talk.ring import COUNTERS_BYTES, SoundRing
from app.talk.spans import BYTES as SPANS_BYTES
from app.talk.spans import HandedSpan, Spans
from audio.pcm import Pcm

FADE_MS = 5
RING_S = 20
ORDERS_BYTES = 256


class RingPlayback:
    """One stream of sound for one device, in memory that the device's process may share. spans: what was handed to it.

    dropped_until: all orders to drop up to this position were obeyed; cut_at: where the sound ended that was handed
    over before the last of them, the fade included.
    """

    def __init__(self, rate_hz: int, path: Path | None = None) -> None:
        """path: of the memory another process made for the same rate."""
        samples = RING_S * rate_hz
        self.memory = Memory(2 * samples + COUNTERS_BYTES + SPANS_BYTES + ORDERS_BYTES, path)
        self.ring = SoundRing(samples, self.memory)
        self.spans = Spans(self.memory)
        self._orders = self.memory.numbers(2)  # drop until here; pause
        self._done = self.memory.numbers(2)  # dropped until here; cut there
        self._sounding = self._was_paused = False
        self._fade_samples = max(1, FADE_MS * rate_hz // 1000)
        self._falling = np.linspace(1.0, 0.0, self._fade_samples, dtype=np.float32)
        self._rising = self._falling[::-1]

    @property
    def dropped_until(self) -> int:
        """How far the orders to drop were obeyed."""
        return int(self._done[0])

    @property
    def cut_at(self) -> int:
        """Where the sound ended that was dropped last."""
        return int(self._done[1])

    # -- orders, from any one thread

    def drop(self, until: int) -> None:
        """Nothing before this position is to be heard any more."""
        self._orders[0] = max(int(self._orders[0]), until)

    def pause(self, paused: bool) -> None:
        """Stand still where it is, or go on from there."""
        self._orders[1] = paused

    # -- the audio thread

    def fill(self, out: Pcm, at_s: float) -> None:
        """The next samples for the device, shape [frames]; the first of them will be heard at `at_s`."""
        out[:] = 0
        until = int(self._orders[0])
        if until > self.dropped_until:
            self._obey_drop(until, out, at_s)
        elif self._orders[1]:
            self._was_paused = True
            if self._sounding:
                self._fade_out(out)
        else:
            self._play(out, at_s)

    def _play(self, out: Pcm, at_s: float) -> None:
        first, count = self.ring.read, self.ring.take(out)
        if not count:
            self._sounding = False
            return
        if self._was_paused:
            self._ramp(out[:count], self._rising)
        self._sounding, self._was_paused = True, False
        self.spans.put(HandedSpan(at_s, first, count))

    def _obey_drop(self, until: int, out: Pcm, at_s: float) -> None:
        """The rest of this buffer stays silent; what was written later begins with the next."""
        first = self.ring.read
        faded = self._fade_out(out[: max(0, until - first)]) if self._sounding else 0
        if faded:
            self.spans.put(HandedSpan(at_s, first, faded))
        self._done[1] = min(first + faded, until)
        self.ring.skip_to(until)
        self._was_paused = False
        self._done[0] = until

    def _fade_out(self, out: Pcm) -> int:
        """A falling end of the sound at hand, which is not used up by it; returns its samples."""
        end = out[: self._fade_samples]
        count = self.ring.peek(end)
        self._ramp(end[:count], self._falling)
        self._sounding = False
        return count

    def _ramp(self, out: Pcm, shape: np.ndarray) -> None:
        count = min(len(out), self._fade_samples)
        out[:count] = out[:count] * np.interp(np.arange(count), np.linspace(0, count, len(shape)), shape)
