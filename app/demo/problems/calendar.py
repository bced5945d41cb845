"""Dates: what the date is some days or weeks after another one, in a year that is no leap year."""

from __future__ import annotations

from random import Random

from app.demo.problems.arithmetic import Op, Step
from app.demo.problems.build import Problem
from app.demo.problems.wording import dressed

MONTHS = {
    "January": 31, "February": 28, "March": 31, "April": 30, "May": 31, "June": 30,
    "July": 31, "August": 31, "September": 30, "October": 31, "November": 30, "December": 31,
}  # fmt: skip
_NAMES = tuple(MONTHS)


def date(rng: Random) -> Problem:
    """ "what is the date 12 days after March 25"; up to 30 days or 4 weeks on."""
    index = rng.randrange(12)
    month, following = _NAMES[index], _NAMES[(index + 1) % 12]
    weeks = rng.randint(1, 4) if rng.random() < 0.3 else 0
    days = 7 * weeks or rng.randint(2, 30)
    day = rng.randint(1, min(MONTHS[month], MONTHS[month] + MONTHS[following] - days))
    span = (f"{weeks} week" + ("s" if weeks > 1 else "")) if weeks else f"{days} days"
    late, length = day + days, MONTHS[month]
    sums = [f"{Step(Op.TIMES, 7, weeks).worked_line}. "] if weeks > 1 else []
    sums.append(f"{Step(Op.PLUS, day, days).worked_line}.")
    if late <= length:
        after, result = f"{month} has {length}, {late} fits.", f"{month} {late}"
    else:
        result = f"{following} {late - length}"
        after = f"{month} has {length}, {Step(Op.MINUS, late, length).worked_line}, {following} {late - length}."
    answer = (
        rng.choice((f"I will count {span} on from {month} {day}.", "I will add the days and look at the month.")),
        f"{day} plus {days} is {late}.",
        f"{month} has {length} days, so it is {result}.",
    )
    thoughts = (f"plan: {day}+{days}, then the month.", "".join(sums), after)
    key = ("date", month, day, days)
    return Problem("date", _question(rng, month, day, span), thoughts, answer, (1, 2, 3), result, key)


def _question(rng: Random, month: str, day: int, span: str) -> str:
    said = rng.choice((f"{month} {day}", f"the {day} of {month}"))
    if rng.random() < 0.6:
        return dressed(rng, f"what is the date {span} after {said}")
    return dressed(rng, f"today is {said}", f"what is the date in {span}")
