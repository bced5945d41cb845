"""What the outcomes of `eval --live` come to: the table on stdout and the JSON file. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from app.config import Settings
from app.evaluation.intervals import wilson
from app.evaluation.listening import LiveOutcome
from app.evaluation.live_question import LiveKind, SpokenPace
from app.machine import machine
from app.percentile import percentile

Results = Mapping[str, Sequence[LiveOutcome]]  # by policy


def summary(outcomes: Sequence[LiveOutcome]) -> dict[str, Any]:
    """Of at least one outcome. wait_steps: mean over the answers there are, None if there is none."""
    right = sum(outcome.right for outcome in outcomes)
    waits = [outcome.wait_steps for outcome in outcomes if outcome.wait_steps is not None]
    return {
        "n": len(outcomes),
        "accuracy": right / len(outcomes),
        "interval": [round(bound, 4) for bound in wilson(right, len(outcomes))],
        "answered": len(waits),
        "wait_steps": statistics.mean(waits) if waits else None,
        "wait_steps_p95": percentile(waits, 95) if waits else None,
        "taken_back_characters": statistics.mean(outcome.taken_back for outcome in outcomes),
    }


def split(outcomes: Sequence[LiveOutcome]) -> dict[LiveKind, list[LiveOutcome]]:
    """By kind, those that there are."""
    found = {kind: [outcome for outcome in outcomes if outcome.kind is kind] for kind in LiveKind}
    return {kind: chosen for kind, chosen in found.items() if chosen}


def table(results: Results) -> str:
    """A row for each policy and kind, and what the columns mean."""
    legend = (
        "wait: decoding steps from the last word to the first token of the answer, where there is one; taken back: "
        "characters"
    )
    return "\n".join([*_rows(results), legend])


def _rows(results: Results) -> Iterator[str]:
    yield (
        f"{'policy':8} {'question':16} {'n':>4} {'accuracy':>9} {'95 % interval':>15} {'wait':>6} {'p95':>5} "
        f"{'taken back':>11}"
    )
    for policy, outcomes in results.items():
        for kind, chosen in split(outcomes).items():
            row = summary(chosen)
            low, high = row["interval"]
            wait, p95 = ("–" if row[name] is None else f"{row[name]:.1f}" for name in ("wait_steps", "wait_steps_p95"))
            yield (
                f"{policy:8} {kind:16} {row['n']:4} {100 * row['accuracy']:8.1f}% {100 * low:6.1f}–{100 * high:5.1f}% "
                f"{wait:>6} {p95:>5} {row['taken_back_characters']:11.1f}"
            )


def document(settings: Settings, pace: SpokenPace, results: Results) -> dict[str, Any]:
    """The whole file: figures, every outcome, and all that is needed to make them again."""
    return {
        "model": settings.model,
        "seed": settings.seed,
        "pace": asdict(pace),
        **machine(),
        "policies": {
            policy: {kind.value: summary(chosen) for kind, chosen in split(outcomes).items()}
            for policy, outcomes in results.items()
        },
        "outcomes": [asdict(outcome) for outcomes in results.values() for outcome in outcomes],
    }
