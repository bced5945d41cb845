"""The virtual microphone: sound in pieces of 20 ms, at the speed of sound, silence where nobody speaks.

A piece is handed over when it is complete, as a real microphone does. Its own position is the truth about when the
user spoke; a conversation that takes the sound in late does not move it. Times are seconds of the injected clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np

from app.scripted.sound import Clip
from audio.pcm import INPUT_RATE_HZ, Pcm

CHUNK_MS = 20
CHUNK_SAMPLES = INPUT_RATE_HZ * CHUNK_MS // 1000


@dataclass(frozen=True, slots=True)
class Voiced:
    """From the first to the last audible sample of something said."""

    start_s: float
    end_s: float


class Microphone:
    """Hands sound to `hear` while `run` runs. `voiced`: what was and will be said of all clips, in order."""

    def __init__(
        self,
        hear: Callable[[Pcm], Awaitable[None]],
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.voiced: list[Voiced] = []
        self.ends_s = self._started_s = clock()  # when the last clip is over
        self._hear, self._clock, self._sleep = hear, clock, sleep
        self.behind_s = 0.0  # by how much the hearing fell behind at most, since somebody last set it to 0
        self._given = 0  # samples
        self._clips: list[tuple[int, Pcm]] = []  # (the sample it begins at, its sound)

    async def run(self) -> None:
        """For ever."""
        while True:
            until_s = self._at_s(self._given + CHUNK_SAMPLES)
            await self._sleep(max(0.0, until_s - self._clock()))
            await self._hear(self._chunk())
            self.behind_s = max(self.behind_s, self._clock() - until_s)

    def speak(self, clip: Clip) -> Voiced:
        """Say this from now on, or behind what is being said; returns from when to when it is heard."""
        now = max(self._given, self._sample(self._clock()), self._sample(self.ends_s))
        begin = -(-now // CHUNK_SAMPLES) * CHUNK_SAMPLES
        self._clips.append((begin, clip.pcm))
        self.voiced += [Voiced(self._at_s(begin + first), self._at_s(begin + last)) for first, last in clip.voiced]
        self.ends_s = self._at_s(begin + len(clip.pcm))
        if not clip.voiced:
            return Voiced(self._at_s(begin), self.ends_s)
        return Voiced(self._at_s(begin + clip.voiced[0][0]), self._at_s(begin + clip.voiced[-1][1]))

    def _chunk(self) -> Pcm:
        chunk = np.zeros(CHUNK_SAMPLES, np.int16)
        for begin, pcm in self._clips:
            piece = pcm[max(0, self._given - begin) : max(0, self._given + CHUNK_SAMPLES - begin)]
            chunk[max(0, begin - self._given) :][: len(piece)] = piece
        self._given += CHUNK_SAMPLES
        self._clips = [(begin, pcm) for begin, pcm in self._clips if begin + len(pcm) > self._given]
        return chunk

    def _at_s(self, sample: int) -> float:
        return self._started_s + sample / INPUT_RATE_HZ

    def _sample(self, at_s: float) -> int:
        return round((at_s - self._started_s) * INPUT_RATE_HZ)
