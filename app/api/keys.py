"""API keys: made here, shown once, kept as hashes.

The file holds a line for every key, its name and the SHA-256 of the key. A key is 256 random bits, so a slow hash would
add nothing. The file is read again when it changes: a line that is taken out is a key that is refused from then on.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
from pathlib import Path

from app.errors import InputError, SettingsError

PREFIX = "sotto-"
KEY_BYTES = 32
OWNER_ONLY = 0o600
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
LINE = re.compile(rf"({NAME.pattern}) ([0-9a-f]{{64}})")
HEADING = "# API keys of Sotto: name and SHA-256 of each key. Take a line out to refuse its key.\n"

log = logging.getLogger(__name__)


def add_key(path: Path, name: str) -> str:
    """Make a key, note it in the file under this name, and return it. Raises InputError."""
    if not NAME.fullmatch(name):
        raise InputError(f"{name!r} cannot be a key's name: up to 64 letters, digits, '_', '-' and '.'")
    known = read_keys(path) if path.exists() else {}
    if name in known.values():
        raise InputError(f"{path} has a key named {name!r} already; choose another name, or take its line out first")
    key = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    try:
        with os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWNER_ONLY), "a", encoding="ascii"
        ) as file:
            file.write(f"{'' if known else HEADING}{name} {hashed(key)}\n")
    except OSError as error:
        raise InputError(f"cannot write the key file {path}: {error.strerror}") from None
    return key


def hashed(key: str) -> str:
    """How a key stands in the file."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def read_keys(path: Path) -> dict[str, str]:
    """Names by hash. Raises SettingsError for a file that cannot be read, or holds something else."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SettingsError(f"cannot read the key file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"the key file {path} is not text") from None
    known: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = LINE.fullmatch(line.strip())
        if match is None:
            raise SettingsError(f"{path} line {number} is no key; make one with the command api-key")
        known[match[2]] = match[1]
    return known


class Keys:
    """The keys of a file. Raises SettingsError if there are none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = self._stamped()
        self._names = read_keys(path)
        if not self._names:
            raise SettingsError(f"the key file {path} holds no key; make one with the command api-key")

    def name_of(self, key: str) -> str | None:
        """Whose key this is; None if it is nobody's."""
        self._read_again()
        return self._names.get(hashed(key))

    def _read_again(self) -> None:
        """A file that cannot be read any more lets nobody in."""
        stamp = self._stamped()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._names = read_keys(self._path)
        except SettingsError as error:
            self._names = {}
            log.error("no key is accepted: %s", error)

    def _stamped(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
