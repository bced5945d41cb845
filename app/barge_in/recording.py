"""A recording of a PulseAudio source, and when sounds in it were, by our clock."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from audio.pcm import OUTPUT_RATE_HZ, Pcm

if TYPE_CHECKING:
    from app.barge_in.pulse import Pulse

AUDIBLE = 100  # of int16; a null sink has no noise of its own


class Recording:
    """What a source brings, 24 kHz mono, for as long as the block lasts. start_s: when its first sample was, by our
    clock.

    Pieces come late or on time but never early, so the earliest tells when the recording began.
    """

    def __init__(self, pulse: Pulse, source: str) -> None:
        self._pieces: list[bytes] = []
        self._begins: list[float] = []
        words = [
            "parec",
            "-d",
            source,
            "--format=s16le",
            f"--rate={OUTPUT_RATE_HZ}",
            "--channels=1",
            "--latency-msec=10",
        ]
        self._process = subprocess.Popen(words, env=pulse.environment, stdout=subprocess.PIPE)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._thread.join(10)
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def pcm(self) -> Pcm:
        """All of it, shape [samples]."""
        data = b"".join(self._pieces)
        return np.frombuffer(data[: len(data) // 2 * 2], "<i2")

    @property
    def start_s(self) -> float:
        """When its first sample was."""
        return min(self._begins)

    def sample(self, at_s: float) -> int:
        """Which sample of it was at that time."""
        return round((at_s - self.start_s) * OUTPUT_RATE_HZ)

    def time_s(self, sample: int) -> float:
        """When that sample was."""
        return self.start_s + sample / OUTPUT_RATE_HZ

    def first_audible(self, from_s: float) -> int | None:
        """The first sample from then on that can be heard."""
        begin = max(0, self.sample(from_s))
        loud = audible_samples(self.pcm[begin:])
        return begin + int(loud[0]) if len(loud) else None

    def last_audible(self, until_s: float | None = None) -> int | None:
        """The last sample that can be heard, before then if a time is given."""
        pcm = self.pcm
        loud = audible_samples(pcm if until_s is None else pcm[: max(0, self.sample(until_s))])
        return int(loud[-1]) if len(loud) else None

    def _read(self) -> None:
        assert self._process.stdout is not None
        came = 0
        while piece := os.read(self._process.stdout.fileno(), 65_536):
            came += len(piece)
            self._pieces.append(piece)
            self._begins.append(time.monotonic() - came / 2 / OUTPUT_RATE_HZ)


def audible_samples(pcm: Pcm) -> np.ndarray:
    """Positions of all samples that can be heard."""
    return np.flatnonzero(np.abs(pcm.astype(int)) > AUDIBLE)
