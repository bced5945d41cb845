"""`launch.py eval`: tasks, the grid, the run, and what is told of it."""

from __future__ import annotations

import argparse
import hashlib
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.config import Settings
from app.demo.problems import SUM_FAMILIES
from app.errors import INTERRUPTED, UsageError
from app.evaluation.attempt import Outcome
from app.evaluation.chart import draw
from app.evaluation.checking import is_right
from app.evaluation.generated import generated_tasks
from app.evaluation.grid import Cell, cells
from app.evaluation.journal import Journal, Key, check_free, journal_path
from app.evaluation.math_checker import MathChecker
from app.evaluation.progress import Bar
from app.evaluation.report import document
from app.evaluation.solve import solve
from app.evaluation.summary import Pace, Row, summary
from app.evaluation.table import table
from app.evaluation.task import TaskSet
from app.evaluation.task_file import read_tasks
from app.files import as_json, write_whole
from app.latency import SPEECH_STEPS
from app.models import build_engine, choose_sampling
from engine.engine import Engine

PROBLEMS = 100  # generated if nothing else is said
STEP_MS = 100.0  # simulated; a 32B model on one A100 took 100 to 170 ms (arXiv 2512.10931)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A measurement that was asked for, checked."""

    tasks: TaskSet
    grid: list[Cell]
    at_once: int
    pace: Pace
    json: Path | None
    chart: Path | None
    resume: bool


def run(args: argparse.Namespace, settings: Settings) -> int:
    """`launch.py eval`."""
    wanted = _wanted(args, settings)
    engine = build_engine(settings)
    header = what_is_measured(wanted.tasks, engine, settings)
    outcomes: dict[Key, Outcome] = {}
    try:
        _solve_all(engine, wanted, header, settings, outcomes)
    except KeyboardInterrupt:
        print(_interrupted(wanted, len(outcomes)), file=sys.stderr)
        return INTERRUPTED
    rows = _rows(wanted, outcomes)
    with ExitStack() as last:  # what cannot be written or printed keeps nothing else from being so
        last.callback(lambda: print(table(rows, wanted.pace, wanted.at_once)))
        if wanted.chart is not None:
            title = f"Accuracy against delay: {settings.model}, {wanted.tasks.name}, n = {rows[0].n}"
            last.callback(draw, wanted.chart, rows, title)
        if wanted.json is not None:
            write_whole(wanted.json, as_json(document(rows, header, wanted.pace, wanted.at_once)))
    return 0


def _wanted(args: argparse.Namespace, settings: Settings) -> Wanted:
    """Raises UsageError and InputError, before anything is loaded."""
    if args.resume and args.json is None:
        raise UsageError("--resume goes on with the outcomes beside --json; give --json FILE as before")
    if args.json is not None and not args.resume:
        check_free(journal_path(args.json))
    grid = cells(args.methods, args.patience_grid or ())
    tasks = _tasks(args, settings)
    pace = Pace(STEP_MS if settings.step_ms is None else settings.step_ms, settings.rate_wpm)
    return Wanted(tasks, grid, args.at_once, pace, args.json, args.chart, args.resume)


def _tasks(args: argparse.Namespace, settings: Settings) -> TaskSet:
    if args.tasks is None:
        if unknown := [name for name in args.families or () if name not in SUM_FAMILIES]:
            raise UsageError(f"--families {' '.join(unknown)}: available are {', '.join(SUM_FAMILIES)}")
        return generated_tasks(args.n or PROBLEMS, settings.seed, args.families)
    if args.families is not None:
        raise UsageError("--families chooses generated problems; leave it out with --tasks")
    found = read_tasks(args.tasks, args.format, args.n, settings.seed)
    return found if args.instruction is None else _instructed(found, args.instruction)


def _instructed(tasks: TaskSet, instruction: str) -> TaskSet:
    """Every last turn with this text behind it."""
    told = (replace(task, turns=(*task.turns[:-1], f"{task.turns[-1]}\n{instruction}")) for task in tasks.tasks)
    return TaskSet(tasks.name, tuple(told))


def what_is_measured(tasks: TaskSet, engine: Engine, settings: Settings) -> dict[str, Any]:
    """All that the outcomes depend on but the grid; a run can be resumed only where it is the same."""
    sampling = choose_sampling(settings, engine.model.prompts)
    return {
        "model": settings.model,
        "weights": weights_digest(engine),
        "prompts": hashlib.sha256(engine.model.prompts.model_dump_json().encode()).hexdigest(),
        "tasks": tasks.name,
        "tasks_sha256": tasks.digest,
        "n": len(tasks.tasks),
        "seed": settings.seed,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "patience": engine.model.patience,
        "history": engine.model.history.value,
        "dtype": str(engine.runner.dtype).removeprefix("torch."),
        "conversation_tokens": engine.conversation_tokens,
        "speech_steps": SPEECH_STEPS,
        "phrase_ready": "with its last character",
    }


def weights_digest(engine: Engine) -> str:
    """Tells other weights of the same model apart: SHA-256 of the beginning of every parameter."""
    digest = hashlib.sha256()
    for parameter in engine.runner.model.parameters():
        digest.update(parameter.detach().flatten()[:64].double().cpu().numpy().tobytes())
    return digest.hexdigest()


def _solve_all(
    engine: Engine, wanted: Wanted, header: dict[str, Any], settings: Settings, outcomes: dict[Key, Outcome]
) -> None:
    """Fills `outcomes`, beginning with what the journal has."""
    sampling = choose_sampling(settings, engine.model.prompts)
    with ExitStack() as stack:
        math = stack.enter_context(MathChecker())
        journal = None
        if wanted.json is not None:
            journal = stack.enter_context(Journal(journal_path(wanted.json), header, wanted.resume))
            outcomes |= {key: outcome for key, outcome in journal.outcomes.items() if key[0] in wanted.grid}
        bar = stack.enter_context(Bar(len(wanted.grid) * len(wanted.tasks.tasks), len(outcomes)))
        for cell in wanted.grid:
            left = [task for task in wanted.tasks.tasks if (cell, task.id) not in outcomes]
            solving = solve(
                engine, cell, left, lambda task, answer: is_right(task, answer, math), wanted.at_once, sampling
            )
            with closing(solving):
                for outcome in solving:
                    if journal is not None:
                        journal.add(outcome)
                    outcomes[cell, outcome.task] = outcome
                    bar.take(cell.label, outcome.right)


def _rows(wanted: Wanted, outcomes: dict[Key, Outcome]) -> list[Row]:
    by_cell = {cell: [outcomes[cell, task.id] for task in wanted.tasks.tasks] for cell in wanted.grid}
    return [summary(cell, found, wanted.pace) for cell, found in by_cell.items()]


def _interrupted(wanted: Wanted, done: int) -> str:
    total = len(wanted.grid) * len(wanted.tasks.tasks)
    kept = "nothing is kept; with --json FILE it would be"
    if wanted.json is not None:
        kept = f"kept in {journal_path(wanted.json)}; the same command with --resume goes on"
    return f"interrupted after {done} of {total}: {kept}"
