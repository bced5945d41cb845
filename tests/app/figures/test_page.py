"""The page of figures: what the measuring commands wrote comes out as tables; what was not measured is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.errors import InputError
from app.evaluation.attempt import Outcome
from app.evaluation.grid import Cell
from app.evaluation.report import document, rows_of
from app.evaluation.summary import Pace, summary
from app.figures.markdown import beside_table, latency_table, live_table
from app.figures.page import write
from app.figures.sources import newest
from tests.app.evaluation.scripted_tasks import OUTCOME

RIGHT, WRONG = replace(OUTCOME, right=True), replace(OUTCOME, right=False)
LATENCY: dict[str, Any] = {
    "made": "2026-11-21",
    "summary": {"async": {"e2e_latency": {"p50": 700.4, "p95": 800.0, "most": 810.0, "n": 3}}, "think": {}},
    "simulated_differs": "Because.",
    "takes": [
        {
            "method": "async",
            "turns": [
                {
                    "answers": [
                        {"interrupted": True, "measured": {"e2e_latency": 9.0}, "simulated": None},
                        {"interrupted": False, "measured": {"e2e_latency": 700.0}, "simulated": {"e2e_latency": 90.0}},
                    ]
                }
            ],
        }
    ],
}
LIVE: dict[str, Any] = {
    "policies": {
        "drop": {"corrected": {"n": 9, "accuracy": 1.0, "interval": [0.7, 1.0], "wait_steps": 2.5, "wait_steps_p95": 7}}
    }
}


def measured(outcomes: list[Outcome]) -> dict[str, Any]:
    pace = Pace(100, 165)
    rows = [summary(Cell("async", patience), outcomes, pace) for patience in (0.2, 0.5)]
    return json.loads(json.dumps(document(rows, {"model": "demo"}, pace, at_once=8)))


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    (tmp_path / "2026-11-20-latency-50.json").write_text(json.dumps(LATENCY | {"made": "older"}))
    (tmp_path / "2026-11-21-latency-50.json").write_text(json.dumps(LATENCY))
    (tmp_path / "2026-11-21-eval-live.json").write_text(json.dumps(LIVE))
    (tmp_path / "2026-11-21-patience.json").write_text(json.dumps(measured([RIGHT, WRONG])))
    return tmp_path


def test_rows_come_back_from_the_file() -> None:
    told = measured([RIGHT, RIGHT, WRONG])
    first, second = rows_of(told)
    assert (first.cell, second.cell) == (Cell("async", 0.2), Cell("async", 0.5))
    assert (first.n, first.right) == (3, 2)
    assert first.accuracy.value == pytest.approx(2 / 3, abs=1e-3)
    assert set(first.means) >= {"steps_delay", "simulated_total_delay_ms"}


def test_the_page_tells_what_was_measured_and_no_more(bench: Path, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    page = write(docs, bench).read_text(encoding="utf-8")
    assert "## Patience" in page and "50.0 %" in page and "`async, patience 0.2`" in page
    assert "paced: 50 ms a step" in page and "2026-11-21-latency-50.json" in page and "older" not in page
    assert "paced: 100 ms" not in page and "held-out" not in page
    assert (docs / "figures-patience.svg").stat().st_size > 1000


def test_measured_and_simulated_stand_side_by_side_for_turns_that_have_both() -> None:
    lines = list(beside_table(LATENCY))
    assert "| `e2e_latency` | `async` | 1 | 700 | 90 |" in lines
    assert lines[-1] == "Because."


def test_a_delay_that_a_method_has_not_is_a_dash() -> None:
    assert "| `e2e_latency` | 700 / 800 / 810 | – |" in list(latency_table(LATENCY))


def test_live_rows_have_their_interval() -> None:
    assert "| `drop` | corrected | 9 | 100.0 % (70.0–100.0) | 2.5 | 7 |" in list(live_table(LIVE))


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "2026-11-21-eval.json").write_text("{")
    with pytest.raises(InputError, match=r"2026-11-21-eval\.json: it is not readable JSON"):
        newest("eval", "launch.py eval", tmp_path)
