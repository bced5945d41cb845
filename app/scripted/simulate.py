"""The papers' delay: from the steps of the tokens and the length of the phrases' sound, nothing else. Pure.

Speech of a phrase begins when the phrase is written (app.written) and the one before is over. The clock begins at the
end of input with step 1; hearing, recognising, synthesising and playing take no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.latency import Moments
from app.written import Written, ready_in_step

WHY_DIFFERENT = (
    "measured − simulated is what the papers' sum leaves out: the silence that ends a turn, recognition, reading the\n"
    "prompt, the start of synthesis, a phrase that waits for the first word behind its end, and playback in pieces"
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of the answer: its text, its place there, and how long its sound lasts."""

    text: str
    start: int
    duration_s: float


def simulated(
    tokens: Sequence[Written], phrases: Sequence[Phrase], step_s: float, wanted: int | None = None
) -> Moments:
    """The moments of a turn whose steps all take `step_s`. wanted: the character of the answer that begins the result;
    its phrase is taken to be spoken evenly.
    """
    moments = Moments(input_end_s=0.0, speech_end_s=0.0, answer_steps=[token.step for token in tokens])
    if tokens:
        moments.first_answer_s = tokens[0].step * step_s
    free_s = 0.0
    for phrase in phrases:
        ready_s = ready_in_step(tokens, phrase.start, phrase.text) * step_s
        begin_s = max(free_s, ready_s)
        free_s = begin_s + phrase.duration_s
        moments.sounds.append((ready_s, phrase.duration_s))
        if wanted is not None and phrase.start <= wanted < phrase.start + len(phrase.text):
            moments.result_s = begin_s + phrase.duration_s * (wanted - phrase.start) / len(phrase.text)
    return moments


def delays(moments: Moments) -> dict[str, float]:
    """The simulated delays by their names; none of those that a simulation knows nothing of."""
    told = moments.delays()
    return {name: value for name, value in told.items() if name not in {"ttft", "ttfb", "ttfa"}}


def mean_step_s(steps: Sequence[tuple[int, float]]) -> float | None:
    """The mean duration of a step, from (step, when) of a turn's tokens; None if there are not two steps."""
    if not steps or steps[-1][0] == steps[0][0]:
        return None
    (first, first_s), (last, last_s) = steps[0], steps[-1]
    return (last_s - first_s) / (last - first)
