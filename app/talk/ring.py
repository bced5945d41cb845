"""A ring of samples between two threads: one writes, one reads, neither waits for the other.

Positions are counted from the first sample ever written, so that they name a sample for ever. The memory is allocated
once; an audio callback may use either side. Safe without a lock because each counter has one writer, and is moved only
after the samples were copied.
"""

import numpy as np

from audio.pcm import Pcm


class SoundRing:
    """int16 mono. `written`, `read`: positions of the two sides; read ≤ written ≤ read + capacity."""

    def __init__(self, capacity_samples: int) -> None:
        self._samples: Pcm = np.zeros(capacity_samples, np.int16)
        self.written = 0
        self.read = 0

    @property
    def waiting(self) -> int:
        """How many samples can be read."""
        return self.written - self.read

    @property
    def room(self) -> int:
        """How many samples can be written."""
        return len(self._samples) - self.waiting

    def write(self, pcm: Pcm) -> int:
        """Takes as many samples as there is room for; returns how many. For the writing side."""
        count = min(len(pcm), self.room)
        start = self.written % len(self._samples)
        first = min(count, len(self._samples) - start)
        self._samples[start : start + first] = pcm[:first]
        self._samples[: count - first] = pcm[first:count]
        self.written += count
        return count

    def peek(self, out: Pcm) -> int:
        """Copies the next samples into the beginning of `out`, and leaves them; returns how many. For the reader."""
        count = min(len(out), self.waiting)
        start = self.read % len(self._samples)
        first = min(count, len(self._samples) - start)
        out[:first] = self._samples[start : start + first]
        out[first:count] = self._samples[: count - first]
        return count

    def take(self, out: Pcm) -> int:
        """The same, and moves on."""
        count = self.peek(out)
        self.read += count
        return count

    def take_all(self) -> Pcm:
        """All that waits, in an array of its own."""
        out = np.empty(self.waiting, np.int16)
        self.take(out)
        return out

    def skip_to(self, position: int) -> None:
        """Moves on to `position` without a look at what lies before it; never back. For the reading side."""
        self.read = min(max(self.read, position), self.written)
