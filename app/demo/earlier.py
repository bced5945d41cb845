"""Turns before the one that is learned: questions and their spoken answers, as the engine's history shows them.

[input | role | answer | close] for each turn, read as a plain transcript (the engine's history policy "refresh"). Of
the last one, if it was interrupted while it was thought about, the thoughts too: the engine carries them on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from app.demo.problems import number_of, sample_follow_up, sample_problem
from app.demo.problems.kind import with_kind
from app.demo.traces import Carried, flat

if TYPE_CHECKING:
    from app.demo.problems import Problem
    from app.demo.traces import Encode
    from engine.prompt_tokens import PromptTokens

INTERRUPTED_SHARE = 0.35  # of the answers: only a part of them was heard
SOON_SHARE = 0.5  # of those: no more than their first words
CARRIED_SHARE = 0.75  # of the last turns that were interrupted: the thinking was not over
THOUGHT_OUT_SHARE = 0.4  # of those thoughts: all but their end was there
_FIRST_TOKENS = 6
_FOLLOWING_SHARE = 0.5  # of the turns that could go on with the one before
_TURNS = (1, 1, 1, 2, 2, 3)


@dataclass(frozen=True, slots=True)
class Earlier:
    """tokens: of all the turns. number: the last answer, where it is a number that was heard, or found in the thoughts
    that are carried on.
    """

    tokens: Sequence[int] = ()
    number: int | None = None
    carried: Carried | None = None


def earlier(rng: Random, encode: Encode, prompts: PromptTokens, carrying: bool) -> Earlier:
    """One to three turns. carrying: thoughts of an interrupted one may be carried on."""
    tokens: list[int] = []
    number: int | None = None
    carried: Carried | None = None
    for _ in range(rng.choice(_TURNS)):
        if number is not None and rng.random() < _FOLLOWING_SHARE:
            problem = sample_follow_up(rng, number, held_out=False)
        else:
            problem = sample_problem(rng, held_out=False)
        answer, number = _heard(problem, encode, rng)
        tokens += [*prompts.input_open, *encode(problem.question)]
        carried, asked = None, len(prompts.system) + len(tokens)
        if carrying and len(answer) < len(flat(_answer(problem, encode))) and rng.random() < CARRIED_SHARE:
            thoughts = flat([encode(paragraph + "\n\n") for paragraph in with_kind(problem).thoughts])
            complete = rng.random() < THOUGHT_OUT_SHARE
            count = len(thoughts) if complete else rng.randint(1, len(thoughts))
            carried = Carried(thoughts[:count], asked)
            number = number_of(problem) if complete else None
        tokens += [*prompts.history_role, *answer, *prompts.history_close]
    return Earlier(tokens, number, carried)


def _heard(problem: Problem, encode: Encode, rng: Random) -> tuple[list[int], int | None]:
    answer = flat(_answer(problem, encode))
    if rng.random() >= INTERRUPTED_SHARE:
        return answer, number_of(problem)
    longest = len(answer) - 1
    if rng.random() < SOON_SHARE:
        longest = min(longest, _FIRST_TOKENS)
    return answer[: rng.randint(0, longest)], None


def _answer(problem: Problem, encode: Encode) -> list[Sequence[int]]:
    return [*(encode(paragraph + "\n\n") for paragraph in problem.answer[:-1]), encode(problem.answer[-1])]
