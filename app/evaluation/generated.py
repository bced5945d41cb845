"""Tasks without a file: problems of the bundled model's domain that it was never trained on."""

from __future__ import annotations

import random
from collections.abc import Sequence

from app.demo.problems import SUM_FAMILIES, Problem, sample_problem
from app.evaluation.task import Checker, Task, TaskSet


def held_out_problems(count: int, seed: int, families: Sequence[str] | None = None) -> list[Problem]:
    """So many problems whose numbers were never trained on."""
    rng = random.Random(f"eval:{seed}")
    return [sample_problem(rng, held_out=True, families=families or SUM_FAMILIES) for _ in range(count)]


def generated_tasks(count: int, seed: int, families: Sequence[str] | None = None) -> TaskSet:
    """Held-out problems as tasks; the same for the same seed."""
    problems = held_out_problems(count, seed, families)
    tasks = tuple(task_of(problem, f"{number:05}") for number, problem in enumerate(problems, 1))
    return TaskSet(f"held-out problems, seed {seed}", tasks)


def task_of(problem: Problem, identity: str) -> Task:
    return Task(identity, (problem.question,), problem.result, problem.family, Checker.DOMAIN, problem)
