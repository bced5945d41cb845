"""Turns before the one that is learned: questions and their spoken answers, as the engine's history shows them.

[input | role | answer | close] for each turn, read as a plain transcript (the engine's history policy "refresh").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from app.demo.problems import number_of, sample_follow_up, sample_problem
from app.demo.traces import flat

if TYPE_CHECKING:
    from app.demo.problems import Problem
    from app.demo.traces import Encode
    from engine.prompt_tokens import PromptTokens

INTERRUPTED_SHARE = 0.2  # of the answers: only a part of them was heard
SOON_SHARE = 0.5  # of those: no more than their first words
_FIRST_TOKENS = 6
FOLLOWING_SHARE = 0.35  # of the turns that could go on with the one before
_TURNS = (1, 1, 1, 2, 2, 3)


@dataclass(frozen=True, slots=True)
class Earlier:
    """tokens: of all the turns. number: the last answer, where it is a number and was heard to its end."""

    tokens: Sequence[int]
    number: int | None


def earlier(rng: Random, encode: Encode, prompts: PromptTokens) -> Earlier:
    """One to three turns."""
    tokens: list[int] = []
    number: int | None = None
    for _ in range(rng.choice(_TURNS)):
        if number is not None and rng.random() < FOLLOWING_SHARE:
            problem = sample_follow_up(rng, number, held_out=False)
        else:
            problem = sample_problem(rng, held_out=False)
        answer, number = _heard(problem, encode, rng)
        tokens += [*prompts.input_open, *encode(problem.question)]
        tokens += [*prompts.history_role, *answer, *prompts.history_close]
    return Earlier(tokens, number)


def _heard(problem: Problem, encode: Encode, rng: Random) -> tuple[list[int], int | None]:
    paragraphs = [encode(paragraph + "\n\n") for paragraph in problem.answer[:-1]] + [encode(problem.answer[-1])]
    answer = flat(paragraphs)
    if rng.random() >= INTERRUPTED_SHARE:
        return answer, number_of(problem)
    longest = len(answer) - 1
    if rng.random() < SOON_SHARE:
        longest = min(longest, _FIRST_TOKENS)
    return answer[: rng.randint(0, longest)], None
