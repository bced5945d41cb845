"""A task: what is said to the model, and what a right answer says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.demo.problems import Problem


class Checker(StrEnum):
    """How an answer is judged (app.evaluation.checking)."""

    DOMAIN = "domain"  # the bundled model's own problems
    MATH = "math"  # a number or formula, by math-verify
    CHOICE = "choice"  # the letter of an option
    TEXT = "text"  # these words
    HONEST = "honest"  # the bundled model says that this is beyond it


@dataclass(frozen=True, slots=True)
class Task:
    """turns: what the user says, one after another in one conversation; the answer to the last is judged.

    answer: what is right; "" for the checker `honest`. problem: of the checker `domain`, else None.
    """

    id: str
    turns: tuple[str, ...]
    answer: str
    kind: str
    checker: Checker
    problem: Problem | None = None

    @property
    def question(self) -> str:
        """All that is said, in one line for people."""
        return " / ".join(self.turns)


@dataclass(frozen=True, slots=True)
class TaskSet:
    """Tasks and where they are from: `name` for people, `digest` for machines (of all that is asked and right)."""

    name: str
    tasks: tuple[Task, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the tasks as they are asked and judged, in hexadecimal."""
        return digest_of(self.tasks)


def digest_of(tasks: Sequence[Task]) -> str:
    told = [[task.id, *task.turns, task.answer, task.kind, task.checker.value] for task in tasks]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
