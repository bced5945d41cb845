"""Task files: every format, and one clear line for everything that is wrong with one."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from app.commands.eval import FORMATS as OPTION
from app.errors import InputError
from app.evaluation.datasets import CHOOSE, FORMATS
from app.evaluation.task import Checker
from app.evaluation.task_file import read_tasks

ASSETS = Path(__file__).parents[3] / "assets" / "tasks"
MATH = {
    "problem": "Convert $(0,3)$ to polar coordinates.",
    "solution": "…",
    "answer": r"\left( 3, \frac{\pi}{2} \right)",
    "subject": "Precalculus",
    "level": 2,
    "unique_id": "test/precalculus/807.json",
}
GSM = {"question": "Natalia sold 48 clips …", "answer": "48/2 = <<48/2=24>>24\n#### 1,072"}
MMLU = {
    "question_id": 70,
    "question": "Typical bodies forbid …",
    "options": ["Safe practices", "Distress", "Fear"],
    "answer": "C",
    "answer_index": 2,
    "category": "business",
    "src": "ori_mmlu",
}
OWN = {"question": "what is 2 plus 2", "answer": "4", "kind": "sums"}


def file_of(folder: Path, *records: Any) -> Path:
    """Texts as they are, all else as JSON."""
    path = folder / "tasks.jsonl"
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_math_500(tmp_path: Path) -> None:
    (task,) = read_tasks(file_of(tmp_path, MATH)).tasks
    assert (task.id, task.turns, task.answer) == (MATH["unique_id"], (MATH["problem"],), MATH["answer"])
    assert (task.kind, task.checker) == ("Precalculus", Checker.MATH)


@pytest.mark.parametrize(
    ("answer", "judged", "checker"),
    [(r"\text{Evelyn}", "Evelyn", Checker.TEXT), (r"\text{(C)}", "C", Checker.CHOICE), ("x", "x", Checker.MATH)],
)
def test_words_and_options_in_math_500_are_judged_as_such(
    tmp_path: Path, answer: str, judged: str, checker: Checker
) -> None:
    (task,) = read_tasks(file_of(tmp_path, MATH | {"answer": answer})).tasks
    assert (task.answer, task.checker) == (judged, checker)


def test_gsm8k(tmp_path: Path) -> None:
    first, second = read_tasks(file_of(tmp_path, GSM, GSM)).tasks
    assert (first.answer, first.kind, first.checker) == ("1,072", "GSM8K", Checker.MATH)
    assert (first.id, second.id) == ("00001", "00002")


def test_mmlu_pro(tmp_path: Path) -> None:
    (task,) = read_tasks(file_of(tmp_path, MMLU)).tasks
    assert (task.id, task.answer, task.kind, task.checker) == ("70", "C", "business", Checker.CHOICE)
    assert task.turns == ("Typical bodies forbid …\nA. Safe practices\nB. Distress\nC. Fear\n" + CHOOSE,)


def test_our_own(tmp_path: Path) -> None:
    records = [
        OWN,
        {"turns": ["what is 47 plus 38", "and double that"], "answer": 170, "kind": "follow_up", "id": "f1"},
        {"question": "when", "answer": "7:30"},
        {"question": "who", "answer": "Anna"},
        {"question": "tell me a joke", "kind": "out", "checker": "honest"},
    ]
    tasks = read_tasks(file_of(tmp_path, *records)).tasks
    assert [task.checker.value for task in tasks] == ["math", "math", "text", "text", "honest"]
    assert tasks[1].turns == ("what is 47 plus 38", "and double that") and tasks[1].answer == "170"
    assert [task.id for task in tasks] == ["00001", "f1", "00003", "00004", "00005"]
    assert [task.kind for task in tasks] == ["sums", "follow_up", "all", "all", "out"]


def test_a_format_can_be_forced(tmp_path: Path) -> None:
    path = file_of(tmp_path, {"question": "is #### a sign", "answer": "#### is"})
    assert read_tasks(path).tasks[0].answer == "is"
    assert read_tasks(path, "sotto").tasks[0].answer == "#### is"
    assert tuple(OPTION) == ("auto", *FORMATS)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "is empty; it should hold one task a line"),
        (["  "], "is empty"),
        ([OWN, "", OWN], ":2: the line is empty"),
        (["", OWN], ":1: the line is empty"),
        ([OWN, "{not"], ":2: not JSON (Expecting property name"),
        (["[1, 2]"], ":1: should be an object"),
        ([OWN, {"answer": "4"}], ":2: the field 'question' is missing (there is 'answer') [format sotto]"),
        ([{"question": "q"}], ":1: the field 'answer' is missing"),
        ([{"question": "  ", "answer": "4"}], ":1: the field 'question' is empty"),
        ([{"question": "q", "answer": None}], ":1: the field 'answer' should be text, not NoneType"),
        ([{"question": "q", "answer": True}], ":1: the field 'answer' should be text, not bool"),
        ([OWN | {"checker": "maths"}], ":1: the checker 'maths' is not known; there are math, choice, text, honest"),
        ([OWN | {"checker": "domain"}], ":1: the checker 'domain' is not known"),
        ([OWN | {"turns": ["a"]}], ":1: has both 'question' and 'turns'"),
        ([{"turns": [], "answer": "4"}], ":1: the field 'turns' should be a list of texts"),
        ([{"turns": ["a", ""], "answer": "4"}], ":1: the field 'turns' should be a list of texts, none of them empty"),
        ([OWN | {"id": "x"}, OWN | {"id": "x"}], ":2: the id 'x' is that of line 1"),
        ([GSM, {"question": "q", "answer": "42"}], ":2: the field 'answer' does not end with '#### '"),
        ([MATH, MATH | {"answer": ""}], ":2: the field 'answer' is empty [format math-500]"),
        ([MMLU | {"options": ["one"]}], ":1: the field 'options' should be a list of 2 to 10 texts"),
        ([MMLU | {"answer": "D"}], ":1: the field 'answer' is 'D'; it should be one of A, B, C"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, lines: list[Any], said: str) -> None:
    with pytest.raises(InputError) as error:
        read_tasks(file_of(tmp_path, *lines))
    assert said in str(error.value) and str(tmp_path) in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*none\.jsonl: No such file"):
        read_tasks(tmp_path / "none.jsonl")
    (tmp_path / "x.jsonl").write_bytes(b'{"question": "\xff"}')
    with pytest.raises(InputError, match="is not text in UTF-8"):
        read_tasks(tmp_path / "x.jsonl")


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "w.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(OWN).encode() + b"\r\n" + json.dumps(GSM).encode() + b"\r\n\r\n")
    assert len(read_tasks(path, "sotto").tasks) == 2


def test_some_of_a_file_are_drawn_by_the_seed_in_its_order(tmp_path: Path) -> None:
    path = file_of(tmp_path, *(OWN | {"id": f"{number:02}"} for number in range(50)))
    some, again, other = read_tasks(path, count=10), read_tasks(path, count=10), read_tasks(path, count=10, seed=1)
    assert some == again != other
    assert [task.id for task in some.tasks] == sorted(task.id for task in some.tasks)
    assert some.tasks[-1].id > "25", "not merely the first ten"
    assert read_tasks(path, count=99) == read_tasks(path)


def test_parquet_without_pyarrow_is_told_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"needs the package pyarrow.*to_json"):
        read_tasks(tmp_path / "test.parquet")


def test_parquet_with_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a stand-in for pyarrow, which is not among our packages."""
    table = types.SimpleNamespace(to_pylist=lambda: [MMLU, MMLU | {"question_id": 71}])
    module: Any = types.ModuleType("pyarrow")
    module.ArrowException = type("ArrowException", (Exception,), {})
    module.parquet = types.SimpleNamespace(read_table=lambda _: table)
    monkeypatch.setitem(sys.modules, "pyarrow", module)
    assert [task.id for task in read_tasks(tmp_path / "test.parquet").tasks] == ["70", "71"]


def test_the_task_files_of_the_project_can_be_read() -> None:
    beyond, follow_ups = read_tasks(ASSETS / "out_of_domain.jsonl"), read_tasks(ASSETS / "follow_ups.jsonl")
    assert len(beyond.tasks) == 100 and {task.checker for task in beyond.tasks} == {Checker.HONEST}
    assert len({task.question for task in beyond.tasks}) == 100
    assert len(follow_ups.tasks) == 60 and {len(task.turns) for task in follow_ups.tasks} == {2, 3}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"question": "2 plus \\ud800", "answer": 5}', ":1: '\\\\ud800' is half a character; write it whole"),
        ('{"question": "a", "answer": ' + "9" * 5000 + "}", ":1: cannot be read as JSON"),
        ("[" * 100_000, ":1: cannot be read as JSON"),
    ],
)
def test_json_that_python_cannot_hold_is_refused_in_one_line(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_tasks(file_of(tmp_path, line))
