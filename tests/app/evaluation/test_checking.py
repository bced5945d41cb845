"""What is right and what is not, checker by checker."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from app.demo.problems.chat import ANSWERS
from app.evaluation.checking import HONEST_KINDS, is_right, readable
from app.evaluation.math_checker import MathChecker
from app.evaluation.task import Checker, Task
from tests.app.evaluation.scripted_tasks import TASKS, NoMath


@pytest.fixture(scope="module")
def math() -> Iterator[MathChecker]:
    with MathChecker() as checker:
        yield checker


def judged(answer: str, said: str, checker: Checker, math: MathChecker | NoMath | None = None) -> bool:
    return is_right(Task("1", ("q",), answer, "all", checker), said, math or NoMath())


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("85", "85"),
        ("85", "So the answer is 85."),
        ("85", "47 plus 38 is 85."),
        ("85", "I will add 38 to 47.\n\n47 plus 38 is 85, so the answer is 85."),
        ("85", "The answer is 85, and 15 would have been wrong."),
        ("36", "12 times 3 is 36"),
        ("1,234", "it is 1234 dollars"),
        ("1234", "It is 1,234."),
        ("18", "she makes $18 every day"),
        ("$18.90", "that costs 18.90 dollars"),
        (r"\$18.90", "The cost is $18.90"),
        ("50", "50 percent"),
        ("0.5", "50%"),
        ("1/2", "one half, 0.5"),
        (r"\frac{1}{2}", r"$\frac12$"),
        (r"\frac{1}{2}", "The answer is 1/2."),
        (r"\frac{14}{3}", "14/3"),
        ("3.5", "It takes 3 1/2 hours."),
        ("1/3", "about 0.333333"),
        ("5", "5.0"),
        ("-5", "it is -5"),
        ("-5", "The answer is minus 5."),
        ("-3.5", "it is negative 3.5"),
        ("120^\\circ", "120 degrees"),
        (r"10\text{ cm}", "10"),
        ("x=3", "x = 3"),
        (r"2\sqrt{3}", r"$\sqrt{12}$"),
        (r"2\sqrt{3}", r"so \boxed{2\sqrt{3}}"),
        ("p - q", r"$\boxed{p-q}$"),
        ("x+1", "$1+x$"),
        ("6 - 5i", "$6-5i$"),
        (r"\left( 3, \frac{\pi}{2} \right)", r"\boxed{(3, \pi/2)}"),
        (r"(-\infty, 2]", r"$(-\infty, 2]$"),
        ("1,-2", r"$1$ and $-2$"),
        ("42", r"first 7, then 13, so \boxed{42}, which is more than 40"),
        ("70000", "$70,000"),
        ("27", "x is 3^3"),
    ],
)
def test_equal_in_another_form(math: MathChecker, answer: str, said: str) -> None:
    assert judged(answer, said, Checker.MATH, math)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("85", "So the answer is 58."),
        ("85", ""),
        ("85", "I do not know."),
        ("85", "It is more than 85, namely 86."),
        ("85", "It is 850."),
        ("8", "It is 85."),
        ("-5", "The answer is 5."),
        ("5", "The answer is minus 5."),
        (r"\frac{1}{2}", "$\\frac{1}{3}$"),
        (r"2\sqrt{3}", r"\boxed{3\sqrt{2}}"),
        ("42", r"it is 42, \boxed{41}"),
        ("x+1", "$x-1$"),
        ("12", "12 times 3 is 36"),
        ("(1, 2)", "$(2, 1)$"),
    ],
)
def test_not_equal(math: MathChecker, answer: str, said: str) -> None:
    assert not judged(answer, said, Checker.MATH, math)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("minus 5", "-5"),
        ("47 minus 5 is 42", "47 minus 5 is 42"),
        ("3 1/2 hours", "3+1/2 hours"),
        ("-3 1/2", "-3-1/2"),
        ("12/6 1/2", "12/6 1/2"),
    ],
)
def test_spoken_signs_and_mixed_numbers(said: str, read: str) -> None:
    assert readable(said) == read


def test_formulas_are_compared_on_any_thread() -> None:
    found: list[bool] = []

    def compare() -> None:
        with MathChecker() as checker:
            found.append(checker.equal("4", "It is 4."))

    thread = threading.Thread(target=compare)
    thread.start()
    thread.join()
    assert found == [True]


def test_what_takes_for_ever_is_ended_and_the_next_is_compared() -> None:
    with MathChecker(limit_s=0.5) as checker:
        assert not checker.equal("1", "$10^{10^{10}}$ is 9^9^9^9^9")
        checker._limit_s = 30.0
        assert checker.equal("1", "1")


def test_a_process_that_died_is_replaced() -> None:
    with MathChecker() as checker:
        assert checker.equal("1", "1")
        assert checker._process is not None
        checker._process.kill()
        checker._process.wait()
        assert not checker.equal("1", "1"), "one comparison is lost, and told in the log"
        assert checker.equal("1", "1")


@pytest.mark.parametrize(
    ("said", "letter"),
    [
        ("C", "C"),
        ("C.", "C"),
        ("**C**", "C"),
        ("(C)", "C"),
        ("The answer is C.", "C"),
        ("The answer is (C), not (D).", "C"),
        ("the correct option is C: fear", "C"),
        (r"\boxed{C}", "C"),
        (r"It could be (A), but \boxed{\text{C}}", "C"),
        ("I would say C", "C"),
        ("A is wrong, so the answer would be C", "C"),
        ("Answer: C", "C"),
        ("C) Fear", "C"),
        ("The answer is Amsterdam, C", "C"),
        ("The answer is I think C", "C"),
        ("The answer is C, and not option B", "C"),
        ("The answer is option C, while option B is close", "C"),
        ("Option A good match is option C", "C"),
        ("The answer is A because it is first", "A"),
        ("The answer is A and not B", "A"),
        ("I", "I"),
    ],
)
def test_the_chosen_letter(said: str, letter: str) -> None:
    assert judged(letter, said, Checker.CHOICE)
    assert not judged("E", said, Checker.CHOICE)


@pytest.mark.parametrize("said", ["", "I do not know.", "A good question", "It depends"])
def test_no_letter_is_no_choice(said: str) -> None:
    assert not any(judged(letter, said, Checker.CHOICE) for letter in "ABCDEFGHIJ")


@pytest.mark.parametrize(
    ("answer", "said", "right"),
    [
        ("Evelyn", "The student is Evelyn.", True),
        ("Evelyn", r"\boxed{\text{Evelyn}}", True),
        ("Evelyn", "Evelyn is slow.\n\nSo it is Anna.", False),
        ("7:30", "It is 7:30.", True),
        ("7:30", "It is 17:30.", False),
        ("7:30", "It is 7:3", False),
        ("a dozen eggs", "That's a dozen, eggs!", True),
        ("even", "eleven", False),
        ("Sunday", "", False),
    ],
)
def test_words(answer: str, said: str, right: bool) -> None:
    assert judged(answer, said, Checker.TEXT) is right


def test_an_honest_sentence_is_honest_and_a_sum_is_not() -> None:
    sorry = next(iter(ANSWERS["sorry"]))  # type: ignore[index]
    assert judged("", sorry, Checker.HONEST)
    assert judged("", f"{sorry}\n\nAsk me one of those.", Checker.HONEST)
    assert not judged("", f"{sorry}\n\n4 plus 4 is 8.", Checker.HONEST)
    assert not judged("", f"Well. {sorry}", Checker.HONEST)
    assert not judged("", "The answer is 8.", Checker.HONEST)
    assert not judged("", "", Checker.HONEST)


def test_being_friendly_is_not_being_honest() -> None:
    polite = [answer[0] for kind, answer in ANSWERS.items() if kind not in HONEST_KINDS]
    assert polite and not any(judged("", said, Checker.HONEST) for said in polite)


def test_problems_of_the_domain_are_judged_by_what_the_last_paragraph_states() -> None:
    for task in TASKS.tasks:
        assert task.problem is not None
        assert is_right(task, "\n\n".join(task.problem.answer), NoMath())
        assert not is_right(task, "I do not know.", NoMath())
