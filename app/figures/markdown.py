"""Markdown tables of the measurements. Pure: documents in, lines out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.latency import NAMES, SPEECH_STEPS

Document = Mapping[str, Any]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table; the first column to the left."""
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'---:|' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def accuracy_table(document: Document) -> Iterator[str]:
    """`eval`: right answers and delays of each setting, with 95 % intervals."""
    rows = document["rows"]
    pace = document["simulation"]
    head = ["method", "n", "right", "missing", "steps to first", "steps delay", "total delay", "adjusted"]
    yield from table(head, [_accuracy_row(row) for row in rows])
    yield ""
    yield (
        f"Steps delay: silence in decoding steps, a spoken token lasting {SPEECH_STEPS}. Total and adjusted delay are "
        f"*simulated* at {pace['step_ms']:g} ms a step and {pace['rate_wpm']:g} words a minute. Intervals: 95 %, "
        "Wilson and bootstrap."
    )


def _accuracy_row(row: Mapping[str, Any]) -> list[str]:
    label = row["method"] if row["patience"] is None else f"{row['method']}, patience {row['patience']:g}"
    low, high = row["accuracy"]["interval"]
    right = f"{100 * row['accuracy']['mean']:.1f} % ({100 * low:.1f}–{100 * high:.1f})"
    delays = [
        _mean(row, "steps_to_first", 1, ""),
        _mean(row, "steps_delay", 1, ""),
        _mean(row, "simulated_total_delay_ms", 1000, " s"),
        _mean(row, "simulated_adjusted_delay_ms", 1000, " s"),
    ]
    return [f"`{label}`", str(row["n"]), right, str(row["missing"]), *delays]


def _mean(row: Mapping[str, Any], name: str, unit: float, suffix: str) -> str:
    if name not in row:
        return "–"
    low, high = row[name]["interval"]
    digits = 1 if unit == 1 else 2
    return f"{row[name]['mean'] / unit:.{digits}f} ±{(high - low) / 2 / unit:.{digits}f}{suffix}"


def kinds_table(document: Document) -> Iterator[str]:
    """`eval`: right answers by kind of task."""
    rows = document["rows"]
    kinds = sorted({kind for row in rows for kind in row["by_kind"]})
    yield from table(
        ["kind", *(f"`{row['method']}`" for row in rows)],
        [[kind, *(row["by_kind"].get(kind, "") for row in rows)] for kind in kinds],
    )


def live_table(document: Document) -> Iterator[str]:
    """`eval --live`: right answers and the wait after the last word."""
    head = ["policy", "questions", "n", "right", "wait, mean", "wait, p95"]
    yield from table(head, _live_rows(document))
    yield ""
    yield "Wait: decoding steps from the last word to the first token of the answer."


def _live_rows(document: Document) -> Iterator[list[str]]:
    for policy, kinds in document["policies"].items():
        for kind, found in kinds.items():
            low, high = found["interval"]
            right = f"{100 * found['accuracy']:.1f} % ({100 * low:.1f}–{100 * high:.1f})"
            waits = [f"{found['wait_steps']:.1f}", f"{found['wait_steps_p95']:.0f}"]
            yield [f"`{policy}`", kind, str(found["n"]), right, *waits]


def latency_table(document: Document) -> Iterator[str]:
    """`latency`: p50, p95 and max of every delay by method."""
    methods = document["summary"]
    yield from table(
        ["p50 / p95 / max, ms", *(f"`{method}`" for method in methods)],
        [
            [f"`{name}`", *(_spread(spreads.get(name)) for spreads in methods.values())]
            for name in [*NAMES, "silence gaps"]
            if any(name in spreads for spreads in methods.values())
        ],
    )


def _spread(spread: Mapping[str, float] | None) -> str:
    return "–" if spread is None else f"{spread['p50']:.0f} / {spread['p95']:.0f} / {spread['most']:.0f}"


def beside_table(document: Document) -> Iterator[str]:
    """`latency`: measured and simulated delays of the same turns, means by method."""
    rows = []
    for name in ("e2e_latency", "total_delay", "adjusted_delay"):
        for method in document["summary"]:
            pairs = [
                (answer["measured"][name], answer["simulated"][name])
                for take in document["takes"]
                if take["method"] == method
                for turn in take["turns"]
                for answer in turn["answers"][-1:]
                if not answer["interrupted"] and name in answer["measured"] and name in (answer["simulated"] or {})
            ]
            if pairs:
                real, papers = (sum(values) / len(pairs) for values in zip(*pairs, strict=True))
                rows.append([f"`{name}`", f"`{method}`", str(len(pairs)), f"{real:.0f}", f"{papers:.0f}"])
    yield from table(["delay, ms", "method", "n", "measured", "simulated"], rows)
    yield ""
    yield document["simulated_differs"]
