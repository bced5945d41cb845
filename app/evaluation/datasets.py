"""Lines of published task sets, as their authors distribute them, made into tasks. Nothing is downloaded.

MATH-500   problem, answer, subject, level, unique_id           (Lightman et al., arXiv 2305.20050)
GSM8K      question, answer that ends with "#### 42"            (Cobbe et al., arXiv 2110.14168)
MMLU-Pro   question, options, answer, category, question_id     (Wang et al., arXiv 2406.01574)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.evaluation.task import Checker, Task

Record = Mapping[str, Any]

LETTERS = "ABCDEFGHIJ"
CHOOSE = "Answer with the letter of the right option."
_TEXT = re.compile(r"\\text(?:bf|rm)?\{([^{}]*)\}")
_CLOCK = re.compile(r"\d{1,2}:\d\d")


class BadRecord(Exception):
    """A line lacks a field or has a wrong one; the message says which."""


def own_task(record: Record, identity: str) -> Task:
    """Our own form: `question` or `turns`, `answer`, `kind`, and perhaps `id` and `checker`."""
    checker = _checker(record)
    answer = "" if checker is Checker.HONEST else text_of(record, "answer")
    turns = _turns(record)
    kind = text_of(record, "kind") if "kind" in record else "all"
    identity = str(record.get("id", identity))
    return Task(identity, turns, answer, kind, checker or default_checker(answer))


def math_500(record: Record, identity: str) -> Task:
    answer = text_of(record, "answer")
    identity = str(record.get("unique_id", identity))
    kind = str(record.get("subject", "MATH-500"))
    return _formal(identity, text_of(record, "problem"), answer, kind)


def gsm8k(record: Record, identity: str) -> Task:
    _worked, mark, answer = text_of(record, "answer").rpartition("####")
    if not mark or not answer.strip():
        raise BadRecord("the field 'answer' does not end with '#### ' and the result, as GSM8K's do")
    return Task(identity, (text_of(record, "question"),), answer.strip(), "GSM8K", Checker.MATH)


def mmlu_pro(record: Record, identity: str) -> Task:
    options, letter = record.get("options"), text_of(record, "answer")
    if not isinstance(options, list) or not 2 <= len(options) <= len(LETTERS):
        raise BadRecord(f"the field 'options' should be a list of 2 to {len(LETTERS)} texts")
    if letter not in LETTERS[: len(options)]:
        raise BadRecord(f"the field 'answer' is {letter!r}; it should be one of {', '.join(LETTERS[: len(options)])}")
    listed = [f"{name}. {option}" for name, option in zip(LETTERS, options, strict=False)]
    question = "\n".join([text_of(record, "question"), *listed, CHOOSE])
    kind = str(record.get("category", "MMLU-Pro"))
    return Task(str(record.get("question_id", identity)), (question,), letter, kind, Checker.CHOICE)


FORMATS: dict[str, Callable[[Record, str], Task]] = {
    "sotto": own_task,
    "math-500": math_500,
    "gsm8k": gsm8k,
    "mmlu-pro": mmlu_pro,
}


def detect(record: Record) -> str:
    """Which format a line is of, from its fields."""
    if "options" in record:
        return "mmlu-pro"
    if "problem" in record:
        return "math-500"
    if "question" in record and "####" in str(record.get("answer", "")):
        return "gsm8k"
    return "sotto"


def text_of(record: Record, name: str) -> str:
    """A field that must be there and say something; numbers count as text. Raises BadRecord."""
    if name not in record:
        there = ", ".join(map(repr, record)) or "nothing"
        raise BadRecord(f"the field {name!r} is missing (there is {there})")
    value = record[name]
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise BadRecord(f"the field {name!r} should be text, not {type(value).__name__}")
    if not value.strip():
        raise BadRecord(f"the field {name!r} is empty")
    return value.strip()


def default_checker(answer: str) -> Checker:
    """Numbers and formulas are judged as such, times of day and words as words."""
    if _CLOCK.fullmatch(answer) or not re.search(r"[\d\\$^=]", answer):
        return Checker.TEXT
    return Checker.MATH


def _formal(identity: str, question: str, answer: str, kind: str) -> Task:
    """`\\text{(C)}` is an option, `\\text{Evelyn}` a word, all else a formula."""
    if word := _TEXT.fullmatch(answer):
        letter = re.fullmatch(r"\(([A-J])\)", word[1].strip())
        answer, checker = (letter[1], Checker.CHOICE) if letter else (word[1].strip(), Checker.TEXT)
        return Task(identity, (question,), answer, kind, checker)
    return Task(identity, (question,), answer, kind, Checker.MATH)


def _turns(record: Record) -> tuple[str, ...]:
    if "turns" not in record:
        return (text_of(record, "question"),)
    turns = record["turns"]
    if "question" in record:
        raise BadRecord("has both 'question' and 'turns'; give one of them")
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, str) and turn.strip() for turn in turns):
        raise BadRecord("the field 'turns' should be a list of texts, none of them empty")
    return tuple(turn.strip() for turn in turns)


def _checker(record: Record) -> Checker | None:
    if "checker" not in record:
        return None
    allowed = [checker.value for checker in Checker if checker is not Checker.DOMAIN]
    if record["checker"] not in allowed:
        raise BadRecord(f"the checker {record['checker']!r} is not known; there are {', '.join(allowed)}")
    return Checker(record["checker"])
