"""Solves tasks under one setting of the grid.

A conversation that fails costs its own task alone; if nothing but failures comes, the run ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing

from app.errors import RunError
from app.evaluation.attempt import Attempt, Outcome
from app.evaluation.grid import Cell
from app.evaluation.serve import AT_ONCE, serve
from app.evaluation.task import Task
from app.models import spelling
from engine.engine import Engine
from engine.sampling import Sampling

MOST_FAILURES = 5  # one after another, before the run is given up


def solve(
    engine: Engine,
    cell: Cell,
    tasks: Sequence[Task],
    is_right: Callable[[Task, str], bool],
    at_once: int = AT_ONCE,
    sampling: Sampling | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[Outcome, None, None]:
    """The outcome of every task as it comes. Left early, it closes its conversations.

    sampling: None is what the model's makers recommend. clock: the engine's. Raises RunError when task after task
    fails, EngineFull if there is no room for one conversation, and what `Engine.open` raises.
    """

    spelled = spelling(engine.model.prompts)

    def begin(task: Task) -> Attempt:
        return Attempt(task, engine.open(cell.method, sampling, patience=cell.patience), clock, spelled)

    failures = 0
    with closing(serve(engine, tasks, begin, at_once)) as attempts:
        for attempt in attempts:
            outcome = attempt.outcome(cell, is_right, alone=at_once == 1)
            failures = failures + 1 if outcome.failed else 0
            if failures == MOST_FAILURES:
                told = f"the last at {outcome.question!r}: {outcome.missing}"
                raise RunError(f"{failures} tasks in a row failed, {told}")
            yield outcome
