"""The gate: may the writer go on? Pure: when to ask, and what an answer means. It knows no tokens and runs nothing.

Source: Asynchronous Reasoning (arXiv 2512.10931, section 3): the model itself is asked, every so many steps and at the
end of each thought, whether its thoughts are ahead of the response. We keep the log-odds of the answer, not only its
sign, and compare them with the user's patience (patience.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.patience import AS_IT_IS, PATIENCE, Calibration, bars, sigmoid


@dataclass(frozen=True, slots=True)
class GateSettings:
    """every_steps: ask at least so often while closed. patience: how sure the yes must be, from 0 (always open) to 1
    (never opened by an answer). calibration: what this model's log-odds mean.

    ask_while_writing: also ask while the writer writes, and let a no pause it in mid-paragraph, as in the paper.
    """

    every_steps: int
    ask_while_writing: bool = False
    patience: float = PATIENCE
    calibration: Calibration = AS_IT_IS


class Gate:
    """One turn's gate. It is closed at first, unless nobody has any patience."""

    def __init__(self, settings: GateSettings) -> None:
        self._settings, self._bars = settings, bars(settings.patience)
        self._steps_since_asked = 0
        self._prompted = False
        self.open = self._bars.always_open

    def prompt(self) -> None:
        """Something happened that may change the answer: a thought or a paragraph of the answer is complete."""
        self._prompted = True

    def close(self) -> None:
        """The writer has finished a paragraph; ask before the next."""
        self.open = self._bars.always_open
        self._prompted = True

    @property
    def asks(self) -> bool:
        """Could an answer change anything?"""
        return self._bars.asks

    def due(self) -> bool:
        """Shall the question ride in this step? Counts the step."""
        self._steps_since_asked += 1
        if not self.asks or (self.open and not self._settings.ask_while_writing):
            return False
        return self._prompted or self._steps_since_asked >= self._settings.every_steps

    def answer(self, log_odds: float) -> bool:
        """Take the answer of a question that was due; returns whether the gate is open now."""
        self._steps_since_asked, self._prompted = 0, False
        bar = self._bars.close_log_odds if self.open else self._bars.open_log_odds
        self.open = self._settings.calibration(log_odds) >= bar
        return self.open

    def probability(self, log_odds: float) -> float:
        """That the thoughts are ahead, calibrated."""
        return sigmoid(self._settings.calibration(log_odds))
