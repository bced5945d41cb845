"""Files a command writes: asked for early, finished whole or not at all."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.errors import InputError, RunError


def check_place(path: Path) -> None:
    """Raises InputError if no file can be written at `path`; called before long work, so that it is not in vain."""
    folder = path.parent
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder")
    if not folder.is_dir():
        raise InputError(f"cannot write {path}: there is no folder {folder}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise InputError(f"cannot write {path}: no permission")


def as_json(document: Mapping[str, Any]) -> bytes:
    """A document as people can read it and programs too: indented, UTF-8."""
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def write_whole(path: Path, content: bytes) -> None:
    """Writes the file beside and renames it, so that no reader ever meets half of it; a device or pipe is written
    to as it is. Raises RunError.
    """
    if path.exists() and not path.is_file():
        _write_through(path, content)
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}") from None
    finally:
        beside.unlink(missing_ok=True)


def _write_through(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}") from None
