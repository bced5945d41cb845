"""How loud a voice is, over the noise of the room it is in.

The floor is a running average of the frames without voice: it falls fast and rises slowly, so that neither a breath nor
the reverberation of a word passes for the room. Echo of a loudspeaker counts as noise of the room. Levels are in dB
below full scale. Knows nothing of turns.
"""

import numpy as np

from audio.pcm import FULL_SCALE, Pcm

QUIETEST_DB = -75.0
"""Digital silence, and everything quieter than a good microphone's own noise, counts as this."""
USUAL_FLOOR_DB = -55.0
"""The room before anything but voice was heard of it."""
FALL, RISE = 0.3, 0.05
"""How much of the difference the floor makes up in one frame, down and up."""


def level_db(frame: Pcm) -> float:
    """The level of a piece of sound."""
    power = float(np.mean(np.square(frame, dtype=np.float64))) / FULL_SCALE**2 if len(frame) else 0.0
    return max(QUIETEST_DB, 10 * float(np.log10(power))) if power > 0 else QUIETEST_DB


class SpeechLevel:
    """Of one stream: what its room sounds like, and how far the current utterance stands out."""

    def __init__(self) -> None:
        self._floor_db: float | None = None
        self.begin()

    @property
    def floor_db(self) -> float:
        return USUAL_FLOOR_DB if self._floor_db is None else self._floor_db

    def begin(self) -> None:
        """A new utterance begins."""
        self._voice_power = 0.0
        self._voice_frames = 0

    def hear(self, frame: Pcm, voiced: bool) -> float:
        """Takes the next frame; returns how far it stands over the floor, in dB."""
        level = level_db(frame)
        over_floor_db = level - self.floor_db
        if voiced:
            self._voice_power += 10 ** (level / 10)
            self._voice_frames += 1
        elif self._floor_db is None:
            self._floor_db = level
        else:
            self._floor_db += (RISE if over_floor_db > 0 else FALL) * over_floor_db
        return over_floor_db

    def utterance_db(self) -> float:
        """How far the voice of the utterance stands over the floor; 0 if there was none."""
        if not self._voice_frames:
            return 0.0
        return 10 * float(np.log10(self._voice_power / self._voice_frames)) - self.floor_db
