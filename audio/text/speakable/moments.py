"""Dates and times in words: 2026-11-21, 21.11.2026, 11/21/2026, Nov 21, 3:05 p.m., 15:30, 1987, the 1990s."""

import re
from collections.abc import Callable

from audio.text.number_words import cardinal, decade, ordinal, year
from audio.text.speakable.rules import any_of, rule

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
SHORT = {"Sept": "September"} | {month[:3]: month for month in MONTHS}
_MONTH = rf"(?:{'|'.join(MONTHS)}|(?:{any_of(SHORT)})\b\.?)"
_WEEKDAYS = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Thur": "Thursday",
    "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
_YEAR = r"(?:1[5-9]|20)\d\d"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_HALF = r"\s?([AaPp])\.?\s?[Mm]\b\.?(?!\w)"


def _month(name: str) -> str:
    return SHORT.get(name.rstrip("."), name)


def _date(day: int, month: str, year_number: str | None) -> str:
    words = f"{month} {ordinal(day)}"
    return f"{words}, {year(int(year_number))}" if year_number else words


def _numeric(year_group: int, month_group: int, day_group: int) -> Callable[[re.Match[str]], str]:
    def words(match: re.Match[str]) -> str:
        return _date(int(match[day_group]), MONTHS[int(match[month_group]) - 1], match[year_group])

    return words


def _american(match: re.Match[str]) -> str:
    first, second = int(match[1]), int(match[2])
    month, day = (first, second) if first <= 12 else (second, first)
    return _date(day, MONTHS[month - 1], match[3])


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    half = f" {match[4].lower()} m" if match[4] else ""
    if match[3]:
        return f"{_hour(hour)} {_minutes(minute)} and {cardinal(str(int(match[3])))} seconds{half}"
    if minute == 0:
        exact = "" if half else " o'clock"
        return f"{cardinal(str(hour))}{exact}{half}" if 1 <= hour <= 12 else f"{_hour(hour)} hundred"
    return f"{_hour(hour)} {_minutes(minute)}{half}"


def _hour(hour: int) -> str:
    return cardinal(str(hour))


def _minutes(minute: int) -> str:
    return f"oh {cardinal(str(minute))}" if minute < 10 else cardinal(str(minute))


def _decade(match: re.Match[str]) -> str:
    return decade(int(match[1]))


def _years(match: re.Match[str]) -> str:
    """A span of years, if the second is the later one; else it is left to be a difference."""
    end = match[2] or match[3]
    first, last = int(match[1]), int(end if len(end) == 4 else match[1][:2] + end)
    return f"{year(first)} to {year(last)}" if first < last else match[0]


def _from_to(match: re.Match[str]) -> str:
    return f"{year(int(match[1]))} {match[2]} {year(int(match[3]))}"


_MONTH_NUMBER = r"(0?[1-9]|1[0-2])"
RULES = (
    rule(
        rf"\b({any_of(_WEEKDAYS)})\.?\s?[-–]\s?({any_of(_WEEKDAYS)})\b\.?",
        lambda match: f"{_WEEKDAYS[match[1]]} to {_WEEKDAYS[match[2]]}",
    ),
    rule(rf"\b({_MONTH})\s?[-–]\s?({_MONTH})(?!\w)", lambda match: f"{_month(match[1])} to {_month(match[2])}"),
    rule(r"(?<=\d)(\s?[AaPp]\.?[Mm]\.?)?\s?[-–]\s?(?=\d{1,2}(?::[0-5]\d|\s?[AaPp]\.?[Mm]\b))", 1, " to "),
    rule(rf"\b({any_of(_WEEKDAYS)})\b\.?(?=,?\s+(?:\d|{_MONTH}))", lambda match: _WEEKDAYS[match[1]]),
    rule(rf"(?<![\d-])({_YEAR})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T(?=\d\d:)", _numeric(1, 2, 3), ", "),
    rule(rf"(?<![\d-])({_YEAR})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?![\d-])", _numeric(1, 2, 3)),
    rule(rf"(?<![\d.])({_DAY})\.\s?{_MONTH_NUMBER}\.\s?({_YEAR})(?!\d)", _numeric(3, 2, 1)),
    rule(rf"(?<![\d/])({_MONTH_NUMBER[1:-1]}|{_DAY})/({_DAY})/({_YEAR})(?![\d/])", _american),
    rule(
        rf"\b({_MONTH})\s+({_DAY})(?:st|nd|rd|th)?(?:,?\s+({_YEAR}))?(?![\d:]|[.,/]\d)",
        lambda match: _date(int(match[2]), _month(match[1]), match[3]),
    ),
    rule(
        rf"\b({_DAY})(?:st|nd|rd|th)?\.?\s+(?:of\s+)?({_MONTH})(?:,?\s+({_YEAR})(?!\d))?(?![\w])",
        lambda match: _date(int(match[1]), _month(match[2]), match[3]),
    ),
    rule(rf"\b({_MONTH})\s+({_YEAR})(?!\d)", lambda match: f"{_month(match[1])} {year(int(match[2]))}"),
    rule(rf"(?<![\d:.])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?![\d:])(?:{_HALF})?", _clock),
    rule(rf"(?<![\w.:])(1[0-2]|[1-9]){_HALF}", 1, lambda match: f" {match[2].lower()} m"),
    rule(r"\b([ap])\.m\.(?=\s*[a-z,;])", lambda match: f"{match[1]} m"),
    rule(r"\b([ap])\.m(?=\.)", lambda match: f"{match[1]} m"),
    rule(rf"(?<![\w.,-])({_YEAR[:-4]}\d0)'?s\b", _decade),
    rule(r"(?<![\w.])['’]([2-9]0)s\b", _decade),
    rule(rf"(?<![\w.,+*/=×÷-])({_YEAR})(?:\s?–\s?({_YEAR}|\d\d)|-({_YEAR}))(?![\w/-]|[.,]\d|\s*[-+*/=×÷])", _years),
    rule(rf"(?<=\b[Ff]rom )({_YEAR}) (to|until|through) ({_YEAR})(?![\w-]|[.,]\d| [a-z]+s\b)", _from_to),
    rule(
        r"(?i:(?<!\w)(in|since|until|till|during|year|early|late|mid|circa))(\s+|-)(1[0-9]\d\d|20\d\d)"
        r"(?![\w-]|[.,:/]\d|\s*[-+*/=×·÷%€$°]|\s+(?!(?:was|is|has|as|this|his|its|does|it|she|us)\b)[a-z]+s\b)",
        1,
        2,
        lambda match: year(int(match[3])),
    ),
)
