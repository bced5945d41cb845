"""The options of a command: its own, those all commands share, and one for every setting that concerns it.

The options of settings are made from `app.config`, so that a setting's name, help and limits stand in one place.
argparse only splits the words; values of settings are checked where all layers meet, in `load_settings`.
"""

import argparse
import logging
import os
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from app.commands import BY_NAME, Command, program
from app.config import EngineSettings, Settings, choices, load_settings, option_name
from app.errors import UsageError


class Parser(argparse.ArgumentParser):
    """Reports wrong usage as UsageError: one line and no usage text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def parse(
    command: Command, add_arguments: Callable[[argparse.ArgumentParser], None], words: list[str]
) -> tuple[argparse.Namespace, Settings]:
    """The command's own arguments and the settings of all layers. Raises UsageError and SettingsError."""
    name = f"{program()} {command.name}"
    parser = Parser(prog=name, usage=f"{name} [options]", description=_sentence(command.summary))
    add_arguments(parser)
    add_settings(parser, "model and engine", EngineSettings)
    _add_shared(parser)
    _name_unknown_first(words, parser)
    args, unknown = parser.parse_known_args(words)
    if unknown:
        raise UsageError(_explain_unknown(unknown, parser))
    logging.basicConfig(level=logging.INFO if args.verbose else logging.WARNING, format="%(name)s: %(message)s")
    flags = {field: getattr(args, field) for field in Settings.model_fields if hasattr(args, field)}
    return args, load_settings(_config_file(args), os.environ, flags)


def _name_unknown_first(words: list[str], parser: Parser) -> None:
    """An unknown option is told before an argument that is missing because of it. Raises UsageError."""
    known = {option for action in parser._actions for option in action.option_strings}
    unknown = [
        word for word in words if word.startswith("--") and len(word) > 2 and word.partition("=")[0] not in known
    ]
    if unknown:
        raise UsageError(_explain_unknown(unknown, parser))


def add_settings(parser: argparse.ArgumentParser, title: str, settings: type[BaseModel]) -> None:
    """Adds one option for every field of `settings`, under a heading of their own; not where the command has an option
    of that name, with a meaning of its own.
    """
    group = parser.add_argument_group(f"settings: {title}")
    taken = {option for action in parser._actions for option in action.option_strings}
    for field, info in settings.model_fields.items():
        if option_name(field) in taken:
            continue
        if info.annotation is bool:
            switch = argparse.BooleanOptionalAction
            group.add_argument(option_name(field), dest=field, action=switch, help=_help(info), default=None)
        else:
            group.add_argument(option_name(field), dest=field, metavar=_metavar(info), help=_help(info))


def positive(text: str) -> int:
    """A whole number from 1 on, as an argparse type."""
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def check_apart(**files: Path | None) -> None:
    """Raises UsageError if two options name the same file, so that one would be written over the other."""
    named: dict[Path, str] = {}
    for name, path in files.items():
        if path is None or (path.exists() and not path.is_file()):
            continue
        other = named.setdefault(path.resolve(), name)
        if other != name:
            raise UsageError(f"{option_name(other)} and {option_name(name)} are the same file, {path}; name two")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _add_shared(parser: argparse.ArgumentParser) -> None:
    shared = parser.add_argument_group("shared by all commands")
    shared.add_argument("--config", dest="config_file", metavar="FILE", type=Path, help="settings from this TOML file")
    shared.add_argument("-v", "--verbose", action="store_true", help="log what is chosen and done to stderr")


def _config_file(args: argparse.Namespace) -> Path | None:
    named = args.config_file or os.environ.get("SOTTO_CONFIG")
    return Path(named).expanduser() if named else None


def _metavar(info: FieldInfo) -> str:
    if words := choices(info):
        return "{" + ",".join(words) + "}"
    text = str(info.annotation)
    return "N" if "int" in text or "float" in text else "TEXT"


def _help(info: FieldInfo) -> str:
    default = "auto" if info.default is None else info.default
    return f"{info.description} (default: {default})".replace("%", "%%")


def _explain_unknown(unknown: list[str], parser: argparse.ArgumentParser) -> str:
    if late := next((word for word in unknown if word in BY_NAME), None):
        return f"the command comes first: {program()} {late} [options]"
    word = unknown[0].partition("=")[0]
    if not word.startswith("-"):
        return f"unexpected argument '{word}' (see {parser.prog} --help)"
    known = [name for action in parser._actions for name in action.option_strings if name.startswith("--")]
    match = get_close_matches(word, known, n=1, cutoff=0.6)
    hint = f"did you mean '{match[0]}'?" if match else f"see {parser.prog} --help"
    return f"unknown option '{word}'; {hint}"
