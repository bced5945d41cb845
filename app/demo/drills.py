"""What is practised more than it is asked: kinds of problems that are learned slowly, the longer of two draws, and what
people say after an answer.

Held-out problems are drawn by the families' own weights (problems/__init__.py), so practice changes no examination.
"""

from __future__ import annotations

from random import Random

from app.demo.problems import FAMILIES, Problem, sample_follow_up, sample_problem
from app.demo.problems.chat import Kind

LONGER_SHARE = 0.5  # of the problems: the longer of two draws of a family, by what must be thought
FOLLOW_UP_SHARE = 0.55  # of what is said after a number
REPLY_SHARE = 0.12  # of what is said after a number: thanks, goodbye, stop
_EXTRA = {"larger": 2.2, "date": 1.5, "single": 1.4, "parts": 1.4, "rate": 1.4, "chain": 1.2, "story": 1.2}
_WEIGHTS = {name: family.weight * _EXTRA.get(name, 1.0) for name, family in FAMILIES.items()}
_REPLIES = {Kind.THANKS.value, Kind.BYE.value, Kind.STOP.value, Kind.HOW.value, Kind.HELP.value}


def drilled(rng: Random) -> Problem:
    """A problem to practise."""
    family = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    problem = sample_problem(rng, held_out=False, families=(family,))
    if family == "chat" or rng.random() >= LONGER_SHARE:
        return problem
    other = sample_problem(rng, held_out=False, families=(family,))
    return max(problem, other, key=_thought)


def after_a_number(rng: Random, number: int) -> Problem:
    """What is said when the last answer was this number: it is gone on with, thanked for, or left behind."""
    kind = rng.random()
    if kind < FOLLOW_UP_SHARE:
        return sample_follow_up(rng, number, held_out=False)
    return reply(rng) if kind < FOLLOW_UP_SHARE + REPLY_SHARE else drilled(rng)


def reply(rng: Random) -> Problem:
    """Small talk of the kinds that come after an answer."""
    while (problem := sample_problem(rng, held_out=False, families=("chat",))).result not in _REPLIES:
        pass
    return problem


def _thought(problem: Problem) -> int:
    return sum(map(len, problem.thoughts))
