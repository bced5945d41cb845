"""A ring of samples between two threads or processes: one writes, one reads, neither waits for the other.

Positions are counted from the first sample ever written, so that they name a sample for ever. The memory is allocated
once; an audio callback may use either side. Safe without a lock because each counter has one writer, and is moved only
after the samples were copied.
"""

import numpy as np

from app.talk.memory import Memory
from audio.pcm import Pcm

COUNTERS_BYTES = 128


class SoundRing:
    """int16 mono. `written`, `read`: positions of the two sides; read ≤ written ≤ read + capacity.

    memory: shared with another process; None where two threads are enough.
    """

    def __init__(self, capacity_samples: int, memory: Memory | None = None) -> None:
        self._samples = np.zeros(capacity_samples, np.int16) if memory is None else memory.pcm(capacity_samples)
        self._written = np.zeros(1, np.int64) if memory is None else memory.numbers(1)
        self._read = np.zeros(1, np.int64) if memory is None else memory.numbers(1)

    @property
    def written(self) -> int:
        """How much was ever written."""
        return int(self._written[0])

    @property
    def read(self) -> int:
        """How much of it was read or passed over."""
        return int(self._read[0])

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
        written = self.written
        count = min(len(pcm), self.room)
        start = written % len(self._samples)
        first = min(count, len(self._samples) - start)
        self._samples[start : start + first] = pcm[:first]
        self._samples[: count - first] = pcm[first:count]
        self._written[0] = written + count
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
        self._read[0] = self.read + count
        return count

    def take_all(self) -> Pcm:
        """All that waits, in an array of its own."""
        out = np.empty(self.waiting, np.int16)
        return out[: self.take(out)]

    def skip_to(self, position: int) -> None:
        """Moves on to `position` without a look at what lies before it; never back. For the reading side."""
        self._read[0] = min(max(self.read, position), self.written)
