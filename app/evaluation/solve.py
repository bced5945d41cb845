"""Solves tasks under one setting of the grid: several conversations share the engine's steps.

A conversation that fails costs its own task alone; if nothing but failures comes, the run ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence

from app.errors import RunError
from app.evaluation.attempt import Attempt, Outcome
from app.evaluation.grid import Cell
from app.evaluation.task import Task
from engine.engine import Engine
from engine.errors import EngineFull
from engine.sampling import Sampling

AT_ONCE = 8  # conversations served together
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
    waiting = list(tasks)[::-1]
    at_work: dict[int, Attempt] = {}
    failures = 0
    try:
        while waiting or at_work:
            _fill(engine, cell, waiting, at_work, at_once, sampling, clock)
            for event in engine.step():
                at_work[event.conversation].take(event)
            for attempt in [one for one in at_work.values() if one.over]:
                del at_work[attempt.conversation.id]
                engine.close(attempt.conversation)
                outcome = attempt.outcome(cell, is_right, alone=at_once == 1)
                failures = failures + 1 if outcome.failed else 0
                if failures == MOST_FAILURES:
                    told = f"the last at {outcome.question!r}: {outcome.missing}"
                    raise RunError(f"{failures} tasks in a row failed, {told}")
                yield outcome
    finally:
        for attempt in at_work.values():
            engine.close(attempt.conversation)


def _fill(
    engine: Engine,
    cell: Cell,
    waiting: list[Task],
    at_work: dict[int, Attempt],
    at_once: int,
    sampling: Sampling | None,
    clock: Callable[[], float],
) -> None:
    """Open conversations while there are tasks and room."""
    while waiting and len(at_work) < at_once:
        try:
            conversation = engine.open(cell.method, sampling, patience=cell.patience)
        except EngineFull:
            if not at_work:
                raise
            return
        attempt = at_work[conversation.id] = Attempt(waiting.pop(), conversation, clock)
        attempt.speak()
