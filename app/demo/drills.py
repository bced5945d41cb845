"""What is practised more than it is asked: kinds of problems that are learned slowly, the hardest of three draws, and
what people say after an answer.

Held-out problems are drawn by the families' own weights (problems/__init__.py), so practice changes no examination.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from app.demo.problems import FAMILIES, LiveProblem, Problem, sample_follow_up, sample_live, sample_problem
from app.demo.problems.chat import Kind

HARDER_SHARE = 0.5  # of the problems: the hardest of three draws of a family
SIGNS_SHARE = 0.06  # of the problems: a sum in signs, "58×7"
FOLLOW_UP_SHARE = 0.55  # of what is said after a number
REPLY_SHARE = 0.12  # of what is said after a number: thanks, goodbye, stop
_EXTRA = {"larger": 1.8, "compare": 1.2, "date": 1.2, "single": 1.5, "parts": 1.8, "rate": 1.4, "chain": 1.4}
HARDER_OF = 3
_EQUATION = re.compile(r"(\d+)[+-]\d+=(\d+)")
_ZERO_INSIDE = re.compile(r"\d0\d")
_QUOTIENT = re.compile(r"\d/\d")
_SIGN = re.compile(r"\d ?[-+*x×/÷] ?\d")
_WEIGHTS = {name: family.weight * _EXTRA.get(name, 1.0) for name, family in FAMILIES.items()}
_REPLIES = {Kind.THANKS.value, Kind.BYE.value, Kind.STOP.value, Kind.HOW.value, Kind.HELP.value}


def drilled(rng: Random) -> Problem:
    """A problem to practise."""
    return _in_signs(rng) if rng.random() < SIGNS_SHARE else drilled_of(rng, tuple(FAMILIES))


def drilled_of(rng: Random, families: Sequence[str]) -> Problem:
    """A problem of these families to practise."""
    family = rng.choices(families, [_WEIGHTS[name] for name in families])[0]
    draws = 1 if family == "chat" else _draws(rng)
    return max((sample_problem(rng, held_out=False, families=(family,)) for _ in range(draws)), key=hardness)


def drilled_live(rng: Random) -> LiveProblem:
    """A problem heard in pieces, to practise."""
    return max((sample_live(rng, held_out=False) for _ in range(_draws(rng))), key=lambda live: hardness(live.whole))


def hardness(problem: Problem) -> float:
    """How easily the thoughts of a problem go wrong: digits to be written, carries, zeros inside numbers, and
    divisions, whose digits must be found by trial.
    """
    text = " ".join(problem.thoughts)
    carries = sum(_carries(a, c) for a, c in _EQUATION.findall(text))
    return len(text) / 20 + 2 * carries + 2 * len(_ZERO_INSIDE.findall(text)) + 2 * len(_QUOTIENT.findall(text))


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


def _draws(rng: Random) -> int:
    return HARDER_OF if rng.random() < HARDER_SHARE else 1


def _in_signs(rng: Random) -> Problem:
    """A sum with signs for its operations, of the kinds that are rarer than the words for them."""
    while not _SIGN.search((problem := sample_problem(rng, held_out=False, families=("single", "chain"))).question):
        pass
    return problem


def _carries(before: str, after: str) -> bool:
    """Did adding or taking away change more than one digit?"""
    return len(before) != len(after) or sum(a != b for a, b in zip(before, after, strict=True)) > 1
