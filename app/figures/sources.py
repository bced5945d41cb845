"""Where figures come from: the newest JSON file of each measurement in assets/bench, `YYYY-MM-DD-NAME.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.demo.paths import ASSETS
from app.errors import InputError

FOLDER = ASSETS / "bench"


@dataclass(frozen=True, slots=True)
class Source:
    """One measurement: its file, what it holds, and the command that makes it."""

    path: Path
    document: dict[str, Any]
    command: str

    @property
    def where(self) -> str:
        """Of which model, when and on what, in a line of Markdown. The file is linked."""
        found = self.document
        packages = found.get("versions", {})
        versions = ", ".join(f"{name} {packages[name]}" for name in ("torch", "transformers") if name in packages)
        facts = [f"`{self.command}`", f"[figures](../bench/{self.path.name})", str(found.get("made", "")), versions]
        return "; ".join(fact for fact in facts if fact)


def newest(name: str, command: str, folder: Path = FOLDER) -> Source | None:
    """The newest file of a measurement; None if it was never made. Raises InputError if it cannot be read."""
    files = sorted(folder.glob(f"[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]-{name}.json"))
    if not files:
        return None
    try:
        return Source(files[-1], json.loads(files[-1].read_text(encoding="utf-8")), command)
    except (OSError, ValueError) as error:
        raise InputError(f"{files[-1]}: it is not readable JSON ({error}); measure again with `{command}`") from None
