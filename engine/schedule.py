"""Who may read how much in a step. Pure arithmetic.

Order and fairness: every conversation's generating streams ride in every step, one token each, whatever else is going
on. Texts to be read share a fixed number of tokens a step max-min fairly: nobody gets more than another who still wants
some, so a short question is read at once beside a long document. What an equal division leaves over goes round.
"""

from __future__ import annotations

from collections.abc import Sequence


def share_tokens(waiting: Sequence[int], budget_tokens: int, first: int = 0) -> list[int]:
    """How many of its waiting tokens each one may read in this step; they sum to the budget or to all there is.

    first: who is served first when the rest of the division goes round; let it grow by one a step.
    """
    shares = [0] * len(waiting)
    hungry = [(first + offset) % len(waiting) for offset in range(len(waiting))] if waiting else []
    left = budget_tokens
    while left > 0 and (hungry := [index for index in hungry if shares[index] < waiting[index]]):
        equal = left // len(hungry)
        for index in hungry if equal else hungry[:left]:
            given = min(max(1, equal), waiting[index] - shares[index])
            shares[index] += given
            left -= given
    return shares
