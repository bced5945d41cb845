"""Dates: what the generator says agrees with Python's own calendar."""

import re
from datetime import datetime, timedelta
from random import Random

import pytest

from app.demo.problems import FAMILIES, Problem


@pytest.mark.parametrize("seed", range(20))
def test_the_date_is_the_calendars(seed: int) -> None:
    rng = Random(seed)
    for _ in range(500):
        agrees(FAMILIES["date"].draw(rng))


def agrees(problem: Problem) -> None:
    _, month, day, days = problem.key
    begins = datetime.strptime(f"2026 {month} {day}", "%Y %B %d")  # no leap year, nor the one after
    ends = begins + timedelta(days=int(days))
    assert problem.result == f"{ends:%B} {ends.day}"
    assert problem.answer[-1].endswith(f"{problem.result}.")
    assert re.search(rf"\b{day}\b", problem.question)
