"""The chart: a file of the kind its name says, with every setting in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.evaluation.chart import draw
from app.evaluation.grid import Cell
from app.evaluation.summary import Pace, Row, summary
from tests.app.evaluation.scripted_tasks import outcome

PACE = Pace(100.0, 165)


def row(cell: Cell, right: int, delay: float) -> Row:
    outcomes = [outcome(task=str(n), right=n < right, silence_steps=delay + n % 3) for n in range(20)]
    return summary(cell, outcomes, PACE)


ROWS = [
    row(Cell("async", 0.0), 4, 2.0),
    row(Cell("async", 0.5), 18, 20.0),
    row(Cell("think"), 19, 90.0),
    row(Cell("no-think"), 2, 1.0),
]


def test_png(tmp_path: Path) -> None:
    draw(tmp_path / "c.png", ROWS, "Accuracy against delay")
    content = (tmp_path / "c.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n" and len(content) > 10_000


def test_svg_has_a_mark_for_every_setting(tmp_path: Path) -> None:
    few, more = tmp_path / "few.svg", tmp_path / "more.svg"
    draw(few, ROWS[:1], "Accuracy against delay")
    draw(more, ROWS, "Accuracy against delay")
    marks = [path.read_text(encoding="utf-8").count("<use ") for path in (few, more)]
    assert marks[1] > marks[0]
    for colour in ("#0072b2", "#d55e00", "#009e73"):
        assert colour in more.read_text(encoding="utf-8")
        assert (colour in few.read_text(encoding="utf-8")) == (colour == "#0072b2")


@pytest.mark.parametrize("count", [0, 1])
def test_with_little_to_draw_it_draws_little(tmp_path: Path, count: int) -> None:
    failed = summary(Cell("think"), [outcome(right=False, missing="failed: no")], PACE)
    draw(tmp_path / "c.png", [*ROWS[:count], failed], "Little")
    assert (tmp_path / "c.png").stat().st_size > 1000
