"""The microphone's way: the device's samples to 16 kHz, without echo, weighed by what the ears are good for.

Runs on the event loop and is told what came. A little of the sound before the talk key went down is kept, since
people begin to speak with their thumb; not while the loudspeaker sounds.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from app.talk.ears import Ears
from app.talk.echo import EchoCanceller
from app.talk.line import HearingLine
from app.talk.meter import LevelMeter
from app.talk.reference import Reference
from audio.pcm import INPUT_RATE_HZ, Pcm, StreamResampler

KEPT_SAMPLES = INPUT_RATE_HZ * 200 // 1000


class GatedMicrophone:
    """Takes sound in at the devices' rates, hands it to the line. canceller: None where the echo stays."""

    def __init__(self, line: HearingLine, canceller: EchoCanceller | None) -> None:
        self.meter = LevelMeter()
        self._line = line
        self._canceller = canceller
        self._reference = Reference()
        self._before: deque[Pcm] = deque()
        self.set_rates(INPUT_RATE_HZ, INPUT_RATE_HZ)

    def set_rates(self, input_hz: int, output_hz: int) -> None:
        """The devices' rates from now on."""
        self._near = StreamResampler(input_hz, INPUT_RATE_HZ)
        self._far = StreamResampler(output_hz, INPUT_RATE_HZ)

    def take(self, near: Pcm, far: Pcm, ears: Ears, speaking: bool) -> None:
        """What the microphone brought and what the loudspeaker was given since the last time."""
        if len(far):
            self._reference.put(self._far.push(far))
        pcm = self._near.push(near) if len(near) else near
        if self._canceller is not None and len(pcm):
            pcm = self._canceller.clean(pcm, self._reference.take(len(pcm)))
        if not len(pcm):
            return
        self.meter.take(pcm)
        match ears:
            case Ears.OPEN:
                while self._before:
                    self._line.put(self._before.popleft())
                self._line.put(pcm)
            case Ears.DEAF:
                self._before.clear()
                self._line.put(np.zeros_like(pcm))
            case Ears.SHUT if speaking:
                self._before.clear()
            case Ears.SHUT:
                self._keep(pcm)

    def forget(self) -> None:
        """What was kept is not the beginning of anything."""
        self._before.clear()

    def _keep(self, pcm: Pcm) -> None:
        self._before.append(pcm)
        while sum(map(len, self._before)) - len(self._before[0]) >= KEPT_SAMPLES:
            self._before.popleft()
