"""Recognised words become what a reader would write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from audio.asr.transcript import digits


def in_words(number: int, with_and: bool) -> str:
    words = num2words(number).replace("-", " ").replace(",", "")
    return words if with_and else words.replace(" and ", " ")


@given(st.integers(0, 999_999), st.booleans())
def test_every_number_in_words_comes_back_as_digits(number: int, with_and: bool) -> None:
    assert digits(f"it is {in_words(number, with_and)} now") == f"it is {number} now"


@given(st.integers(0, 9999), st.sampled_from(["plus", "minus", "times", "divided by"]), st.integers(0, 9999))
def test_a_sum_in_words_comes_back_as_digits(a: int, sign: str, b: int) -> None:
    heard = f"what is {in_words(a, True)} {sign} {in_words(b, False)}"
    assert digits(heard) == f"what is {a} {sign} {b}"


@given(st.integers(1, 12), st.integers(1, 59))
def test_every_clock_time_comes_back_with_a_colon(hour: int, minute: int) -> None:
    spoken_minute = f"oh {in_words(minute, False)}" if minute < 10 else in_words(minute, False)
    assert digits(f"it is {in_words(hour, False)} {spoken_minute}") == f"it is {hour}:{minute:02d}"


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("what is forty seven plus thirty eight", "what is 47 plus 38"),
        ("a hundred and five", "105"),
        ("a thousand", "1000"),
        ("twelve hundred", "1200"),
        ("two million three hundred thousand and one", "2300001"),
        ("three point one four", "3.14"),
        ("three point oh five", "3.05"),
        ("minus five", "minus 5"),
        ("in two hours and thirty minutes", "in 2 hours and 30 minutes"),
        ("at nine o'clock", "at 9 o'clock"),
        ("one two three", "1 2 3"),
        ("what is three forty five plus two", "what is 345 plus 2"),
        ("two plus two forty", "2 plus 240"),
        ("i have one apple", "i have 1 apple"),
        ("no one knows which one it was", "no one knows which one it was"),
        ("one of them", "one of them"),
        ("the twenty first of may", "the twenty first of may"),
        ("a second one", "a second one"),
        ("the point is", "the point is"),
        ("already 47 and 3:45", "already 47 and 3:45"),
        ("it is half past three", "it is 3:30"),
        ("at a quarter past twelve", "at 12:15"),
        ("quarter to one", "12:45"),
        ("it's ten to four", "it's 3:50"),
        ("it is twenty five minutes past 9", "it is 9:25"),
        ("add five to nine", "add 5 to 9"),
        ("it takes about five to ten minutes", "it takes about 5 to 10 minutes"),
        ("eggs at five to nine dollars each", "eggs at 5 to 9 dollars each"),
        ("it is five to nine what time is it in one hour", "it is 8:55 what time is it in 1 hour"),
        ("two thousand, three hundred and five", "2305"),
        ("Two, three hundred", "2, 300"),
        ("half of the apples", "half of the apples"),
        ("forty-seven plus three", "47 plus 3"),
        ("One hundred and five plus Two.", "105 plus 2."),
        ("seven, eight and Twenty-One, please", "7, 8 and 21, please"),
        ("What is 1,234 plus 12,000,000?", "What is 1234 plus 12000000?"),
        ("well-known", "well-known"),
        ("", ""),
    ],
)
def test_words_are_written_as_a_reader_would(heard: str, written: str) -> None:
    assert digits(heard) == written


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("What is seven times eight?", "What is 7 times 8?"),
        ("It costs five. And that one costs nine!", "It costs 5. And that one costs 9!"),
        ("is 3.5 more than three?", "is 3.5 more than 3?"),
    ],
)
def test_a_number_at_the_end_of_a_sentence_is_written_in_digits_too(heard: str, written: str) -> None:
    assert digits(heard) == written
