"""The mean of what a voice and its microphone sound like, for pocketsphinx.

Speech is recognised after its mean spectrum (as cepstrum) has been taken off. pocketsphinx knows the mean only after
an utterance, from a running average that changes slowly; the first utterances of a session suffer. Here the mean of
the utterance itself is worked out of that average, so that the utterance can be listened to again with it.
Source of the running average: pocketsphinx's cmn_live.c.
"""

import numpy as np
from numpy.typing import NDArray

Cepstrum = NDArray[np.float64]
"""Mean cepstrum, shape [13]."""

WINDOW_FRAMES = 500
"""How many frames the running average counts the mean it was given for."""
UPDATE_FRAMES = 301
"""New frames after which it moves on by itself; then it counts for WINDOW_FRAMES again."""
PRIOR_FRAMES = 100
"""How many frames of an utterance weigh as much as what was known before it."""

TYPICAL = np.array([43.9, 1.1, 0.9, 4.2, -0.6, -0.5, -0.3, -2.8, -1.4, -1.1, 0.9, 0.3, 0.4])
"""The mean over several voices at a usual level: where a session begins."""


def improved(before: Cepstrum, average: Cepstrum, frames: int) -> Cepstrum:
    """The best guess of the mean, when the running average went from `before` to `average` in so many frames."""
    if frames == 0:
        return before
    share = share_of_before(frames)
    own = (average - share * before) / (1 - share)
    return (PRIOR_FRAMES * before + frames * own) / (PRIOR_FRAMES + frames)


def share_of_before(frames: int) -> float:
    """How much of the running average still is the mean it began with, after so many frames."""
    share = 1.0
    while frames > 0:
        new = min(frames, UPDATE_FRAMES)
        share *= WINDOW_FRAMES / (WINDOW_FRAMES + new)
        frames -= new
    return share


def parse(text: str) -> Cepstrum:
    """From pocketsphinx's own notation."""
    return np.array([float(value) for value in text.split(",")])


def written(mean: Cepstrum) -> str:
    """In pocketsphinx's own notation."""
    return ",".join(f"{value:.3f}" for value in mean)
