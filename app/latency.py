"""The delays of a turn, under the field's names, from the moments that were noted. Pure; one implementation for all
who report them.

Times are seconds of one monotonic clock, results milliseconds. Names as in the documentation: `end_of_turn_delay`,
`transcription_delay`, `ttft`, `ttfat`, `ttfa`, `e2e_latency`, `total_delay`, `adjusted_delay`, `steps_to_first`.

Sources: the silences and the adjusted delay (each pause shortened by a second) are those of arXiv 2512.10931, section
4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

FORGIVEN_S = 1.0  # of each pause, in the adjusted delay


def silences(pieces: Iterable[tuple[float, float]], waiting_since: float = 0.0) -> list[float]:
    """The silences a listener hears: before the first piece and between pieces.

    pieces: (when it is there, how long it takes to say), in order; a piece waits until the one before is said. Any
    unit of time.
    """
    found: list[float] = []
    free_at = waiting_since
    for ready, duration in pieces:
        if ready > free_at:
            found.append(ready - free_at)
            free_at = ready
        free_at += duration
    return found


@dataclass(slots=True)
class Moments:
    """When things happened in one turn; None: not yet, or not in this turn."""

    speech_end_s: float | None = None
    decided_s: float | None = None
    transcribed_s: float | None = None
    input_end_s: float | None = None
    first_token_s: float | None = None
    first_answer_s: float | None = None
    first_answer_step: int | None = None
    first_phrase_s: float | None = None
    sounds: list[tuple[float, float]] = field(default_factory=list)  # when it went out, how long it lasts

    def delays(self) -> dict[str, float]:
        """Every delay that can be told from what was noted, in milliseconds (steps for `steps_to_first`)."""
        first_sound = self.sounds[0][0] if self.sounds else None
        waiting_since = self.speech_end_s if self.speech_end_s is not None else self.input_end_s
        spans = {
            "end_of_turn_delay": (self.speech_end_s, self.decided_s),
            "transcription_delay": (self.speech_end_s, self.transcribed_s),
            "ttft": (self.input_end_s, self.first_token_s),
            "ttfat": (self.input_end_s, self.first_answer_s),
            "ttfa": (self.first_phrase_s, first_sound),
            "e2e_latency": (self.speech_end_s, first_sound),
        }
        delays = {
            name: (end - start) * 1000 for name, (start, end) in spans.items() if start is not None and end is not None
        }
        if self.sounds and waiting_since is not None:
            heard = silences(self.sounds, waiting_since)
            delays["total_delay"] = 1000 * sum(heard)
            delays["adjusted_delay"] = 1000 * sum(max(0.0, silence - FORGIVEN_S) for silence in heard)
        if self.first_answer_step is not None:
            delays["steps_to_first"] = float(self.first_answer_step)
        return {name: round(value, 1) for name, value in delays.items()}
