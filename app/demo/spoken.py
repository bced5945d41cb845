"""A question as one says it: numbers and times in words, signs by name. Used to synthesise test questions.

Knows English whole numbers up to 9,999, clock times, and the four signs of arithmetic; leaves all else as it is.
"""

import re

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SIGNS = {"+": "plus", "-": "minus", "*": "times", "x": "times", "×": "times", "/": "divided by", "÷": "divided by"}

_CLOCK = re.compile(r"\b(\d{1,2}):(\d\d)\b")
_SIGN = re.compile(r"(?<=\d)\s*([-+*×/÷x])\s*(?=\d)")
_DOLLARS = re.compile(r"\$(\d+)")
_EQUALS = re.compile(r"\s*=")
_NUMBER = re.compile(r"\d+")


def spoken(text: str) -> str:
    """The text with every number in words: "it is 3:45" -> "it is three forty five".

    Raises ValueError for a number above 9,999.
    """
    text = _CLOCK.sub(lambda match: _clock_words(int(match[1]), int(match[2])), text)
    text = _SIGN.sub(lambda match: f" {_SIGNS[match[1]]} ", text)
    text = _EQUALS.sub("", _DOLLARS.sub(r"\1 dollars", text))
    return _NUMBER.sub(lambda match: number_words(int(match[0])), text)


def number_words(number: int) -> str:
    """A whole number from 0 to 9,999 in words, without "and": 345 -> "three hundred forty five"."""
    if not 0 <= number <= 9_999:
        raise ValueError(f"cannot say {number} in words: only 0 to 9999 are known")
    words = []
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            words += [_SMALL[number // size], name]
            number %= size
    if number >= 20:
        words.append(_TENS[number // 10])
        number %= 10
    if number or not words:
        words.append(_SMALL[number])
    return " ".join(words)


def _clock_words(hour: int, minute: int) -> str:
    if minute == 0:
        return f"{number_words(hour)} o'clock"
    leading = "oh " if minute < 10 else ""
    return f"{number_words(hour)} {leading}{number_words(minute)}"
