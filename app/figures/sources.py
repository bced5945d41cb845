"""Where figures come from: the newest JSON file of each measurement in assets/bench, `YYYY-MM-DD-NAME.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator
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

    def checked(self, lines: Iterator[str]) -> list[str]:
        """The lines as they are made of the document. Raises InputError, naming the file, if a field is missing."""
        try:
            return list(lines)
        except KeyError as missing:
            raise InputError(f"{self.path} has no field {missing}; {self._again}") from None
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{self.path} is not as this version writes it ({error}); {self._again}") from None

    @property
    def where(self) -> str:
        """What was measured, when and on what, in a line of Markdown, all from the file. The file is linked."""
        found, machine = self.document, self.document["machine"]
        packages = (f"{name} {found['versions'][name]}" for name in ("torch", "transformers"))
        facts = [
            f"`{self.command}`",
            f"[figures](../bench/{self.path.name})",
            f"{found['made']}",
            f"model `{found['model']}`",
            *([f"{found['tasks']}"] if "tasks" in found else []),
            f"{machine['processor']} with {machine['cores']} cores, {machine['system']}",
            *packages,
            f"commit {found['commit']}",
        ]
        return "; ".join(facts)

    @property
    def _again(self) -> str:
        return f"measure again with `{self.command} --json {self.path}`"


def newest(name: str, command: str, folder: Path = FOLDER) -> Source | None:
    """The newest file of a measurement; None if it was never made. Raises InputError if it cannot be read."""
    files = sorted(folder.glob(f"[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]-{name}.json"))
    if not files:
        return None
    try:
        document = json.loads(files[-1].read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise ValueError("no object")
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{files[-1]}: it is not readable JSON ({error}); measure again with `{command}`") from None
    return Source(files[-1], document, command)
