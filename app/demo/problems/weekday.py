"""Days of the week: which day it is some days from now."""

from random import Random

from app.demo.problems.build import Problem
from app.demo.problems.wording import dressed

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def weekday(rng: Random) -> Problem:
    """ "today is Monday, what day is it in 23 days"; from 3 to 69 days, never full weeks only."""
    today, weeks, rest = rng.randrange(7), rng.randint(0, 9), rng.randint(1, 6)
    days = 7 * weeks + rest
    if days < 3:
        weeks, days = 2, 14 + rest
    result = DAYS[(today + rest) % 7]
    return Problem(
        family="weekday",
        question=_question(rng, DAYS[today], days),
        thoughts=_thoughts(today, weeks, rest, days),
        answer=_answer(rng, DAYS[today], weeks, rest, days, result),
        needs=(1, 2, 3),
        result=result,
        key=("weekday", today, days),
    )


def _question(rng: Random, today: str, days: int) -> str:
    if rng.random() < 0.5:
        return dressed(rng, f"today is {today}", f"what day is it in {days} days")
    return dressed(rng, f"if today is {today}, which day will it be {days} days from now")


def _thoughts(today: int, weeks: int, rest: int, days: int) -> tuple[str, ...]:
    division = f"7*{weeks}={7 * weeks}, {days}-{7 * weeks}={rest}." if weeks else f"{days} is under 7, {rest}."
    counted = ", ".join(f"{i} {DAYS[(today + i) % 7]}" for i in range(1, rest + 1))
    return "plan: take out weeks, then count days.", division, f"from {DAYS[today]}: {counted}."


def _answer(rng: Random, today: str, weeks: int, rest: int, days: int, result: str) -> tuple[str, ...]:
    outlines = (
        "I will take out the full weeks, then count the days that are left.",
        "Let me take out the weeks first and then count on.",
    )
    rest_days = f"{rest} day" + ("s" if rest > 1 else "")
    full_weeks = f"{weeks} week" + ("s" if weeks > 1 else "")
    split = f"{days} days are {full_weeks} and {rest_days}." if weeks else f"That is only {rest_days}."
    return rng.choice(outlines), split, f"{rest_days} after {today} is {result}."
