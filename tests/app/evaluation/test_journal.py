"""The journal: what is kept, what is refused, and what a crash leaves behind."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from app.errors import InputError
from app.evaluation.grid import Cell
from app.evaluation.journal import Journal, journal_path
from tests.app.evaluation.scripted_tasks import outcome

HEADER: dict[str, Any] = {"model": "demo", "seed": 0, "tasks_sha256": "a" * 64}
ASYNC = Cell("async")


def kept(path: Path, *identities: str) -> Path:
    with Journal(path, HEADER, resume=False) as journal:
        for identity in identities:
            journal.add(outcome(task=identity, answer="It is\u2028 “1”.\n\nYes."))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return journal_path(tmp_path / "results.json")


def test_it_stands_beside_the_figures() -> None:
    assert journal_path(Path("a/results.json")) == Path("a/results.outcomes.jsonl")
    assert journal_path(Path("results")) == Path("results.outcomes.jsonl")


def test_outcomes_come_back_as_they_were_and_more_are_added(path: Path) -> None:
    kept(path, "1", "2")
    with Journal(path, HEADER, resume=True) as journal:
        assert list(journal.outcomes) == [(ASYNC, "1"), (ASYNC, "2")]
        assert journal.outcomes[ASYNC, "1"] == outcome(task="1", answer="It is\u2028 “1”.\n\nYes.")
        journal.add(outcome(task="3", patience=0.5))
    with Journal(path, HEADER, resume=True) as journal:
        assert list(journal.outcomes) == [(ASYNC, "1"), (ASYNC, "2"), (Cell("async", 0.5), "3")]


def test_an_outcome_is_on_disk_when_add_returns(path: Path) -> None:
    with Journal(path, HEADER, resume=False) as journal:
        journal.add(outcome())
        assert len(path.read_text(encoding="utf-8").splitlines()) == 2


def test_to_resume_what_is_not_there_is_to_begin(path: Path) -> None:
    with Journal(path, HEADER, resume=True) as journal:
        assert not journal.outcomes
    assert path.exists()


def test_an_earlier_run_is_not_overwritten(path: Path) -> None:
    before = kept(path, "1").read_bytes()
    with pytest.raises(InputError, match=r"holds the outcomes of an earlier run; go on with it by --resume"):
        Journal(path, HEADER, resume=False)
    assert path.read_bytes() == before


def test_another_measurement_is_refused_with_all_that_differs(path: Path) -> None:
    before = kept(path, "1").read_bytes()
    other = {"model": "Qwen/Qwen3-8B", "seed": 0, "tasks_sha256": "b" * 64, "history": None}
    with pytest.raises(InputError) as error:
        Journal(path, other, resume=True)
    told = str(error.value)
    assert "model demo, now Qwen/Qwen3-8B; tasks_sha256 aaaaaaaaaaaa…, now bbbbbbbbbbbb…;" in told
    assert "seed" not in told and "history" not in told
    assert path.read_bytes() == before


def test_half_a_line_is_dropped_and_whole_ones_are_kept(path: Path) -> None:
    whole = kept(path, "1", "2").read_text(encoding="utf-8")
    path.write_text(whole[:-30], encoding="utf-8")
    with Journal(path, HEADER, resume=True) as journal:
        assert list(journal.outcomes) == [(ASYNC, "1")]
        journal.add(outcome(task="2", answer="It is\u2028 “1”.\n\nYes."))
    assert path.read_text(encoding="utf-8") == whole


def test_half_a_header_is_as_good_as_nothing(path: Path) -> None:
    path.write_text('{"model": "de', encoding="utf-8")
    with Journal(path, HEADER, resume=True) as journal:
        journal.add(outcome())
    with Journal(path, HEADER, resume=True) as journal:
        assert list(journal.outcomes) == [(ASYNC, "1")]


@pytest.mark.parametrize("line", ["{", "[]", '{"task": "1"}'])
def test_a_damaged_line_is_told_with_its_number(path: Path, line: str) -> None:
    kept(path, "1")
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"results\.outcomes\.jsonl:3: not an outcome"):
        Journal(path, HEADER, resume=True)


def test_what_failed_is_tried_again(path: Path) -> None:
    with Journal(path, HEADER, resume=False) as journal:
        journal.add(outcome(task="1", right=False, missing="failed: the card is full"))
        journal.add(outcome(task="2", right=False, missing="cut"))
    with Journal(path, HEADER, resume=True) as journal:
        assert list(journal.outcomes) == [(ASYNC, "2")]
        journal.add(outcome(task="1"))
    with Journal(path, HEADER, resume=True) as journal:
        assert journal.outcomes[ASYNC, "1"].right


def test_a_line_cut_within_a_character_is_dropped(path: Path) -> None:
    whole = kept(path, "1", "2").read_bytes()
    path.write_bytes(whole[: whole.rindex("“".encode()) + 1])
    with Journal(path, HEADER, resume=True) as journal:
        assert list(journal.outcomes) == [(ASYNC, "1")]
        journal.add(outcome(task="3"))
    with Journal(path, HEADER, resume=True) as journal:
        assert list(journal.outcomes) == [(ASYNC, "1"), (ASYNC, "3")]


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
def test_one_run_writes_at_a_time(path: Path) -> None:
    with Journal(path, HEADER, resume=False) as first:
        first.add(outcome(task="1"))
        with pytest.raises(InputError, match="is written by another run now; wait for it"):
            Journal(path, HEADER, resume=True)
        first.add(outcome(task="2"))
    with Journal(path, HEADER, resume=True) as journal:
        assert [task for _, task in journal.outcomes] == ["1", "2"]


def test_an_outcome_that_was_altered_is_told_with_its_line(path: Path) -> None:
    text = kept(path, "1").read_text(encoding="utf-8")
    path.write_text(text.replace('"phrases": [', '"phrases": [7, '), encoding="utf-8")
    with pytest.raises(InputError, match=":2: not an outcome; the file is damaged"):
        Journal(path, HEADER, resume=True)
