"""`launch.py eval` from its words to its files, on an engine that answers from a script."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from transformers import PreTrainedTokenizerBase

from app.cli import main
from app.errors import INTERRUPTED
from app.evaluation import command
from app.evaluation.attempt import Outcome
from app.evaluation.grid import Cell, cells
from app.evaluation.progress import LINE_EVERY_S, Bar
from app.evaluation.task import Task
from engine.engine import Engine
from tests.app.evaluation.scripted_tasks import engine_that
from tests.engine.scripted import Script

LINES = [{"question": f"what is {n} plus {n}", "answer": str(2 * n), "kind": "sums"} for n in range(1, 5)]
SMALL = [{"question": "tell me a joke", "kind": "small talk", "checker": "text", "answer": "no"}]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with the task file `tasks.jsonl`."""
    (tmp_path / "tasks.jsonl").write_text("\n".join(map(json.dumps, LINES + SMALL)) + "\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def engines(files: Path, tokenizer: PreTrainedTokenizerBase, monkeypatch: pytest.MonkeyPatch) -> list[Engine]:
    """Puts an engine that is right about all but one question in the model's place; the list fills with those made."""
    from app.evaluation.task_file import read_tasks

    tasks = read_tasks(files / "tasks.jsonl").tasks
    made: list[Engine] = []

    def say(task: Task) -> Script:
        return Script(
            thoughts="Hm.\n\n", answer="I will see.\n\n" + f"It is {'9' if task.id == '00003' else task.answer}."
        )

    def build(_: object) -> Engine:
        engine = engine_that(tokenizer, say, tasks)
        runner: Any = engine.runner
        runner.model, runner.dtype = torch.nn.Linear(2, 2, bias=False), torch.float32
        torch.nn.init.ones_(runner.model.weight)
        made.append(engine)
        return engine

    monkeypatch.setattr(command, "build_engine", build)
    return made


def evaluate(files: Path, *words: str) -> int:
    return main(["eval", "--tasks", str(files / "tasks.jsonl"), "--json", str(files / "r.json"), *words])


def outcomes_of(files: Path) -> list[dict[str, Any]]:
    _, *lines = (files / "r.outcomes.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_grid_is_measured_and_told(engines: list[Engine], files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chart = files / "c.svg"
    assert evaluate(files, "--methods", "async", "think", "--patience", "0", "0.5", "--chart", str(chart)) == 0
    out, err = capsys.readouterr()
    head, *lines = out.splitlines()
    assert head.split()[:4] == ["method", "n", "right", "%"]
    assert [line.split("  ")[0] for line in lines[:3]] == ["async 0", "async 0.5", "think"]
    assert all("80.0 [37.6–96.4]" in line for line in lines[:3])
    assert "small talk" in out and "3/4" in out, "right answers by kind"
    assert "simulated, not measured: 100 ms a step, speech at 165 words a minute" in out
    assert "ttfat is not measured with 8 conversations at once" in out
    assert err.endswith("15/15; think: 4 of 5 right\n")
    assert b"<svg" in chart.read_bytes()
    document = json.loads((files / "r.json").read_text(encoding="utf-8"))
    assert [(row["method"], row["patience"]) for row in document["rows"]] == [
        ("async", 0.0), ("async", 0.5), ("think", None),
    ]  # fmt: skip
    assert document["rows"][0]["accuracy"] == {"mean": 0.8, "interval": [0.3755, 0.9638]}
    assert document["simulation"] == {"step_ms": 100.0, "rate_wpm": 165}
    assert {"made", "model", "weights", "seed", "tasks_sha256", "machine", "versions"} <= document.keys()
    assert len(outcomes_of(files)) == 15
    assert [o["task"] for o in outcomes_of(files) if not o["right"]] == ["00003"] * 3


def test_alone_the_time_to_the_first_word_is_measured(
    engines: list[Engine], files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(files, "--methods", "no-think", "--at-once", "1", "--step-ms", "50") == 0
    out = capsys.readouterr().out
    assert "ttfat ms" in out and "ttfat: measured on this machine" in out and "50 ms a step" in out


def interrupting(after: int) -> Callable[..., None]:
    """In place of `Bar.take`: Ctrl-C at this outcome."""
    calls = itertools.count(1)

    def take(self: Bar, label: str, right: bool) -> None:
        if next(calls) == after:
            raise KeyboardInterrupt

    return take


def test_an_interrupted_run_goes_on_where_it_was(
    engines: list[Engine], files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Bar, "take", interrupting(7))
        assert evaluate(files, "--methods", "async", "think") == INTERRUPTED
    told = capsys.readouterr()
    assert told.out == "" and "r.outcomes.jsonl; the same command with --resume goes on" in told.err
    assert "interrupted after 7 of 10: kept in " in told.err
    assert len(outcomes_of(files)) == 7 and not (files / "r.json").exists()
    assert not engines[0].conversations

    assert evaluate(files, "--methods", "async", "think") == 2
    assert "go on with it by --resume" in capsys.readouterr().err
    assert len(engines) == 1, "told before a model is loaded"
    opened = count_opened(monkeypatch)
    assert evaluate(files, "--methods", "async", "think", "--resume") == 0
    assert len(opened) == 3, "only what was not done"
    resumed = [without_spread(outcome) for outcome in outcomes_of(files)]
    for path in files.glob("r.*"):
        path.unlink()
    assert evaluate(files, "--methods", "async", "think") == 0
    whole = [without_spread(outcome) for outcome in outcomes_of(files)]
    assert sorted(resumed, key=str) == sorted(whole, key=str), "as if it had never been interrupted"


def without_spread(outcome: dict[str, Any]) -> dict[str, Any]:
    """Without the steps, which depend on who else was reading."""
    return {name: outcome[name] for name in ("method", "task", "answer", "right", "missing", "thoughts", "tokens")}


def count_opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    opened: list[str] = []
    real = Engine.open

    def noting(self: Engine, method: str = "async", *rest: Any, **named: Any) -> Any:
        opened.append(method)
        return real(self, method, *rest, **named)

    monkeypatch.setattr(Engine, "open", noting)
    return opened


def test_a_grown_grid_measures_only_what_is_new(engines: list[Engine], files: Path) -> None:
    assert evaluate(files, "--methods", "async") == 0
    assert evaluate(files, "--methods", "async", "no-think", "--resume") == 0
    methods = [outcome["method"] for outcome in outcomes_of(files)]
    assert methods == ["async"] * 5 + ["no-think"] * 5
    rows = json.loads((files / "r.json").read_text(encoding="utf-8"))["rows"]
    assert [row["method"] for row in rows] == ["async", "no-think"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (["--n", "3"], "n 5, now 3"),
        (["--seed", "3"], "seed 0, now 3"),
        (["--instruction", "Be brief."], "tasks_sha256"),
        (["--temperature", "0.6"], "temperature 0.0, now 0.6"),
    ],
)
def test_a_run_of_something_else_is_not_resumed(
    engines: list[Engine], files: Path, capsys: pytest.CaptureFixture[str], changed: list[str], said: str
) -> None:
    assert evaluate(files, "--methods", "no-think") == 0
    capsys.readouterr()
    before = (files / "r.outcomes.jsonl").read_bytes()
    assert evaluate(files, "--methods", "no-think", "--resume", *changed) == 2
    err = capsys.readouterr().err
    assert err.startswith("sotto: cannot resume ") and said in err and err.count("\n") == 1
    assert (files / "r.outcomes.jsonl").read_bytes() == before


def test_other_weights_of_the_same_model_are_another_measurement(
    engines: list[Engine], files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert evaluate(files, "--methods", "no-think") == 0
    real = command.weights_digest
    monkeypatch.setattr(command, "weights_digest", lambda engine: real(engine)[::-1])
    assert evaluate(files, "--methods", "no-think", "--resume") == 2
    assert "weights " in capsys.readouterr().err


def test_weights_are_told_apart(engines: list[Engine], files: Path) -> None:
    evaluate(files, "--methods", "no-think")
    (engine,) = engines
    before = command.weights_digest(engine)
    assert command.weights_digest(engine) == before
    with torch.no_grad():
        engine.runner.model.weight[1, 1] += 1e-3
    assert command.weights_digest(engine) != before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--methods", "asinc"], "--methods asinc: available are async"),
        (["--patience", "1.5"], "--patience 1.5: it should be from 0 to 1"),
        (["--patience", "many"], "argument --patience: invalid float value: 'many'"),
        (["--methods", "think", "--patience", "0.5"], "--patience: none of the methods think has a gate"),
        (["--families", "weather"], "--families weather: available are "),
        (["--tasks", "/no/such.jsonl"], "cannot read /no/such.jsonl"),
        (["--tasks", "x", "--families", "chain"], "--families chooses generated problems"),
        (["--format", "gsm8k"], "--format and --instruction concern a task file"),
        (["--resume"], "--resume goes on with the outcomes beside --json"),
        (["--chart", "c.pdf"], "--chart c.pdf: its name should end with .png or .svg"),
        (["--chart", "/no/such/c.png"], "there is no folder /no/such"),
        (["--at-once", "0"], "0 is less than 1"),
        (["--method", "think"], "--method think: eval compares methods; use --methods think"),
        (["--live", "--method", "think"], "--method think: eval compares methods"),
        (["--live", "--at-once", "8", "--format", "auto"], "leave out --at-once, --format"),
        (["--word-steps", "6"], "--word-steps: of questions that are heard word by word; add --live"),
        (["--late-steps", "12", "--word-steps", "3"], "--word-steps, --late-steps: of questions"),
        (
            ["--live", "--tasks", "x", "--patience", "0"],
            "leave out --tasks, --patience",
        ),
    ],
)
def test_wrong_usage_is_told_before_a_model_is_loaded(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_: object) -> None:
        raise AssertionError("a model is loaded")

    monkeypatch.setattr(command, "build_engine", never)
    assert main(["eval", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("sotto: ") and err.count("\n") == 1 and said in err


def test_a_journal_that_is_in_the_way_is_told_in_one_line(
    engines: list[Engine], files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "r.outcomes.jsonl").write_bytes(b"\xff\xfe")
    assert evaluate(files, "--resume") == 2
    assert "is not a file of outcomes" in capsys.readouterr().err


def test_the_grid_has_each_setting_once() -> None:
    assert cells(["async", "think", "async"], [0.5, 0.0]) == [Cell("async", 0.5), Cell("async", 0.0), Cell("think")]
    assert cells(["hogwild", "no-think"]) == [Cell("hogwild"), Cell("no-think")]
    assert [cell.label for cell in cells(["async", "fork-join"], [0.25])] == ["async 0.25", "fork-join"]


def test_progress_is_a_line_now_and_then_where_there_is_no_terminal() -> None:
    said, now = io.StringIO(), [0.0]
    with Bar(4, 1, Console(file=said, width=80), clock=lambda: now[0]) as bar:
        bar.take("async", True)
        assert said.getvalue() == ""
        now[0] = LINE_EVERY_S
        bar.take("async", False)
        assert said.getvalue() == "3/4; async: 1 of 2 right\n"
        bar.take("think", True)
    assert said.getvalue().splitlines()[1:] == ["4/4; think: 1 of 1 right"]


def test_progress_of_what_is_not_judged_tells_only_what_is_done() -> None:
    said = io.StringIO()
    with Bar(1, 0, Console(file=said, width=80)) as bar:
        bar.take("thought through")
    assert said.getvalue() == "1/1; thought through\n"


def test_progress_is_a_bar_on_a_terminal_and_leaves_nothing_behind() -> None:
    said = io.StringIO()
    with Bar(2, 0, Console(file=said, force_terminal=True, width=80)) as bar:
        bar.take("async", True)
    assert "async: 1 of 1 right" in said.getvalue() and "1/2" in said.getvalue()


def test_every_field_of_an_outcome_is_kept(engines: list[Engine], files: Path) -> None:
    evaluate(files, "--methods", "async")
    assert all(set(outcome) == set(Outcome.__dataclass_fields__) for outcome in outcomes_of(files))
