"""The grid: every method, and those that have a gate at every patience."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import UsageError
from engine.methods import METHODS, AsyncTurn


@dataclass(frozen=True, slots=True)
class Cell:
    """One setting of the grid. patience: 0 to 1; None is the settings' own, or that there is no gate."""

    method: str
    patience: float | None = None

    @property
    def label(self) -> str:
        return self.method if self.patience is None else f"{self.method} {self.patience:g}"


def has_gate(method: str) -> bool:
    """Whether patience changes anything."""
    return issubclass(METHODS[method], AsyncTurn)


def cells(methods: Sequence[str], patiences: Sequence[float] = ()) -> list[Cell]:
    """The grid, each setting once. Raises UsageError for an unknown method or patience, or one that changes nothing."""
    if unknown := [method for method in methods if method not in METHODS]:
        raise UsageError(f"--methods {' '.join(unknown)}: available are {', '.join(METHODS)}")
    if patiences and not any(map(has_gate, methods)):
        raise UsageError(f"--patience: none of the methods {', '.join(methods)} has a gate")
    if wrong := [patience for patience in patiences if not 0 <= patience <= 1]:
        raise UsageError(f"--patience {wrong[0]:g}: it should be from 0 to 1")
    found = [
        Cell(method, patience) for method in methods for patience in (patiences if has_gate(method) else ()) or (None,)
    ]
    return list(dict.fromkeys(found))
