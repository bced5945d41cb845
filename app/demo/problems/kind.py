"""What the thinker says first while a writer waits: what kind of question it is, "sum." or "date.".

With that known the writer can say what will be done, as people do who repeat a question to show that they have heard
it, while the thinker plans and works. Of small talk and requests beyond the domain the thoughts begin with their kind
as it is, and nothing is said before they are complete.
"""

from __future__ import annotations

from dataclasses import replace

from app.demo.problems.build import Problem

SUM = "sum"
_KINDS = {
    "compare": "compare", "larger": "compare", "share": "share", "train": "trip", "clock": "time",
    "weekday": "day", "date": "date", "units": "unit", "rate": "rate", "shop": "price",
}  # fmt: skip


def kind_of(family: str) -> str:
    """The kind of a family's questions; those that begin alike are of one kind."""
    return _KINDS.get(family, SUM)


def with_kind(problem: Problem) -> Problem:
    """The problem with that paragraph before its thoughts; the outline then rests on it alone."""
    if problem.family == "chat":
        return problem
    thoughts = (f"{kind_of(problem.family)}.", *problem.thoughts)
    return replace(problem, thoughts=thoughts, needs=(1, *(count + 1 for count in problem.needs[1:])))
