"""README says what is there: its commands, options, links and the test command that continuous integration runs."""

import re
import subprocess
from pathlib import Path

import pytest

from app.cli import main
from app.commands import COMMANDS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST_SCREEN = "\n".join(README.splitlines()[:24])


def test_first_screen_holds_the_two_one_line_commands() -> None:
    blocks = re.findall(r"```bash\n(.*?)\n```", FIRST_SCREEN, re.DOTALL)
    assert len(blocks) == 2
    assert all("\n" not in block and block.startswith("python3 -m venv .venv && ") for block in blocks)
    assert blocks[0].endswith("launch.py")
    assert blocks[1].endswith("-m pytest")


def test_continuous_integration_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    extraction = next(line for line in script.splitlines() if line.startswith("test_command="))
    result = subprocess.run(
        ["bash", "-c", f'{extraction}; echo "$test_command"'], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert f"```bash\n{result.stdout}```" in FIRST_SCREEN


def test_command_table_lists_every_command_and_no_other() -> None:
    table = README.partition("## Commands")[2].partition("\n\n`--method`")[0]
    listed = re.findall(r"^\| `([a-z-]+)", table, re.MULTILINE)
    assert listed == ["python", *(command.name for command in COMMANDS)]  # the heading, then the commands


def test_every_option_named_in_the_readme_exists(capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        assert main([command.name, "--help"]) == 0
    known = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    others = {"--index-url", "--prefix"}  # of pip and npm
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) - others <= known


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_every_link_within_the_repository_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
