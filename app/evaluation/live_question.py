"""The questions of `eval --live`, and how they are spoken: word by word, plain and corrected. Pure.

Kinds: sums whose steps can be worked out as they come, questions that must be complete first, and sums with a
correction, while they are spoken or late (after the question seemed to be over). The user's pace is counted in decoding
steps, so that results compare across machines.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.demo.mixture import COMPLETE_FAMILIES
from app.demo.problems import SUM_FAMILIES, LiveProblem, sample_live, sample_problem
from app.demo.problems.live import Heard


class LiveKind(StrEnum):
    """What is put."""

    STEPWISE = "step by step"
    COMPLETE = "when complete"
    CORRECTED = "corrected"
    LATE = "corrected late"


@dataclass(frozen=True, slots=True)
class LiveQuestion:
    """A question and what kind it is."""

    live: LiveProblem
    kind: LiveKind


@dataclass(frozen=True, slots=True)
class SpokenPace:
    """word_steps: from one word to the next. late_steps: of the corrections, every second comes this long after the
    question seemed to be over; None: all come in the middle of speech.
    """

    word_steps: int
    late_steps: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """From this step on the user's words are these; over: it seems that they have finished."""

    step: int
    text: str
    over: bool


def spoken(live: LiveProblem, pace: SpokenPace, late: bool) -> Iterator[Said]:
    """The question word by word. late: the correction comes after a pause in which it seemed to be over."""
    step, text = 0, ""
    for event in live.events:
        if event.is_correction and late:
            yield Said(step, text, over=True)
            step += pace.late_steps or 0
        for word in re.findall(r"\s*\S+", event.text):
            text += word
            yield Said(step, text, over=False)
            step += pace.word_steps
    yield Said(step, text + live.tail, over=True)


def questions_of_all_kinds(count: int, seed: int, late: bool) -> list[LiveQuestion]:
    """So many held-out questions of each kind; late: every second correction is."""
    rng = random.Random(f"live:{seed}")
    asked: dict[LiveKind, list[LiveQuestion]] = {LiveKind.STEPWISE: [], LiveKind.COMPLETE: [], LiveKind.CORRECTED: []}
    while len(asked[LiveKind.STEPWISE]) < count or len(asked[LiveKind.CORRECTED]) < count:
        live = sample_live(rng, held_out=True)
        kind = LiveKind.STEPWISE if live.correction is None else LiveKind.CORRECTED
        if len(asked[kind]) < count:
            is_late = late and kind is LiveKind.CORRECTED and len(asked[kind]) % 2 == 1
            asked[kind].append(LiveQuestion(live, LiveKind.LATE if is_late else kind))
    families = [name for name in COMPLETE_FAMILIES if name in SUM_FAMILIES]
    while len(asked[LiveKind.COMPLETE]) < count:
        problem = sample_problem(rng, held_out=True, families=families)
        heard = (Heard(problem.question, 0, is_correction=False),)
        asked[LiveKind.COMPLETE].append(LiveQuestion(LiveProblem(problem, heard, "", (), (), None), LiveKind.COMPLETE))
    return [question for questions in asked.values() for question in questions]
