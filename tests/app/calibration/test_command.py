"""`calibrate` from its words to its output."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerBase

import app.calibration.command as command
from app.cli import main
from app.demo.problems import SUM_FAMILIES, sample_problem
from app.demo.problems.kind import with_kind
from engine.engine import Engine
from engine.loading import load_tokenizer
from engine.prompts import read_prompts
from tests.app.calibration.test_samples import engine_of, own_words
from tests.engine.scripted import Script
from tests.engine.tiny_qwen3 import save_tiny_qwen3

PROMPTS = Path(__file__).parents[3] / "assets" / "prompts"
RNG = random.Random("calibrate:0")
PROBLEMS = [with_kind(sample_problem(RNG, held_out=False, families=SUM_FAMILIES)) for _ in range(20)]
GATE = (-4.0, -3.0, 1.0, -4.5, 6.0, -2.0, 5.0, -1.0, 4.0)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    return load_tokenizer(save_tiny_qwen3(tmp_path_factory.mktemp("tiny-qwen3")))


@pytest.fixture
def engine(tokenizer: PreTrainedTokenizerBase, monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = engine_of(tokenizer, {one.question: own_words(one, GATE) for one in PROBLEMS})
    monkeypatch.setattr(command, "build_engine", lambda settings: made)
    return made


def test_it_prints_the_lines_and_writes_them_where_asked(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts, figures = tmp_path / "mine.toml", tmp_path / "figures.json"
    prompts.write_bytes((PROMPTS / "demo.toml").read_bytes())
    assert main(["calibrate", "--n", "20", "--write", str(prompts), "--json", str(figures)]) == 0
    out, err = capsys.readouterr()
    told = json.loads(figures.read_text())
    bias, scale = f"{told['calibration']['bias']:.3f}", f"{told['calibration']['scale']:.4f}"
    assert out.endswith(f"[gate] of prompts 'demo':\nbias = {bias}\nscale = {scale}\n")
    gate = read_prompts(prompts).gate
    assert (gate.bias, gate.scale) == (float(bias), float(scale))
    assert told["labels"] == "paragraphs" and told["count"] == len(told["samples"]) > 20
    assert f"{told['count']} answers of the gate, thoughts ahead in {told['ahead']}; AUC {told['auc']:.4f}" in out
    assert "20/20; asked by paragraphs\n" in err
    labelled = len({turn for turn, _, _ in told["samples"]})
    assert f"{labelled} of 20 turns could be labelled" in err and labelled >= 18


def test_a_model_that_thinks_otherwise_needs_tasks(
    tokenizer: PreTrainedTokenizerBase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = engine_of(tokenizer, {one.question: Script("Hm.\n\n", "It is 5.") for one in PROBLEMS})
    monkeypatch.setattr(command, "build_engine", lambda settings: other)
    assert main(["calibrate", "--n", "3"]) == 1
    assert "does not think in the paragraphs of the bundled model's problems" in capsys.readouterr().err


def test_tasks_are_labelled_by_their_outcome(
    tokenizer: PreTrainedTokenizerBase,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Four are too few, and that is told."""
    tasks = tmp_path / "tasks.jsonl"
    lines = [{"question": f"what is {number}", "answer": str(number), "kind": "sums"} for number in range(4)]
    tasks.write_text("".join(json.dumps(line) + "\n" for line in lines))
    made = engine_of(tokenizer, {f"what is {number}": Script("So.\n\n", f"It is {number}.") for number in range(4)})
    monkeypatch.setattr(command, "build_engine", lambda settings: made)
    assert main(["calibrate", "--tasks", str(tasks)]) == 1
    assert "of 4 answers of the gate the thoughts were ahead in 4; at least 10 are needed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--label-noise", "0.7"], "is not between 0 and 0.5"),
        (["--json", "/"], "it is a folder"),
        (["--method", "async"], "--method: calibrate asks the gate of async turns"),
        (["--patience", "0.5"], "--patience: calibrate asks the gate of async turns at every patience; leave it out"),
        (["--write", "/nowhere/x.toml"], "there is no folder"),
        (["--tasks", "/nowhere.jsonl"], "cannot read /nowhere.jsonl"),
    ],
)
def test_wrong_words_are_told_before_anything_is_loaded(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", *words]) == 2
    assert told in capsys.readouterr().err
