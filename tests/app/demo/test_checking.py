"""Answers are judged by what they state last."""

from dataclasses import replace

import pytest

from app.demo.checking import is_right
from app.demo.problems import Problem

NUMBER = Problem(
    "single", "what is 47 plus 38", ("plan: 47+38.",), ("I add.", "That is 85."), (1, 2), "85", ("single",)
)


def problem(family: str, result: str) -> Problem:
    return replace(NUMBER, family=family, result=result)


@pytest.mark.parametrize(
    ("family", "result", "answer"),
    [
        ("single", "85", "I will add 47 and 38.\n\n47 plus 38 is 85, so the answer is 85."),
        ("clock", "5:05", "First the hours.\n\n30 more minutes, so it is 5:05.\n"),
        ("weekday", "Sunday", "Let me count.\n\n6 days after Monday is Sunday."),
        ("compare", "Max 188", "Anna has 15.\n\n203 minus 15 is 188, so Max has more, by 188."),
        ("chat", "sorry", "I add.\n\nAnything else."),
    ],
)
def test_a_right_answer_passes_whatever_stands_before(family: str, result: str, answer: str) -> None:
    assert is_right(problem(family, result), answer)


@pytest.mark.parametrize(
    ("family", "result", "answer"),
    [
        ("single", "85", "47 plus 38 is 85.\n\nSo the answer is 86."),
        ("single", "85", "The answer is 85.\n\nI am done."),
        ("single", "85", "It is 185."),
        ("single", "85", ""),
        ("clock", "5:05", "so it is 5:50."),
        ("clock", "5:05", "so it is 5."),
        ("weekday", "Sunday", "6 days after Sunday is Monday."),
        ("compare", "Max 188", "so Anna has more, by 188."),
        ("compare", "Max 188", "so Max has more, by 18."),
        ("compare", "Max 188", "188."),
        ("chat", "sorry", "That is 85."),
    ],
)
def test_a_wrong_or_missing_result_fails(family: str, result: str, answer: str) -> None:
    assert not is_right(problem(family, result), answer)
