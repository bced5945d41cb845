"""The delays of a turn, under the field's names, from the moments that were noted. Pure; one implementation for all
who report them.

Times are seconds of one monotonic clock, results milliseconds, but for names that begin with `steps`. A spoken turn
waits from the user's last speech, a typed one from the end of input; what cannot be told is left out.

Sources: the silences and the adjusted delay (each pause shortened by a second) are those of arXiv 2512.10931, section
4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

NAMES = (
    "end_of_turn_delay",  # user's last speech → turn decided over
    "transcription_delay",  # user's last speech → final transcript
    "ttft",  # end of input → first token of any stream
    "ttfat",  # end of input → first answer token
    "ttfb",  # phrase handed to TTS → first byte
    "ttfa",  # phrase handed to TTS → first audible sample
    "e2e_latency",  # user's last speech → first audible sample
    "first_result",  # user's last speech, or end of typed input → first word that carries the result
    "total_delay",  # all silence the listener hears: the initial wait and every gap
    "adjusted_delay",  # the same, each pause shortened by a second
    "steps_to_first",  # decoding steps → first answer token
    "steps_delay",  # the silence in decoding steps, a spoken token lasting SPEECH_STEPS
    "interrupt_to_silence",  # user's voice starts → last audible sample of the turn it interrupts
)
FORGIVEN_S = 1.0  # of each pause, in the adjusted delay
SPEECH_STEPS = 3  # decoding steps that one spoken token of the answer lasts


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
    """When things happened in one turn; None: not yet, or not in this turn.

    sounds: when each piece went out (or was played), how long it lasts. answer_steps: one for every token of the
    answer, as the engine counts them; input_end_step: the last step before the input ended. voice_s, silenced_s: of
    the user's interruption that began this turn: when the voice began, and the last audible sample of the turn before.
    """

    speech_end_s: float | None = None
    decided_s: float | None = None
    transcribed_s: float | None = None
    input_end_s: float | None = None
    first_token_s: float | None = None
    first_answer_s: float | None = None
    answer_steps: list[int] = field(default_factory=list)
    first_phrase_s: float | None = None
    sounds: list[tuple[float, float]] = field(default_factory=list)
    first_audible_s: float | None = None
    result_s: float | None = None
    voice_s: float | None = None
    silenced_s: float | None = None
    input_end_step: int = 0

    @property
    def waiting_since_s(self) -> float | None:
        """From when on the user waits: the end of speech, or of typed input."""
        return self.speech_end_s if self.speech_end_s is not None else self.input_end_s

    def delays(self) -> dict[str, float]:
        """Every delay that can be told from what was noted, in milliseconds (steps for names that begin with
        `steps`), in the order of `NAMES`.
        """
        first_sound = self.sounds[0][0] if self.sounds else None
        audible = first_sound if self.first_audible_s is None else self.first_audible_s
        spans = {
            "end_of_turn_delay": (self.speech_end_s, self.decided_s),
            "transcription_delay": (self.speech_end_s, self.transcribed_s),
            "ttft": (self.input_end_s, self.first_token_s),
            "ttfat": (self.input_end_s, self.first_answer_s),
            "ttfb": (self.first_phrase_s, first_sound),
            "ttfa": (self.first_phrase_s, audible),
            "e2e_latency": (self.speech_end_s, audible),
            "first_result": (self.waiting_since_s, self.result_s),
            "interrupt_to_silence": (self.voice_s, self.silenced_s),
        }
        told = {
            name: max(0.0, end - start) * 1000
            for name, (start, end) in spans.items()
            if start is not None and end is not None
        }
        if self.sounds and self.waiting_since_s is not None:
            told |= silent_delays(self.silences())
        if self.answer_steps:
            steps = [float(step - self.input_end_step) for step in self.answer_steps]
            told["steps_to_first"] = steps[0]
            told["steps_delay"] = sum(silences((step, float(SPEECH_STEPS)) for step in steps))
        return {name: round(told[name], 1) for name in NAMES if name in told}

    def silences(self) -> list[float]:
        """What the listener waits through, in seconds: before the first audible sample, and every gap."""
        if not self.sounds or self.waiting_since_s is None:
            return []
        unheard_s = 0.0 if self.first_audible_s is None else self.first_audible_s - self.sounds[0][0]
        return silences(_behind(unheard_s, self.sounds), self.waiting_since_s)


def silent_delays(silences_s: Sequence[float]) -> dict[str, float]:
    """The delays that silences make, in milliseconds."""
    return {
        "total_delay": 1000 * sum(silences_s),
        "adjusted_delay": 1000 * sum(max(0.0, silence - FORGIVEN_S) for silence in silences_s),
    }


def _behind(unheard_s: float, sounds: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The sounds without their first so many seconds."""
    for at_s, duration_s in sounds:
        cut_s = min(unheard_s, duration_s)
        unheard_s -= cut_s
        if cut_s < duration_s:
            yield at_s + cut_s, duration_s - cut_s
