"""Markdown tables of the measurements. Pure: documents in, lines out; a field that is not there is a KeyError."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.evaluation.report import rows_of
from app.evaluation.summary import Pace
from app.evaluation.table import accuracy_lines, kind_lines, legend
from app.latency import NAMES
from app.scripted.results import GAPS

Document = Mapping[str, Any]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table; the first column to the left."""
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'---:|' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def accuracy_table(document: Document) -> Iterator[str]:
    """`eval`: the same figures as on the terminal, with their legend."""
    rows, pace = rows_of(document), Pace(**document["simulation"])
    head, *lines = accuracy_lines(rows)
    yield from table(head, [[f"`{label}`", *figures] for label, *figures in lines])
    yield ""
    yield from legend(rows, pace, document["at_once"])


def kinds_table(document: Document) -> Iterator[str]:
    """`eval`: right answers by kind of task; nothing where all are of one kind."""
    if lines := kind_lines(rows_of(document)):
        yield from table(lines[0], lines[1:])


def live_table(document: Document) -> Iterator[str]:
    """`eval --live`: right answers and the wait after the last word."""
    head = ["policy", "questions", "n", "right %", "wait, mean", "wait, p95"]
    yield from table(head, _live_rows(document))
    yield ""
    pace = document["pace"]
    late = pace["late_steps"]
    told = "" if late is None else f", a late correction comes {late} steps after the question seemed to be over"
    yield "Wait: decoding steps from the last word to the first token of the answer, where there is one."
    yield f"A word lasts {pace['word_steps']}{told}."


def _live_rows(document: Document) -> Iterator[list[str]]:
    for policy, kinds in document["policies"].items():
        for kind, found in kinds.items():
            low, high = found["interval"]
            right = f"{100 * found['accuracy']:.1f} [{100 * low:.1f}–{100 * high:.1f}]"
            waits = [
                "–" if found[name] is None else f"{found[name]:.{digits}f}"
                for name, digits in (("wait_steps", 1), ("wait_steps_p95", 0))
            ]
            yield [f"`{policy}`", kind, str(found["n"]), right, *waits]


def latency_table(document: Document) -> Iterator[str]:
    """`latency`: p50, p95 and max of every delay by method."""
    methods = document["summary"]
    yield from table(
        ["p50 / p95 / max, ms", *(f"`{method}`" for method in methods)],
        [
            [f"`{name}`", *(_spread(spreads.get(name)) for spreads in methods.values())]
            for name in [*NAMES, GAPS]
            if any(name in spreads for spreads in methods.values())
        ],
    )


def _spread(spread: Mapping[str, float] | None) -> str:
    return "–" if spread is None else f"{spread['p50']:.0f} / {spread['p95']:.0f} / {spread['most']:.0f}"


def beside_table(document: Document) -> Iterator[str]:
    """`latency`: measured and simulated delays of the same turns, means by method."""
    rows = [
        [f"`{one['delay']}`", f"`{one['method']}`", str(one["n"]), f"{one['measured']:.0f}", f"{one['simulated']:.0f}"]
        for one in document["beside"]
    ]
    yield from table(["delay, ms", "method", "n", "measured", "simulated"], rows)
    yield ""
    yield document["simulated_differs"]
