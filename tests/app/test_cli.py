"""The command line: exit codes, what goes to stdout and stderr, and the words that meet the user."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli
from app.cli import main
from app.commands import BY_NAME, COMMANDS, Command, find_command
from app.config import Settings
from app.errors import InputError, RunError, UsageError
from app.options import parse

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SOTTO_")]:
        monkeypatch.delenv(name)


class Outcome:
    """What one call of `main` returned and printed."""

    def __init__(self, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        self.code = main(words)
        self.out, self.err = capsys.readouterr()


def launch(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The real thing in a process of its own."""
    return subprocess.run(
        [sys.executable, "launch.py", *words], cwd=ROOT, capture_output=True, text=True, env=os.environ | environ
    )


# finding the command


def test_no_command_means_the_page() -> None:
    assert find_command([])[0].name == "ui"
    assert find_command(["--port", "80"]) == (BY_NAME["ui"], ["--port", "80"])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help_with_the_shared_options(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome([command.name, "--help"], capsys)
    assert (outcome.code, outcome.err) == (0, "")
    for option in ("--model", "--device", "--dtype", "--method", "--step-ms", "--config"):
        assert option in outcome.out


def test_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome(["--help"], capsys)
    assert outcome.code == 0
    assert all(f"  {command.name} " in outcome.out for command in COMMANDS)


def test_version_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert Outcome(["--version"], capsys).out.startswith("sotto 0.")


# wrong usage


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chatt"], "there is no command 'chatt'; did you mean 'chat'?"),
        (["frobnicate"], "there are ui, serve, api-key, talk, chat, ask"),
        (["--prot", "80"], "unknown option '--prot'; did you mean '--port'?"),
        (["ask", "--text", "x", "--zzz=1"], "unknown option '--zzz'; see"),
        (["ui", "stray"], "unexpected argument 'stray'"),
        (["--model", "x", "chat"], "the command comes first: sotto chat [options]"),
        (["--port", "many"], "option --port is 'many'; it should be a valid integer"),
        (["doctor", "--method", "asinc"], "did you mean 'async'?"),
        (["doctor", "--config", "/no/such.toml"], "cannot read the configuration file /no/such.toml"),
        (["ask"], "one of the arguments --text --audio is required"),
        (["ask", "--text", "a", "--audio", "b"], "not allowed with argument"),
        (["ask", "--text", "  "], "the question is empty"),
        (["ask", "--audio", "/no/such.wav"], "/no/such.wav"),
        (["ask", "--text", "a", "--out", "/no/such/folder/a.wav"], "there is no folder /no/such/folder"),
        (["ask", "--text", "a", "--events", "/"], "it is a folder"),
        (["bench", "--context", "0"], "0 is less than 1"),
        (["bench", "--json", "/no/such/folder/b.json"], "there is no folder /no/such/folder"),
        (["eval", "--json", "/"], "it is a folder"),
        (["ask", "--tex", "abbreviated"], "unknown option '--tex'; did you mean '--text'?"),
    ],
)
def test_wrong_usage_is_one_line_on_stderr_and_exit_code_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = Outcome(words, capsys)
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("sotto: ")
    assert outcome.err.count("\n") == 1
    assert said in outcome.err


def test_a_file_that_is_no_wav_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    song = tmp_path / "song.wav"
    song.write_bytes(b"ID3 this is no WAV file")
    outcome = Outcome(["ask", "--audio", str(song)], capsys)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert str(song) in outcome.err


# what the options become


def parsed(*words: str) -> Settings:
    return parse(BY_NAME["ui"], BY_NAME["ui"].load().add_arguments, list(words))[1]


def test_flags_win_over_environment_and_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "s.toml"
    file.write_text('method = "think"\nseed = 1\nport = 1')
    monkeypatch.setenv("SOTTO_SEED", "2")
    monkeypatch.setenv("SOTTO_PORT", "2")
    settings = parsed("--config", str(file), "--port", "3")
    assert (settings.method, settings.seed, settings.port) == ("think", 2, 3)


def test_configuration_file_can_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "s.toml"
    file.write_text("port = 1234")
    monkeypatch.setenv("SOTTO_CONFIG", str(file))
    assert parsed().port == 1234


# what goes wrong while running


def failing_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

        def run(self, args: argparse.Namespace, settings: Settings) -> int:
            raise error

    monkeypatch.setattr(Command, "load", lambda self: Failing())


class EngineError(Exception):
    """Stands for the engine's error tree, whose module is loaded only where a model is."""


class ModelNotFound(EngineError): ...


class EngineFull(EngineError): ...


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError("no such file"), 2, "no such file"),
        (RunError("port 80 is in use"), 1, "port 80 is in use"),
        (UsageError("not so"), 2, "not so"),
        (ModelNotFound("run: hf download X"), 2, "run: hf download X"),
        (EngineFull("the arena is full"), 1, "the arena is full"),
        (ModuleNotFoundError("No module named 'x'", name="soxr.deep"), 1, "'soxr' is not installed; install with:"),
        (ValueError("two\nlines"), 1, "unexpected ValueError: two lines (SOTTO_DEBUG=1 shows where)"),
    ],
)
def test_failure_is_one_line_and_an_exit_code(
    error: Exception, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing_with(error, monkeypatch)
    monkeypatch.setattr(cli, "PACKAGE_ERRORS", {__name__: "EngineError"})
    outcome = Outcome(["ui"], capsys)
    assert outcome.code == code
    assert outcome.err.count("\n") == 1
    assert said in outcome.err


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing_with(RunError("broken"), monkeypatch)
    monkeypatch.setenv("SOTTO_DEBUG", "1")
    outcome = Outcome(["ui"], capsys)
    assert outcome.code == 1
    assert "Traceback" in outcome.err
    assert outcome.err.endswith("sotto: broken\n")


def test_interrupt_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing_with(KeyboardInterrupt(), monkeypatch)
    outcome = Outcome(["ui"], capsys)
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "")


def test_the_names_of_wrong_input_exist_in_the_error_trees() -> None:
    import audio.errors
    import engine.errors

    for name in cli.WRONG_NAMES:
        assert hasattr(engine.errors, name) or hasattr(audio.errors, name), name
    for module, base in ((engine.errors, "EngineError"), (audio.errors, "AudioError")):
        assert base == cli.PACKAGE_ERRORS[module.__name__]


# in a process of its own


def test_launch_exits_with_the_code_of_the_command() -> None:
    wrong = launch("--prot", "1")
    assert (wrong.returncode, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)
    assert "Traceback" not in wrong.stderr


def test_reader_that_goes_away_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "launch.py", "--help"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
