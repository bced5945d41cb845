"""A task file from disk: JSON lines, or parquet where pyarrow is installed. Errors name the file and the line."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.errors import InputError
from app.evaluation.datasets import FORMATS, BadRecord, Record, detect
from app.evaluation.task import Task, TaskSet

AUTO = "auto"


def read_tasks(path: Path, format_name: str = AUTO, count: int | None = None, seed: int = 0) -> TaskSet:
    """All tasks of a file, or `count` of them drawn by the seed, in the file's order. Raises InputError.

    format_name: one of FORMATS; `auto` tells it from the first line's fields.
    """
    tasks = list(_tasks(path, format_name))
    if not tasks:
        raise InputError(f"{path} is empty; it should hold one task a line")
    if count is not None and count < len(tasks):
        chosen = sorted(random.Random(f"tasks:{seed}").sample(range(len(tasks)), count))
        tasks = [tasks[index] for index in chosen]
    return TaskSet(path.name, tuple(tasks))


def _tasks(path: Path, format_name: str) -> Iterator[Task]:
    known: dict[str, int] = {}
    for number, record in _records(path):
        if format_name == AUTO:
            format_name = detect(record)
        try:
            task = FORMATS[format_name](record, f"{number:05}")
        except BadRecord as error:
            raise InputError(f"{path}:{number}: {error} [format {format_name}]") from None
        if task.id in known:
            raise InputError(f"{path}:{number}: the id {task.id!r} is that of line {known[task.id]}")
        known[task.id] = number
        yield task


def _records(path: Path) -> Iterator[tuple[int, Record]]:
    """Lines (or rows) from 1 on, as objects."""
    if path.suffix == ".parquet":
        yield from enumerate(_rows(path), 1)
        return
    text = _text(path).rstrip()
    for number, line in enumerate(text.split("\n") if text else [], 1):
        if not line.strip():
            raise InputError(f"{path}:{number}: the line is empty")
        try:
            record = json.loads(line)
            json.dumps(record, ensure_ascii=False).encode()
        except json.JSONDecodeError as error:
            raise InputError(f"{path}:{number}: not JSON ({error.msg}, column {error.colno})") from None
        except UnicodeEncodeError as error:
            half = ascii(error.object[error.start])
            raise InputError(f"{path}:{number}: {half} is half a character; write it whole") from None
        except (ValueError, RecursionError) as error:  # a number without end, brackets without end
            raise InputError(f"{path}:{number}: cannot be read as JSON ({error})") from None
        if not isinstance(record, dict):
            raise InputError(f'{path}:{number}: should be an object with fields, like {{"question": …}}')
        yield number, record


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8 (byte {error.start}); task files are JSON lines") from None


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise InputError(
            f"reading {path} needs the package pyarrow, which is not installed; install it, or convert the file where "
            "it is: pandas.read_parquet(F).to_json(G, orient='records', lines=True)"
        ) from None
    try:
        rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    except (OSError, ArrowException) as error:
        raise InputError(f"cannot read {path}: {error}") from None
    return rows
