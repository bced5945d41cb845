"""Outcomes on disk as they come, so that a run that ends early can go on: JSON lines, the first says what was measured.

Every line is written through at once; the rest of a line that was being written when the power went is dropped. One
run writes to it at a time.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from app.errors import InputError, RunError
from app.evaluation.attempt import Outcome
from app.evaluation.grid import Cell

if sys.platform != "win32":
    import fcntl

Key = tuple[Cell, str]  # a setting of the grid and a task's id


def journal_path(json_path: Path) -> Path:
    """`results.json` has its outcomes in `results.outcomes.jsonl`."""
    return json_path.with_suffix(".outcomes.jsonl")


def check_free(path: Path) -> None:
    """Raises InputError if there are outcomes already; asked before a model is loaded."""
    if _read(path):
        raise InputError(f"{path} holds the outcomes of an earlier run; go on with it by --resume, or remove it")


class Journal:
    """Outcomes of one measurement. outcomes: what it held when opened, but for failures, which are tried again."""

    def __init__(self, path: Path, header: Mapping[str, Any], resume: bool) -> None:
        """Raises InputError if the file is there and not to be resumed, was made of something else, is damaged, or is
        another run's at this moment.
        """
        self.path, self.outcomes = path, dict[Key, Outcome]()
        self._file = _open(path)
        try:
            if not resume:
                check_free(path)
            self._take_up(header)
        except BaseException:
            self._file.close()
            raise

    def _take_up(self, header: Mapping[str, Any]) -> None:
        """Reads what is there, and leaves the file at the end of its last whole line."""
        path = self.path
        lines = _read(path).split("\n")[:-1]
        if lines:
            _compare(path, _object(path, 1, lines[0]), dict(header))
        for number, line in enumerate(lines[1:], 2):
            outcome = _outcome(path, number, line)
            if not outcome.failed:
                self.outcomes[Cell(outcome.method, outcome.patience), outcome.task] = outcome
        kept = "".join(f"{line}\n" for line in lines) or json.dumps(dict(header)) + "\n"
        try:
            self._file.write(kept)
            self._file.truncate()
            self._file.flush()
        except OSError as error:
            raise RunError(f"cannot write {path}: {error.strerror}") from None

    def add(self, outcome: Outcome) -> None:
        """Raises RunError if it cannot be written."""
        try:
            self._file.write(json.dumps(asdict(outcome), ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError as error:
            raise RunError(f"cannot write {self.path}: {error.strerror}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()


def _read(path: Path) -> str:
    """All whole lines. A last line without its end was cut short when its run was; a file that begins otherwise than
    outcomes do is somebody else's.
    """
    try:
        content = path.read_bytes() if path.exists() else b""
        if content[:1] not in (b"", b"{"):
            raise ValueError
        return content[: content.rfind(b"\n") + 1].decode()
    except ValueError:
        raise InputError(f"{path} is not a file of outcomes; remove it or name another --json") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None


def _open(path: Path) -> IO[str]:
    """The file as it is, or a new one, for this run alone (where the system can see to it)."""
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+", encoding="utf-8", newline="\n")
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}") from None
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise InputError(f"{path} is written by another run now; wait for it, or name another --json") from None
        except OSError:  # a file system without locks
            pass
    return file


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{path}:{number}: not an outcome; the file is damaged: remove the line, or the file")
    return found


def _outcome(path: Path, number: int, line: str) -> Outcome:
    found = _object(path, number, line)
    if found.keys() != {field.name for field in fields(Outcome)}:
        raise InputError(f"{path}:{number}: not an outcome of this version; remove the file to begin anew")
    try:
        return Outcome(**found | {"phrases": tuple((step, words) for step, words in found["phrases"])})
    except (TypeError, ValueError):
        raise InputError(
            f"{path}:{number}: not an outcome; the file is damaged: remove the line, or the file"
        ) from None


def _compare(path: Path, was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Raises InputError that tells what differs."""
    differ = [name for name in dict.fromkeys((*now, *was)) if was.get(name) != now.get(name)]
    if differ:
        told = "; ".join(f"{name} {_brief(was.get(name))}, now {_brief(now.get(name))}" for name in differ)
        raise InputError(f"cannot resume {path}: it was made with {told}; remove it to begin anew")


def _brief(value: object) -> str:
    text = str(value)
    return text if len(text) <= 24 else f"{text[:12]}…"
