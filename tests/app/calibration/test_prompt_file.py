"""Bias and scale in a prompt file: those lines change, nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from app.calibration.prompt_file import calibrated, read_text
from app.errors import InputError
from engine.patience import Calibration
from engine.prompts import Prompts

PROMPTS = Path(__file__).parents[3] / "assets" / "prompts"
FOUND = Calibration(bias=0.2316, scale=0.23791)


def written(text: str, inverted: bool = False, name: str = "demo", calibration: Calibration = FOUND) -> str:
    return calibrated(text, name, calibration, inverted, "demo.toml")


def plain(name: str) -> str:
    """The family's file without what somebody calibrated."""
    lines = (PROMPTS / f"{name}.toml").read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(("bias", "scale")))


@pytest.mark.parametrize("name", ["demo", "qwen3"])
def test_new_lines_are_added_to_the_gate_and_every_other_line_stays(name: str) -> None:
    text = plain(name)
    changed = written(text, name=name)
    gate = Prompts.model_validate(tomllib.loads(changed)).gate
    assert (gate.bias, gate.scale) == (0.232, 0.2379)
    added = [line for line in changed.splitlines() if line not in text.splitlines()]
    assert added == ["bias = 0.232", "scale = 0.2379"]
    assert changed.replace("bias = 0.232\nscale = 0.2379\n", "") == text


def test_lines_that_are_there_are_replaced_and_their_comments_kept() -> None:
    once = written(plain("demo")).replace("bias = 0.232\n", "bias = 0.232   # of 21 November\n")
    twice = written(once, calibration=Calibration(-1.5, 2.0))
    assert "bias = -1.500   # of 21 November\n" in twice and "scale = 2.0000\n" in twice
    assert twice.count("bias") == once.count("bias") and len(twice.splitlines()) == len(once.splitlines())


def test_a_question_turned_round_has_lines_of_its_own() -> None:
    text = plain("qwen3")
    gate = Prompts.model_validate(tomllib.loads(written(text, inverted=True, name="qwen3"))).gate
    assert gate.inversion is not None
    assert (gate.bias, gate.scale) == (0.0, 1.0)
    assert (gate.inversion.bias, gate.inversion.scale) == (0.232, 0.2379)


def test_files_that_do_not_fit_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no section \[gate.inversion\]; is it the prompt file of 'demo'"):
        written(plain("demo"), inverted=True)
    with pytest.raises(InputError, match="holds the prompts 'qwen3'; what was calibrated are 'demo'"):
        written(plain("qwen3"))
    with pytest.raises(InputError, match="is not a valid prompt file"):
        written("[gate]\nquestion = 3\n")
    with pytest.raises(InputError, match="cannot read the prompt file"):
        read_text(tmp_path / "none.toml")
