"""How a question is written down: as one types it, or as a speech recogniser gives it.

Families write their questions in small letters with commas; `dress` puts on capitals and marks, or takes the commas
off. Half of all questions are plain, as recognisers write them: no capital, no comma, no question mark.
"""

import re
from random import Random

from app.demo.problems.build import capital

NAMES = ("Tom", "Anna", "Ben", "Maria", "Sam", "Lucy", "Max", "Nina", "Omar", "Eva", "Leo", "Kate")
ITEMS = ("apples", "pencils", "stickers", "marbles", "books", "cookies", "cards", "coins", "eggs", "shells")
BOXES = ("boxes", "bags", "packs", "crates", "jars")

_LEADS = ("hey, ", "please tell me, ", "okay, ", "hi, ", "so, ", "can you tell me, ")
_MARKS = re.compile(r"[,.?!]")
_DOLLARS = re.compile(r"(\d+) dollars")


def dress(rng: Random, *parts: str, ask: str = "", end: str = "?") -> tuple[str, ...]:
    """The parts of a question in one of the ways it may be written, and its tail as one more part.

    parts: joined as they are ("Tom has 12 apples and buys 3", ", then loses 2"). ask: what is asked about them ("how
    many are left"), joined with a comma or as a sentence of its own. end: the mark of a written question or request.
    """
    lead = rng.choice(_LEADS) if rng.random() < 0.1 else ""
    if rng.random() < 0.5:
        return _plain(rng, (lead + parts[0], *parts[1:]), f", {ask}" if ask else "")
    return _written(rng, (lead + parts[0], *parts[1:]), ask, end)


def dressed(rng: Random, text: str, ask: str = "", end: str = "?") -> str:
    """The same for a question that comes whole."""
    return "".join(dress(rng, text, ask=ask, end=end))


def _plain(rng: Random, parts: tuple[str, ...], tail: str) -> tuple[str, ...]:
    plain = (_MARKS.sub("", part) for part in (*parts, tail))
    if rng.random() < 0.6:
        return tuple(part.lower() for part in plain)
    return tuple(plain)


def _written(rng: Random, parts: tuple[str, ...], ask: str, end: str) -> tuple[str, ...]:
    first = capital(parts[0]) if rng.random() < 0.85 else parts[0]
    mark = end if rng.random() < 0.85 else ""
    joint = ", "
    if ask and rng.random() < 0.35:
        joint, ask = ". ", capital(ask)
    tail = f"{joint}{ask}{mark}" if ask else mark
    if rng.random() < 0.3:
        return tuple(_DOLLARS.sub(r"$\1", part) for part in (first, *parts[1:], tail))
    return (first, *parts[1:], tail)
