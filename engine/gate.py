"""The gate: may the writer go on? Pure: when to ask, and what an answer means. It knows no tokens and runs nothing.

Source: Asynchronous Reasoning (arXiv 2512.10931, section 3): the model itself is asked, every so many steps and at the
end of each thought, whether its thoughts are ahead of the response. We keep the log-odds of the answer, not only its
sign.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GateSettings:
    """threshold_log_odds: how sure the yes must be (0: likelier than not). every_steps: ask at least so often while
    closed.

    ask_while_writing: also ask while the writer writes, and let a no pause it in mid-paragraph, as in the paper.
    """

    every_steps: int
    ask_while_writing: bool = False
    threshold_log_odds: float = 0.0


class Gate:
    """One turn's gate. It is closed at first."""

    def __init__(self, settings: GateSettings) -> None:
        self._settings = settings
        self._steps_since_asked = 0
        self._prompted = False
        self.open = False

    def prompt(self) -> None:
        """Something happened that may change the answer: a thought or a paragraph of the answer is complete."""
        self._prompted = True

    def close(self) -> None:
        """The writer has finished a paragraph; ask before the next."""
        self.open = False
        self._prompted = True

    def due(self) -> bool:
        """Shall the question ride in this step? Counts the step."""
        self._steps_since_asked += 1
        if self.open and not self._settings.ask_while_writing:
            return False
        return self._prompted or self._steps_since_asked >= self._settings.every_steps

    def answer(self, log_odds: float) -> bool:
        """Take the answer of a question that was due; returns whether the gate is open now."""
        self._steps_since_asked, self._prompted = 0, False
        self.open = log_odds >= self._settings.threshold_log_odds
        return self.open
