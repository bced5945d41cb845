"""Is an answer right? Judged by what its last paragraph states, never by its wording elsewhere."""

import re

from app.demo.problems.build import Problem
from app.demo.problems.calendar import MONTHS
from app.demo.problems.weekday import DAYS

_NUMBER = re.compile(r"\d+(?::\d\d)?")
_DAY = re.compile("|".join(DAYS))
_DATE = re.compile(rf"(?:{'|'.join(MONTHS)}) \d+")
_PATTERNS = {"weekday": _DAY, "date": _DATE}
_WINNER = re.compile(r"so (\w+) has more, by (\d+)")


def is_right(problem: Problem, answer_text: str) -> bool:
    """Whether the spoken answer gives the problem's result; paragraphs are parted by blank lines."""
    paragraphs = answer_text.strip().split("\n\n")
    if problem.family == "chat":
        return paragraphs[0].strip() == problem.answer[0]
    return _stated_result(problem.family, paragraphs[-1]) == problem.result


def _stated_result(family: str, last_paragraph: str) -> str | None:
    if family == "compare":
        winner = _WINNER.search(last_paragraph)
        return f"{winner[1]} {winner[2]}" if winner else None
    found = _PATTERNS.get(family, _NUMBER).findall(last_paragraph)
    return found[-1] if found else None
