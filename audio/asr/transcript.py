"""From the words a recogniser hears to the text a reader would write: numbers as digits, clock times with a colon.

"what is forty seven plus thirty eight" → "what is 47 plus 38"; "three forty five", "a quarter to four" → "3:45".
English only, as recognisers write it and as people type it (capitals, hyphens, commas). Digits stay, without commas
between thousands. Knows nothing of sound.
"""

import re
from dataclasses import dataclass


def _numbered(words: str, first: int, step: int) -> dict[str, int]:
    return {word: first + index * step for index, word in enumerate(words.split())}


UNITS = _numbered("zero one two three four five six seven eight nine", 0, 1)
TEENS = _numbered("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", 10, 1)
TENS = _numbered("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
SCALES = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
ORDINALS = frozenset({"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"})
NUMBER_WORDS = frozenset({*UNITS, *TEENS, *TENS, *SCALES, "hundred"})
_PAUSE = re.compile(r"([?!.,;]+(?:\s+|$))")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_HYPHEN = re.compile(rf"\b({'|'.join(TENS)})-({'|'.join(UNITS)})\b", re.IGNORECASE)
QUARTERS = {"quarter": 15, "half": 30}
BEFORE_TIME = frozenset({"is", "it's", "at", "until", "till", "before", "after", "since", "nearly", "almost"})
AFTER_TIME = frozenset({"", "what", "when", "which", "how", "in", "and", "or", "now", "today", "o'clock", "am", "pm"})
"""Between these, "five to nine" is a time; elsewhere it may be two numbers."""
OPERATORS = frozenset({"plus", "minus", "times", "over", "divided", "multiplied", "equals", "add", "subtract"})
_LARGE_PARTS = re.compile(rf"\b({'|'.join(SCALES)}),\s+(?=(?:{'|'.join(sorted(NUMBER_WORDS))})\b)", re.IGNORECASE)

BEFORE_PRONOUN = frozenset(
    {"no", "which", "that", "this", "the", "every", "any", "some", "each", "another", "other", "next", "last", "only"}
    | ORDINALS
)
"""After these, "one" stands for a thing: "which one", "no one"."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """A number found in the words."""

    text: str
    value: int | None
    """None for decimals."""
    end: int
    """Index of the word after it."""


def digits(text: str) -> str:
    """The text with its spelled-out numbers as digits and clock times as "3:45"."""
    text = _LARGE_PARTS.sub(r"\1 ", _HYPHEN.sub(r"\1 \2", _THOUSANDS.sub("", text)))
    sentences = _PAUSE.split(text)
    written = [part if index % 2 else " ".join(_written(part.split())) for index, part in enumerate(sentences)]
    return "".join(written).strip()


def _written(spelled: list[str]) -> list[str]:
    words = [word.lower() for word in spelled]
    written: list[str] = []
    index = 0
    while index < len(words):
        number = (
            _told_time(words, index)
            or _clock_time(words, index)
            or _run_of_digits(words, index)
            or _number(words, index)
        )
        if number is None or _is_pronoun(words, index, number.end):
            written.append(spelled[index])
            index += 1
        else:
            written.append(number.text)
            index = number.end
    return written


def _is_pronoun(words: list[str], start: int, end: int) -> bool:
    if words[start] != "one" or end != start + 1:
        return False
    before = words[start - 1] if start else ""
    after = words[end] if end < len(words) else ""
    return before in BEFORE_PRONOUN or after in {"of", "another"}


def _told_time(words: list[str], start: int) -> Spelled | None:
    """Minutes past or to an hour: "half past three", "a quarter to four", "ten minutes past nine"."""
    begins = start + (words[start] == "a" and _word(words, start + 1) in QUARTERS)
    minutes = _minutes(words, begins)
    if minutes is None or minutes.value is None:
        return None
    to = _word(words, minutes.end) == "to"
    hour = _hour(words, minutes.end + 1) if to or _word(words, minutes.end) == "past" else None
    if hour is None or hour.value is None or (to and not _surely_a_time(words, start, begins, hour.end)):
        return None
    value, minute = (hour.value - 2) % 12 + 1 if to else hour.value, 60 - minutes.value if to else minutes.value
    return Spelled(f"{value}:{minute:02d}", None, hour.end)


def _minutes(words: list[str], start: int) -> Spelled | None:
    if (quarter := QUARTERS.get(_word(words, start))) is not None:
        return Spelled(str(quarter), quarter, start + 1)
    minutes = _count(words, start)
    if minutes is None or minutes.value is None or not 1 <= minutes.value <= 29:
        return None
    return Spelled(minutes.text, minutes.value, minutes.end + (_word(words, minutes.end) == "minutes"))


def _hour(words: list[str], start: int) -> Spelled | None:
    hour = _count(words, start)
    return hour if hour is not None and hour.value is not None and 1 <= hour.value <= 12 else None


def _count(words: list[str], start: int) -> Spelled | None:
    """A small number in words or in digits."""
    word = _word(words, start)
    if word.isdecimal() and len(word) <= 2:
        return Spelled(word, int(word), start + 1)
    return _below_hundred(words, start)


def _surely_a_time(words: list[str], start: int, begins: int, end: int) -> bool:
    between = _word(words, start - 1) in BEFORE_TIME and _word(words, end) in AFTER_TIME
    return _word(words, begins) in QUARTERS or between


def _clock_time(words: list[str], start: int) -> Spelled | None:
    """An hour and, right after it, minutes: "three forty five", "three oh five". Sums are full of such neighbours
    only by mistake, so beside an operator it is not a time."""
    hour = _below_hundred(words, start)
    if hour is None or hour.value is None or not 1 <= hour.value <= 12 or _beside_operator(words, start - 1):
        return None
    if _word(words, hour.end) == "oh":
        minute = _below_hundred(words, hour.end + 1)
        fits = minute is not None and minute.value is not None and 1 <= minute.value <= 9
    else:
        minute = _below_hundred(words, hour.end)
        fits = minute is not None and minute.value is not None and 10 <= minute.value <= 59
    if minute is None or not fits or _beside_operator(words, minute.end) or _goes_on(words, minute.end):
        return None
    return Spelled(f"{hour.value}:{minute.value:02d}", None, minute.end)


def _run_of_digits(words: list[str], start: int) -> Spelled | None:
    """ "three forty five" beside an operator: people leave out the "hundred"."""
    first = _below_hundred(words, start)
    if first is None or first.value is None or not 1 <= first.value <= 9:
        return None
    second = _below_hundred(words, first.end)
    if second is None or second.value is None or second.value < 10 or _goes_on(words, second.end):
        return None
    if not (_beside_operator(words, start - 1) or _beside_operator(words, second.end)):
        return None
    value = first.value * 100 + second.value
    return Spelled(str(value), value, second.end)


def _beside_operator(words: list[str], index: int) -> bool:
    return _word(words, index) in OPERATORS


def _goes_on(words: list[str], index: int) -> bool:
    return _word(words, index) in {*NUMBER_WORDS, "point", "percent"}


def _number(words: list[str], start: int) -> Spelled | None:
    """The number that begins at this word, as long as it goes."""
    whole = _integer(words, start)
    if whole is None or _word(words, whole.end) != "point":
        return whole
    end = whole.end + 1
    decimals = ""
    while (digit := UNITS.get(_word(words, end), 0 if _word(words, end) == "oh" else None)) is not None:
        decimals += str(digit)
        end += 1
    return Spelled(f"{whole.text}.{decimals}", None, end) if decimals else whole


def _integer(words: list[str], start: int) -> Spelled | None:
    group = _below_thousand(words, start)
    if group is None:
        return None
    total, end, ceiling = 0, start, 10**12
    while group is not None and group.value is not None:
        scale = SCALES.get(_word(words, group.end), 1)
        if scale >= ceiling:
            break
        total += group.value * scale
        end = group.end + (scale > 1)
        if scale == 1:
            break
        ceiling = scale
        next_group = end + (_word(words, end) == "and")
        group = _below_thousand(words, next_group)
    return Spelled(str(total), total, end)


def _below_thousand(words: list[str], start: int) -> Spelled | None:
    """ "forty seven", "one hundred and forty four", "a hundred", "twelve hundred"; also the "a" of "a thousand"."""
    if _word(words, start) == "a" and _word(words, start + 1) in {"hundred", *SCALES}:
        front: Spelled | None = Spelled("1", 1, start + 1)
    elif _word(words, start) == "hundred":
        front = Spelled("1", 1, start)
    else:
        front = _below_hundred(words, start)
    if front is None or front.value is None or _word(words, front.end) != "hundred":
        return front
    hundreds, end = front.value * 100, front.end + 1
    rest = _below_hundred(words, end + (_word(words, end) == "and"))
    if rest is None or rest.value is None:
        return Spelled(str(hundreds), hundreds, end)
    return Spelled(str(hundreds + rest.value), hundreds + rest.value, rest.end)


def _below_hundred(words: list[str], start: int) -> Spelled | None:
    word, after = _word(words, start), _word(words, start + 1)
    if word in TENS:
        if after in ORDINALS:
            return None
        unit = UNITS.get(after, 0)
        value, length = TENS[word] + unit, 2 if unit else 1
    elif word in UNITS or word in TEENS:
        value, length = {**UNITS, **TEENS}[word], 1
    else:
        return None
    return Spelled(str(value), value, start + length)


def _word(words: list[str], index: int) -> str:
    return words[index] if 0 <= index < len(words) else ""
