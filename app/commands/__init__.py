"""The commands by name. A command is a module with `add_arguments(parser)` and `run(args, settings) -> int`.

Command modules are light: what they need to run (models, web server) they import in `run`.
"""

import argparse
import sys
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from app import __version__
from app.config import Settings
from app.errors import UsageError


class CommandModule(Protocol):
    """What a module under `app.commands` offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace, settings: Settings) -> int: ...


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the command line."""

    name: str
    summary: str

    def load(self) -> CommandModule:
        return cast(CommandModule, import_module(f"app.commands.{self.name.replace('-', '_')}"))


COMMANDS = (
    Command("ui", "talk and chat in the browser (also what runs without a command)"),
    Command("serve", "the interfaces for programs without the page: chat completions, the realtime socket, metrics"),
    Command("api-key", "make a key for programs that ask from other machines"),
    Command("talk", "talk on the desktop: hold space, or an open microphone; thoughts and answer in the terminal"),
    Command("chat", "chat in the terminal: thoughts and answer side by side as they grow"),
    Command("ask", "one question, for scripts: text or WAV in; answer on stdout, sound and events in files"),
    Command("doctor", "what is installed, chosen and missing, with the command that mends it"),
    Command("bench", "speed of the engine: ms per step"),
    Command("latency", "scripted latency measurement: spoken and typed turns, in real time, per method"),
    Command("eval", "accuracy against delay, per method"),
    Command("calibrate", "what the gate's answers of a model mean: its bias and scale, without training"),
    Command("train-demo", "rebuild the bundled model from its recipe"),
)
BY_NAME = {command.name: command for command in COMMANDS}


def program() -> str:
    """The name Sotto was started by: `launch.py` or `sotto`."""
    name = Path(sys.argv[0]).name
    return name if name in {"launch.py", "sotto"} else "sotto"


def find_command(words: list[str]) -> tuple[Command, list[str]]:
    """The command that `words` begin with (`ui` if they begin with an option), and the words after it.

    Prints and raises SystemExit for --help and --version; raises UsageError for an unknown command.
    """
    if not words:
        return BY_NAME["ui"], []
    first, *rest = words
    if first in {"-h", "--help", "help"}:
        print(overview())
        raise SystemExit(0)
    if first == "--version":
        print(f"sotto {__version__}")
        raise SystemExit(0)
    if first in BY_NAME:
        return BY_NAME[first], rest
    if first.startswith("-"):
        return BY_NAME["ui"], words
    raise UsageError(f"there is no command '{first}'; {_hint(first)}")


def overview() -> str:
    """The help text of the program as a whole."""
    width = max(len(command.name) for command in COMMANDS) + 2
    lines = [f"  {command.name:<{width}}{command.summary}" for command in COMMANDS]
    return "\n".join(
        [
            f"usage: {program()} [command] [options]",
            "",
            "Sotto thinks while it listens and while it speaks.",
            "",
            "commands:",
            *lines,
            "",
            f"`{program()} COMMAND --help` lists the options of a command. Every setting can also stand in a TOML file",
            "(--config FILE) or in the environment (SOTTO_MODEL, SOTTO_PORT, …).",
        ]
    )


def _hint(word: str) -> str:
    match = get_close_matches(word, BY_NAME, n=1, cutoff=0.5)
    return f"did you mean '{match[0]}'?" if match else f"there are {', '.join(BY_NAME)}"
