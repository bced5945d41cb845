"""The examples of the document, run word for word but for the port."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.api.requests import NEUTRAL
from app.cli import main
from tests.app.api.conftest import WAIT_S, Running
from tests.conftest import Require

DOCUMENT = (Path(__file__).parents[3] / "assets" / "docs" / "api.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:7860"


def example(language: str, running: Running) -> str:
    """The first block in this language, for the server that runs."""
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found is not None and ADDRESS in found[1]
    return found[1].replace(ADDRESS, running.url)


def test_the_curl_example_answers(running: Running, require: Require) -> None:
    require("curl")
    done = subprocess.run(
        ["bash", "-c", example("bash", running)], capture_output=True, text=True, check=True, timeout=WAIT_S
    )
    assert "85" in json.loads(done.stdout)["choices"][0]["message"]["content"]


def test_the_python_example_answers_while_it_thinks(running: Running) -> None:
    script = example("python", running)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=WAIT_S)
    answer = re.sub(r"\([^)]*\)", "", done.stdout)
    assert "82" in answer and "(" in done.stdout[done.stdout.index(answer[:3].strip()) :]


def test_its_options_exist_and_what_it_refuses_by_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("serve", "api-key"):
        assert main([command, "--help"]) == 0
    known = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", DOCUMENT)) <= known
    refused = DOCUMENT.partition("What this server cannot do")[2].partition("`system`")[0]
    assert set(re.findall(r"`(\w+)`", refused)) <= set(NEUTRAL)
