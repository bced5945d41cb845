"""The measurement as JSON: figures, and all that is needed to make them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from app.evaluation.grid import Cell
from app.evaluation.intervals import Mean, pareto_front
from app.evaluation.summary import Pace, Row
from app.machine import machine


def document(rows: Sequence[Row], header: Mapping[str, Any], pace: Pace, at_once: int) -> dict[str, Any]:
    """header: what was measured, as in the journal. Delays named simulated_… rest on `simulation`; all others are
    measured.
    """
    front = {rows[index].cell.label for index in pareto_front([point(row) for row in rows])}
    return {
        **header,
        "at_once": at_once,
        "simulation": asdict(pace),
        **machine(),
        "rows": [_row(row) | {"pareto": row.cell.label in front} for row in rows],
    }


def point(row: Row) -> tuple[float, float]:
    """Delay (steps delay; endless if nothing was measured) and accuracy of a row."""
    delay = row.means["steps_delay"].value if row.means else float("inf")
    return delay, row.accuracy.value


def _row(row: Row) -> dict[str, Any]:
    return {
        "method": row.cell.method,
        "patience": row.cell.patience,
        "n": row.n,
        "right": row.right,
        "missing": row.missing,
        "accuracy": _mean(row.accuracy),
        **{name: _mean(mean) for name, mean in row.means.items()},
        "tokens_per_step": round(row.tokens_per_step, 4),
        "by_kind": {kind: f"{right}/{n}" for kind, (right, n) in row.by_kind.items()},
    }


def _mean(mean: Mean) -> dict[str, Any]:
    return {"mean": round(mean.value, 4), "interval": [round(mean.low, 4), round(mean.high, 4)]}


def rows_of(told: Mapping[str, Any]) -> list[Row]:
    """The rows of a document, as far as a chart needs them."""
    return [_row_of(row) for row in told["rows"]]


def _row_of(row: Mapping[str, Any]) -> Row:
    means = {
        name: Mean(found["mean"], *found["interval"])
        for name, found in row.items()
        if isinstance(found, Mapping) and "interval" in found and name != "accuracy"
    }
    kinds = {kind: (int(right), int(n)) for kind, (right, n) in ((k, v.split("/")) for k, v in row["by_kind"].items())}
    accuracy = Mean(row["accuracy"]["mean"], *row["accuracy"]["interval"])
    return Row(
        cell=Cell(row["method"], row["patience"]),
        n=row["n"],
        right=row["right"],
        missing=row["missing"],
        accuracy=accuracy,
        means=means,
        tokens_per_step=row["tokens_per_step"],
        by_kind=kinds,
    )
