"""What the outcomes of one setting come to: accuracy and delays, each with its 95 % interval.

Delays in steps are those of the engine. Delays in milliseconds are simulated from steps and speech (speech.py), except
`ttfat_ms`, which is measured. Missing answers count in the accuracy as not right, and in the delays with the silence
they were; what failed has no delays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.evaluation.attempt import Outcome
from app.evaluation.grid import Cell
from app.evaluation.intervals import Mean, bootstrap_means, wilson
from app.evaluation.speech import simulated_delays_ms


@dataclass(frozen=True, slots=True)
class Pace:
    """Of the simulation: milliseconds a step takes, words a minute of speech."""

    step_ms: float
    rate_wpm: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. accuracy: of all n, with Wilson's interval. means: by name; empty if all failed.

    by_kind: right and all of each kind of task.
    """

    cell: Cell
    n: int
    right: int
    missing: int
    accuracy: Mean
    means: Mapping[str, Mean]
    tokens_per_step: float
    by_kind: Mapping[str, tuple[int, int]]


def summary(cell: Cell, outcomes: Sequence[Outcome], pace: Pace) -> Row:
    """The row of one setting; there is at least one outcome."""
    right = sum(outcome.right for outcome in outcomes)
    measured = [outcome for outcome in outcomes if not outcome.failed]
    steps = sum(outcome.steps for outcome in measured)
    return Row(
        cell=cell,
        n=len(outcomes),
        right=right,
        missing=sum(outcome.missing is not None for outcome in outcomes),
        accuracy=Mean(right / len(outcomes), *wilson(right, len(outcomes))),
        means=bootstrap_means(_columns(measured, pace)) if measured else {},
        tokens_per_step=sum(outcome.tokens for outcome in measured) / steps if steps else 0.0,
        by_kind=_by_kind(outcomes),
    )


def _columns(outcomes: Sequence[Outcome], pace: Pace) -> dict[str, list[float]]:
    delays = [simulated_delays_ms(one.phrases, one.steps, pace.step_ms, pace.rate_wpm) for one in outcomes]
    columns = {
        "steps_to_first": [float(one.first_answer_step or one.steps) for one in outcomes],
        "steps_delay": [one.silence_steps for one in outcomes],
        "simulated_total_delay_ms": [total for total, _ in delays],
        "simulated_adjusted_delay_ms": [adjusted for _, adjusted in delays],
        "steps": [float(one.steps) for one in outcomes],
        "thinking_steps": [float(one.thinking_steps) for one in outcomes],
        "tokens": [float(one.tokens) for one in outcomes],
    }
    first_ms = [one.ttfat_ms for one in outcomes if one.ttfat_ms is not None]
    if len(first_ms) == len(outcomes):
        columns["ttfat_ms"] = first_ms
    return columns


def _by_kind(outcomes: Sequence[Outcome]) -> dict[str, tuple[int, int]]:
    kinds = sorted({outcome.kind for outcome in outcomes})
    counts = {kind: [outcome.right for outcome in outcomes if outcome.kind == kind] for kind in kinds}
    return {kind: (sum(found), len(found)) for kind, found in counts.items()}
