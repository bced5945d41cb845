"""The page of figures: what the measuring commands write comes out as tables; what was not measured is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.config import Settings
from app.errors import InputError
from app.evaluation import live_report, report
from app.evaluation.attempt import Outcome
from app.evaluation.grid import Cell
from app.evaluation.listening import LiveOutcome
from app.evaluation.live_question import LiveKind, SpokenPace
from app.evaluation.report import rows_of
from app.evaluation.summary import Pace, summary
from app.evaluation.table import accuracy_lines
from app.figures import __main__ as program
from app.figures.markdown import accuracy_table, beside_table, latency_table, live_table
from app.figures.page import write
from app.figures.sources import newest
from app.files import as_json
from app.scripted.measures import measure
from app.scripted.report import document, header
from app.scripted.results import Repeat
from app.scripted.table import beside_table as beside_on_the_terminal
from tests.app.evaluation.scripted_tasks import OUTCOME
from tests.app.scripted.test_measures import script, take

RIGHT, WRONG = replace(OUTCOME, right=True), replace(OUTCOME, right=False)
HEARD = LiveOutcome("drop", LiveKind.CORRECTED, "what is", "1", "It is 1.", True, 3, 40, 5)
REPEATS = [
    Repeat("async", 1, take(), tuple(measure(take(), script(), 100))),
    Repeat("think", 1, take(4.0), tuple(measure(take(4.0), script(), 100))),
]


def measured(outcomes: list[Outcome]) -> dict[str, Any]:
    pace = Pace(100, 165)
    rows = [summary(Cell("async", patience), outcomes, pace) for patience in (0.2, 0.5)]
    head = {"model": "demo", "tasks": "held-out problems, seed 0", "n": len(outcomes)}
    return json.loads(as_json(report.document(rows, head, pace, at_once=8)))


def heard() -> dict[str, Any]:
    outcomes = [HEARD, replace(HEARD, wait_steps=6), replace(HEARD, answer="", right=False, wait_steps=None)]
    silent = [replace(outcomes[2], kind=LiveKind.LATE)]
    results = {"drop": [*outcomes, *silent]}
    return json.loads(as_json(live_report.document(Settings(), SpokenPace(6, 12), results)))


def latencies(step_ms: float | None = 50) -> dict[str, Any]:
    settings = Settings(step_ms=step_ms)
    return json.loads(document(header(script(), settings, "measured", 1), REPEATS, interrupted=False))


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    (tmp_path / "2026-11-20-latency-50.json").write_text(json.dumps(latencies() | {"made": "older"}))
    (tmp_path / "2026-11-21-latency-50.json").write_text(json.dumps(latencies()))
    (tmp_path / "2026-11-21-eval-live.json").write_text(json.dumps(heard()))
    (tmp_path / "2026-11-21-patience.json").write_text(json.dumps(measured([RIGHT, WRONG])))
    return tmp_path


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


def test_rows_come_back_from_the_file() -> None:
    told = measured([RIGHT, RIGHT, WRONG])
    first, second = rows_of(told)
    assert (first.cell, second.cell) == (Cell("async", 0.2), Cell("async", 0.5))
    assert (first.n, first.right) == (3, 2)
    assert first.accuracy.value == pytest.approx(2 / 3, abs=1e-3)
    assert set(first.means) >= {"steps_delay", "simulated_total_delay_ms"}


def test_the_page_tells_what_was_measured_and_no_more(bench: Path, docs: Path) -> None:
    page = write(docs, bench).read_text(encoding="utf-8")
    assert "## Patience" in page and "50.0 [" in page and "`async 0.2`" in page
    assert "held-out problems, seed 0" in page and "model `demo`" in page
    assert "paced: 50 ms a step" in page and "2026-11-21-latency-50.json" in page and "older" not in page
    assert "takes of all methods: 2." in page
    assert "100 ms a step" not in page.replace("simulated, not measured: 100 ms a step", "")
    assert "Requests beyond" not in page and "GPU" not in page
    assert (docs / "figures-patience.svg").stat().st_size > 1000


def test_the_page_has_the_terminals_figures() -> None:
    lines = list(accuracy_table(measured([RIGHT, WRONG])))
    _, (label, *figures), _ = accuracy_lines(rows_of(measured([RIGHT, WRONG])))
    assert f"| `{label}` | {' | '.join(figures)} |" in lines


def test_measured_and_simulated_stand_side_by_side_as_on_the_terminal() -> None:
    lines = list(beside_table(latencies()))
    assert "| `total_delay` | `async` | 1 | 4000 | 2000 |" in lines
    on_the_terminal = beside_on_the_terminal(REPEATS)
    for line in lines[2:-2]:
        delay, method, n, real, papers = line.replace("`", "").strip("| ").split(" | ")
        assert [delay, method, real, papers, f"{int(real) - int(papers):+}", n] in map(
            str.split, on_the_terminal.splitlines()
        )
    assert lines[-1].startswith("measured − simulated is what the papers' sum leaves out")


def test_a_delay_that_a_method_has_not_is_a_dash() -> None:
    told = latencies()
    del told["summary"]["think"]["e2e_latency"]
    assert "| `e2e_latency` | 2000 / 2000 / 2000 | – |" in list(latency_table(told))


def test_live_rows_have_their_interval_and_no_wait_without_an_answer() -> None:
    lines = list(live_table(heard()))
    assert "| `drop` | corrected | 3 | 66.7 [20.8–93.8] | 4.5 | 6 |" in lines
    assert "| `drop` | corrected late | 1 | 0.0 [0.0–79.3] | – | – |" in lines
    assert "A word lasts 6, a late correction comes 12 steps after the question seemed to be over." in lines


@pytest.mark.parametrize("text", ["{", "[1]", "[" * 100_000])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "2026-11-21-eval.json").write_text(text)
    with pytest.raises(InputError, match=r"2026-11-21-eval\.json: it is not readable JSON"):
        newest("eval", "launch.py eval", tmp_path)


def test_a_file_of_an_earlier_format_is_named_with_its_field_and_the_command(bench: Path, docs: Path) -> None:
    told = heard()
    del told["policies"]["drop"]["corrected"]["wait_steps_p95"]
    (bench / "2026-11-22-eval-live.json").write_text(json.dumps(told))
    with pytest.raises(InputError, match=r"eval-live\.json has no field 'wait_steps_p95'.*`launch.py eval --live --j"):
        write(docs, bench)
    (bench / "2026-11-22-eval-live.json").write_text(json.dumps(told | {"policies": None}))
    with pytest.raises(InputError, match=r"is not as this version writes it"):
        write(docs, bench)
    assert not (docs / "figures.md").exists()


def test_the_program_tells_it_in_one_line(
    bench: Path, docs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "write", lambda: write(docs, bench))
    assert program.main([]) == 0
    (bench / "2026-11-22-eval.json").write_text("{}")
    assert program.main([]) == 2
    assert capsys.readouterr().err.startswith(f"sotto: {bench / '2026-11-22-eval.json'} has no field 'machine'")
