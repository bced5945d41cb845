"""Puts a gate's bias and scale into a prompt file and leaves all else in it as it stands. Pure, but for the reading."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pydantic import ValidationError

from app.errors import InputError
from engine.patience import Calibration
from engine.prompts import Prompts

SECTIONS = {False: "gate", True: "gate.inversion"}  # by whether the question is turned round
KEYS = ("bias", "scale")


def gate_lines(calibration: Calibration) -> dict[str, str]:
    """By key, the lines as they stand in the file."""
    return {"bias": f"bias = {calibration.bias:.3f}", "scale": f"scale = {calibration.scale:.4f}"}


def calibrated(text: str, name: str, calibration: Calibration, inverted: bool, place: str) -> str:
    """The prompt file's text with the lines in the section of the question that was asked. Raises InputError if it is
    no prompt file, has no such section, or is of other prompts than `name`.
    """
    section = SECTIONS[inverted]
    found = re.search(rf"^\[{re.escape(section)}\][^\n]*\n", text, re.MULTILINE)
    if found is None:
        raise InputError(f"{place} has no section [{section}]; is it the prompt file of {name!r}?")
    end = re.search(r"^\[", text[found.end() :], re.MULTILINE)
    stop = len(text) if end is None else found.end() + end.start()
    changed = text[: found.end()] + _with_lines(text[found.end() : stop], calibration) + text[stop:]
    try:
        prompts = Prompts.model_validate(tomllib.loads(changed))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise InputError(f"{place} is not a valid prompt file: {str(error).splitlines()[0]}") from None
    if prompts.name != name:
        raise InputError(f"{place} holds the prompts {prompts.name!r}; what was calibrated are {name!r}")
    return changed


def read_text(path: Path) -> str:
    """Raises InputError."""
    if path.exists() and not path.is_file():  # a device may be read without end
        raise InputError(f"{path} is not a file; name a prompt file that can be read and written")
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read the prompt file {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start})") from None


def _with_lines(body: str, calibration: Calibration) -> str:
    """A section's body with its lines replaced, or added where it ends."""
    for key, line in gate_lines(calibration).items():
        body, count = re.subn(rf"^{key}\s*=[^\n#]*?(?=\s*(?:#[^\n]*)?$)", line, body, count=1, flags=re.MULTILINE)
        if not count:
            kept = body.rstrip("\n")
            body = f"{kept}\n{line}\n" + body[len(kept) + 1 :] if kept else f"{line}\n{body}"
    return body
