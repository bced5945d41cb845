"""Questions as one says them."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.problems import sample_problem
from app.demo.spoken import number_words, spoken


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("What is 47 plus 38?", "What is forty seven plus thirty eight?"),
        ("it is 3:45", "it is three forty five"),
        ("it is 3:05 or 12:00", "it is three oh five or twelve o'clock"),
        ("4 o'clock", "four o'clock"),
        ("47+38", "forty seven plus thirty eight"),
        ("12 x 8 - 30 =", "twelve times eight minus thirty"),
        ("84÷3", "eighty four divided by three"),
        ("7 books at $28 each", "seven books at twenty eight dollars each"),
        ("345", "three hundred forty five"),
        ("1000", "one thousand"),
        ("max has 3 x", "max has three x"),
    ],
)
def test_numbers_times_and_signs_are_said_in_words(written: str, said: str) -> None:
    assert spoken(written) == said


def test_no_question_keeps_a_digit_or_a_sign() -> None:
    rng = Random(6)
    for _ in range(500):
        assert not re.search(r"[\d+*/×÷=$:]", spoken(sample_problem(rng, held_out=False).question))


@given(st.integers(min_value=0, max_value=9_999), st.integers(min_value=0, max_value=9_999))
def test_different_numbers_have_different_words(first: int, second: int) -> None:
    assert (number_words(first) == number_words(second)) == (first == second)


@pytest.mark.parametrize("number", [-1, 10_000])
def test_a_number_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=str(number)):
        number_words(number)
