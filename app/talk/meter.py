"""The level meter: how loud the microphone is, as a bar. Pure; time is counted in samples."""

import numpy as np

from audio.pcm import FULL_SCALE, INPUT_RATE_HZ, Pcm

FLOOR_DB = -60.0
FALL_DB_PER_S = 40.0  # what is seen of a peak: up at once, down slowly
CLIPPED_DB = -0.5


class LevelMeter:
    """Peak level in dB of full scale, from FLOOR_DB to 0."""

    def __init__(self, rate_hz: int = INPUT_RATE_HZ) -> None:
        self._rate_hz = rate_hz
        self.level_db = FLOOR_DB

    def take(self, pcm: Pcm) -> None:
        """More sound, of any length."""
        fallen = self.level_db - FALL_DB_PER_S * len(pcm) / self._rate_hz
        self.level_db = max(fallen, peak_db(pcm), FLOOR_DB)

    @property
    def clipped(self) -> bool:
        """Too loud: the sound is being distorted."""
        return self.level_db > CLIPPED_DB

    def bar(self, width: int) -> str:
        """`width` characters, filled from the left."""
        filled = round(width * (self.level_db - FLOOR_DB) / -FLOOR_DB)
        return "█" * filled + "·" * (width - filled)


def peak_db(pcm: Pcm) -> float:
    """The largest sample in dB of full scale; FLOOR_DB for silence."""
    peak = int(np.abs(pcm.astype(np.int32)).max(initial=0))
    return max(FLOOR_DB, 20 * float(np.log10(peak / FULL_SCALE))) if peak else FLOOR_DB
