"""The reference of echo cancellation: what the loudspeaker was given while the microphone heard this. Pure.

Both devices run in real time, so one sample of the reference belongs to each sample of the microphone; the canceller
finds the delay between the two by itself, as long as it stays the same. What was handed to the loudspeaker lies before
its echo by the latency of both devices, which is how it must be. Only a stall puts the two out of step; then they are
put together anew.
"""

import numpy as np

from app.talk.ring import SoundRing
from audio.pcm import INPUT_RATE_HZ, Pcm

MOST_AHEAD = INPUT_RATE_HZ * 150 // 1000
KEPT_AHEAD = INPUT_RATE_HZ * 40 // 1000
ROOM = 4 * INPUT_RATE_HZ


class Reference:
    """16 kHz mono. breaks: how often the two had to be put together anew."""

    def __init__(self) -> None:
        self._ring = SoundRing(ROOM)
        self.breaks = 0

    def put(self, pcm: Pcm) -> None:
        """What the loudspeaker was given, silence included."""
        self._ring.skip_to(self._ring.written - max(0, ROOM - len(pcm)))
        self._ring.write(pcm[-ROOM:])

    def take(self, samples: int) -> Pcm:
        """What belongs to the next so many samples of the microphone; silence in front where there is too little."""
        if self._ring.waiting > samples + MOST_AHEAD:
            self.breaks += 1
            self._ring.skip_to(self._ring.written - samples - KEPT_AHEAD)
        out = np.zeros(samples, np.int16)
        missing = max(0, samples - self._ring.waiting)
        self.breaks += bool(missing)
        self._ring.take(out[missing:])
        return out
