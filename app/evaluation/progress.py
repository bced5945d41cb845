"""Progress on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINE_EVERY_S = 20.0


class Bar:
    """Counts what is done of all settings together. done: what needs not be done again."""

    def __init__(
        self, total: int, done: int = 0, console: Console | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total, self._done, self._clock = total, done, clock
        self._console = console or Console(stderr=True)
        self._told_s = clock()
        self._here: tuple[str, int, int] = "", 0, 0  # the setting, how many of it are done and right
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total, completed=done)

    def take(self, label: str, right: bool | None = None) -> None:
        """One more is done; right: None where nothing is judged."""
        before, count, rights = self._here
        self._here = (label, count + 1, rights + bool(right)) if label == before else (label, 1, int(bool(right)))
        self._done += 1
        told = label if right is None else f"{label}: {self._here[2]} of {self._here[1]} right"
        self._bar.update(self._task, completed=self._done, description=told)
        if not self._console.is_terminal and (
            self._done == self._total or self._clock() - self._told_s >= LINE_EVERY_S
        ):
            self._told_s = self._clock()
            line = f"{self._done}/{self._total}; {told}"
            self._console.print(line, markup=False, highlight=False)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()
