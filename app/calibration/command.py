"""`launch.py calibrate`: examples, the fit, and what is told of it."""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.calibration.fit import Fit, Quality, Sample, fit
from app.calibration.prompt_file import SECTIONS, calibrated, gate_lines, read_text
from app.calibration.samples import by_outcome, by_paragraphs
from app.config import Settings
from app.demo.problems import SUM_FAMILIES, sample_problem
from app.demo.problems.kind import with_kind
from app.errors import InputError, RunError
from app.evaluation.checking import is_right
from app.evaluation.math_checker import MathChecker
from app.evaluation.progress import Bar
from app.evaluation.task_file import read_tasks
from app.files import as_json, write_whole
from app.machine import machine
from app.models import build_engine, choose_sampling
from engine.engine import Engine


def run(args: argparse.Namespace, settings: Settings) -> int:
    """`launch.py calibrate`."""
    text = None if args.write is None else read_text(args.write)
    tasks = None if args.tasks is None else read_tasks(args.tasks, count=args.n, seed=settings.seed).tasks
    if tasks is not None and any(len(task.turns) > 1 for task in tasks):
        raise InputError(f"{args.tasks} has tasks of several turns; calibrate needs single questions")
    engine = build_engine(settings)
    prompts, sampling = engine.model.prompts, choose_sampling(settings, engine.model.prompts)
    if text is not None:  # before long work, so that it is not in vain
        calibrated(text, prompts.name, prompts.gate.calibration, prompts.gate.inverted, str(args.write))
    if tasks is None:
        samples = _from_domain(engine, args.n, settings)
    else:
        with MathChecker() as math, Bar(2 * len(tasks)) as bar:
            questions = [task.turns[0] for task in tasks]
            samples = by_outcome(
                engine, questions, lambda n, answer: is_right(tasks[n], answer, math), sampling, settings.seed, bar.take
            )
    found = fit(samples, args.label_noise)
    lines = "\n".join(gate_lines(found.calibration).values())
    table = f"{told(found)}\n\n[{SECTIONS[prompts.gate.inverted]}] of prompts {prompts.name!r}:\n{lines}"
    with ExitStack() as last:  # what cannot be written or printed keeps nothing else from being so
        last.callback(print, table)
        if text is not None:
            changed = calibrated(text, prompts.name, found.calibration, prompts.gate.inverted, str(args.write))
            last.callback(write_whole, args.write, changed.encode())
        if args.json is not None:
            write_whole(args.json, as_json(_document(settings, engine, args, found, samples)))
    return 0


def _from_domain(engine: Engine, count: int, settings: Settings) -> list[Sample]:
    rng = random.Random(f"calibrate:{settings.seed}")
    problems = [with_kind(sample_problem(rng, held_out=False, families=SUM_FAMILIES)) for _ in range(count)]
    with Bar(count) as bar:
        samples = by_paragraphs(engine, problems, choose_sampling(settings, engine.model.prompts), bar.take)
    used = len({sample.turn for sample in samples})
    if not used:
        raise RunError(
            f"none of {count} turns could be labelled: this model does not think in the paragraphs of the bundled "
            "model's problems; give more of them with --n, or questions with known answers: --tasks FILE"
        )
    print(f"{used} of {count} turns could be labelled", file=sys.stderr)
    return samples


def told(found: Fit) -> str:
    """The table for people."""

    def row(name: str, quality: Quality) -> str:
        return (
            f"{name:12}{100 * quality.accuracy:8.1f}%{quality.log_loss:10.3f}{quality.when_ahead:12.3f}"
            f"{quality.when_behind:12.3f}"
        )

    return "\n".join(
        [
            f"{found.count} answers of the gate, thoughts ahead in {found.ahead}; AUC {found.auc:.4f}",
            f"{'':12}{'accuracy':>9}{'log loss':>10}{'p if ahead':>12}{'p if behind':>12}",
            row("as it is", found.before),
            row("calibrated", found.after),
        ]
    )


def _document(
    settings: Settings, engine: Engine, args: argparse.Namespace, found: Fit, samples: Sequence[Sample]
) -> dict[str, Any]:
    return {
        "model": settings.model,
        "prompts": engine.model.prompts.name,
        "inverted": engine.model.prompts.gate.inverted,
        "labels": "paragraphs" if args.tasks is None else "outcome",
        "tasks": None if args.tasks is None else Path(args.tasks).name,
        "n": args.n,
        "seed": settings.seed,
        "label_noise": args.label_noise,
        **machine(),
        **asdict(found),
        "samples": [[sample.turn, round(sample.log_odds, 4), sample.ahead] for sample in samples],
    }
