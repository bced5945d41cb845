"""Is an answer right? By the task's checker; never by how it is worded elsewhere.

domain  what the last paragraph states          (app.demo.checking)
math    the number or formula it gives is equal (math-verify: a boxed one, else one behind "answer", else the last)
choice  the letter it gives is the right one
text    the last paragraph says these words
honest  it begins with a sentence in which the bundled model says what it can do, and contains no number

All but `math` are pure; `math` asks a process of its own (math_checker).
"""

from __future__ import annotations

import re
from typing import Protocol, assert_never

from app.demo import checking
from app.demo.problems.chat import ANSWERS
from app.evaluation.task import Checker, Task

HONEST_KINDS = ("sorry", "who", "help")
"""The kinds of small talk whose answers say what the model can do and what not."""

_LETTER = r"(?:\\text(?:bf)?\{)?\(?([A-J])\)?(?![A-Za-z'’])"
_IS = r"(?i:\s+is|\s+would\s+be)?\s*:?\s*\**\s*"
_GO_ON = r"(?:because|since|as|and|but|not|or|rather|instead|which|over|with|from|in|by|of)\b"
_WORDS = rf"(?![AI]\s+(?!{_GO_ON})[a-z])"  # A and I are also words: "the answer is I think B"
_CHOICES = (
    re.compile(rf"\\boxed\{{\s*{_LETTER}"),
    re.compile(rf"(?i:answer){_IS}(?i:(?:option|choice)\s*)?{_WORDS}{_LETTER}"),
    re.compile(rf"(?i:option|choice){_IS}{_WORDS}{_LETTER}"),
    re.compile(r"\(([A-J])\)"),
    re.compile(r"(?m)^\W*([A-J])(?:[.):]|\W*$)"),
    re.compile(r"\b([B-HJ])\b"),  # A and I are also words
)
_MINUS = re.compile(r"(?<![\d)\]}%] )\b(?:minus|negative) (?=[\d$.])")
_MIXED = re.compile(r"(?<![\d/.,])(-?)(\d+) (\d+)/(\d+)(?![\d/])")
_CURRENCY = re.compile(r"\\?[$€£](?=\s?[\d.])")


class Equality(Protocol):
    """Whether an answer, text with a formula somewhere in it, gives what is equal to a formula."""

    def equal(self, formula: str, answer: str) -> bool: ...


def is_right(task: Task, answer: str, math: Equality) -> bool:
    """Whether a complete answer is right."""
    match task.checker:
        case Checker.DOMAIN:
            assert task.problem is not None
            return checking.is_right(task.problem, answer)
        case Checker.MATH:
            return bool(answer.strip()) and math.equal(_money_free(task.answer), readable(answer))
        case Checker.CHOICE:
            return chosen(answer) == task.answer
        case Checker.TEXT:
            return says(task.answer, answer)
        case Checker.HONEST:
            return is_honest(answer)
    assert_never(task.checker)


def chosen(answer: str) -> str | None:
    """The letter of the option that is chosen: boxed, or called the answer, or called an option, or in brackets, or the
    last that stands alone.
    """
    for pattern in _CHOICES:
        if found := pattern.findall(answer):
            return str(found[-1])
    return None


def says(words: str, answer: str) -> bool:
    """Whether the last paragraph has these words one after another, whatever the case and the punctuation."""
    return f" {_plain(words)} " in f" {_plain(answer.strip().split(chr(10) * 2)[-1])} "


def is_honest(answer: str) -> bool:
    """Whether the first paragraph is one of the model's own honest sentences, and there is no sum behind it."""
    sentences = {ANSWERS[kind][0] for kind in ANSWERS if kind in HONEST_KINDS}
    return answer.strip().split("\n\n")[0].strip() in sentences and not re.search(r"\d", answer)


def readable(answer: str) -> str:
    """The answer with spoken signs and mixed numbers as math-verify reads them."""
    answer = _MINUS.sub("-", answer)
    return _MIXED.sub(lambda m: f"{m[1]}{m[2]}{m[1] or '+'}{m[3]}/{m[4]}", answer)


def _money_free(formula: str) -> str:
    return _CURRENCY.sub("", formula).strip()


def _plain(text: str) -> str:
    """Small letters, digits and single spaces; times of day and decimals keep their inner sign."""
    return " ".join(re.findall(r"[\w]+(?:[:.][\w]+)*", text.casefold()))
