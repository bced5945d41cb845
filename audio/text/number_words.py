"""Numbers as words: cardinals, ordinals, years, fractions, digits one by one. English, by num2words.

Knows digits only; what a number means where it stands is decided by those who call.
"""

import re

from num2words import num2words

LONGEST_READ_DIGITS = 15
"""A longer number is read digit by digit."""

NUMBER = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?"
"""A plain number, with commas between its thousands or without."""

_PARTS = {2: ("half", "halves"), 4: ("quarter", "quarters")}
_NUMBER = re.compile(NUMBER)


def cardinal(number: str) -> str:
    """ "1,234.5" → "one thousand two hundred and thirty-four point five"."""
    whole, _, decimals = number.replace(",", "").partition(".")
    words = _whole(whole)
    return f"{words} point {digits_apart(decimals)}" if decimals else words


def spelled(text: str) -> str:
    """The text with its plain numbers as words."""
    return _NUMBER.sub(lambda match: cardinal(match[0]), text)


def ordinal(number: int) -> str:
    """21 → "twenty-first"."""
    return _spoken(number, "ordinal")


def year(number: int) -> str:
    """1987 → "nineteen eighty-seven"."""
    return _spoken(number, "year")


def decade(first_year: int) -> str:
    """1990 → "nineteen nineties"; 90 → "nineties"."""
    words = year(first_year) if first_year >= 100 else cardinal(str(first_year))
    return words.removesuffix("y") + "ies" if words.endswith("y") else words + "s"


def digits_apart(digits: str) -> str:
    """ "007" → "zero zero seven"; what is no digit is left out."""
    return " ".join(num2words(int(digit)) for digit in digits if digit.isdecimal())


def fraction(over: int, under: int) -> str | None:
    """ "three quarters"; None for what one reads as a division: 22/7, 3/1, 5/1000."""
    if not (0 < over <= 20 and 2 <= under <= 100 and over % under):
        return None
    one, many = _PARTS.get(under) or (ordinal(under), ordinal(under) + "s")
    return f"{cardinal(str(over))} {one if over == 1 else many}"


def _whole(digits: str) -> str:
    if len(digits) > LONGEST_READ_DIGITS or (len(digits) > 1 and digits[0] == "0"):
        return digits_apart(digits)
    return _spoken(int(digits), "cardinal") if digits else ""


def _spoken(number: int, to: str) -> str:
    """num2words puts commas between thousands, where nobody pauses."""
    return str(num2words(number, to=to)).replace(",", "")
