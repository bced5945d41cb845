"""Patience: one number from 0 to 1, and everything that follows from it. Pure.

The writer may go on when the model's calibrated probability that the thoughts are ahead of the answer is at least the
patience:

    patience   opens at   closes below   speech ahead at most
    0          always     never          without end
    0.05       0.05       0.005          100 s
    0.2        0.2        0.08           25 s
    0.5        0.5        0.5            10 s     the gate of the paper: yes opens, no closes
    0.8        0.8        0.5            6.25 s
    0.95       0.95       0.5            5.3 s
    1          never      0.5            5 s      the answer begins when the thoughts have ended

*Opens at* is the patience p itself. *Closes below* is min(2p², ½), for a gate that is asked while the writer writes:
never above p, so that an answer once begun is not broken off by the first doubt. *Speech ahead* is 5 s / p: how much
may be written and not yet heard before the writer is to pause (`Conversation.hold`); who measures it is somebody else.

Source: Asynchronous Reasoning (arXiv 2512.10931, section 3 and its variants: the gate, and a pause at more than 10 s of
buffered speech); that they are one number is ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PATIENCE = 0.5  # where nobody says otherwise
LEAST_AHEAD_S = 5.0  # of speech, for the most patient


@dataclass(frozen=True, slots=True)
class Bars:
    """Calibrated log-odds: a closed gate opens at `open_log_odds` or above, an open one closes below
    `close_log_odds`. -inf: always; +inf: never by an answer.
    """

    open_log_odds: float
    close_log_odds: float

    @property
    def always_open(self) -> bool:
        return self.open_log_odds == -math.inf

    @property
    def asks(self) -> bool:
        """Could an answer change anything?"""
        return math.isfinite(self.open_log_odds)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a model's raw log-odds mean: calibrated they are (raw − bias) · scale. `launch.py calibrate` finds it."""

    bias: float = 0.0
    scale: float = 1.0

    def __call__(self, log_odds: float) -> float:
        return (log_odds - self.bias) * self.scale


AS_IT_IS = Calibration()


def bars(patience: float) -> Bars:
    """The gate's thresholds. Raises ValueError for what is no patience."""
    checked(patience)
    return Bars(logit(patience), logit(min(2 * patience * patience, 0.5)))


def most_ahead_s(patience: float) -> float:
    """So much speech may be written and not yet heard, in seconds. Raises ValueError for what is no patience."""
    checked(patience)
    return LEAST_AHEAD_S / patience if patience > 0 else math.inf


def checked(patience: float) -> float:
    """The same number. Raises ValueError if it is no patience."""
    if not 0 <= patience <= 1:
        raise ValueError(f"patience must be from 0 to 1, found {patience}")
    return patience


def logit(probability: float) -> float:
    """log p / (1 − p); infinite at 0 and 1."""
    if probability in (0, 1):
        return math.inf if probability else -math.inf
    return math.log(probability) - math.log1p(-probability)


def sigmoid(log_odds: float) -> float:
    """The probability with these log-odds."""
    if log_odds < 0:
        return math.exp(max(log_odds, -745.0)) / (1 + math.exp(log_odds))
    return 1 / (1 + math.exp(-log_odds))
