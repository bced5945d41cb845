"""How the parts of a formula are put together once they are words: fractions, roots, matrices, cases, lines."""

import re
from collections.abc import Sequence

from audio.text.formulas.names import MATRICES
from audio.text.number_words import cardinal, ordinal

_ROOTS = {"": "the square root of", "two": "the square root of", "three": "the cube root of"}
_SMALL_TOKENS = 3
_ADDING = frozenset({"+", "-", "−", "=", "<", ">", "\\pm", "\\mp", "\\le", "\\ge", "\\leq", "\\geq", "\\sqrt", "("})
_DIFFERENTIALS = {"d": "derivative", "\\mathrm{d}": "derivative", "\\partial": "partial derivative"}
_CONDITION = re.compile(r"\s*(?:if|when|for|otherwise|else|where|unless|whenever)\b", re.IGNORECASE)


def is_long(tokens: Sequence[str]) -> bool:
    """Whether one must hear where it ends: a sum, or more than a few factors."""
    return len(tokens) > _SMALL_TOKENS or not _ADDING.isdisjoint(tokens[1:])


def grouped(tokens: Sequence[str], words: str, following: str) -> str:
    """What stands in parentheses that are not those of a function."""
    if len(tokens) <= 2 or "," in tokens:
        return words.replace(" , ", " comma ")
    if not is_long(tokens) and following not in {"^", "!"}:
        return words
    return f"the quantity {words}" + ("," if following not in {"", ")", "]", "}", "!", ",", "."} else "")


def over(above: Sequence[str], below: Sequence[str], over_words: str, under_words: str, more: bool) -> str:
    """A fraction that is no simple part."""
    if not is_long(above) and not is_long(below):
        return f"{over_words} over {under_words}"
    return f"the fraction {over_words}, over {under_words}{',' if more else ''}"


def derivative(above: Sequence[str], below: Sequence[str]) -> str | None:
    """d/dx, ∂/∂t: what they do to what follows. None if the fraction is no such sign."""
    if len(above) != 1 or len(below) != 2 or above[0] != below[0] or above[0] not in _DIFFERENTIALS:
        return None
    return f"the {_DIFFERENTIALS[above[0]]} with respect to {below[1].lstrip(chr(92))} of"


def root(degree: Sequence[str] | None, words: str) -> str:
    """ "the fourth root of"."""
    if not degree or words in _ROOTS:
        return _ROOTS[words if degree else ""]
    if len(degree) == 1 and degree[0].isdecimal():
        return f"the {ordinal(int(degree[0]))} root of"
    return f"the {words}th root of" if len(degree) == 1 else f"the root of order {words} of"


def degrees(scale: str) -> str:
    """Of an angle, or of "C" or "F"."""
    return {"C": "degrees Celsius", "F": "degrees Fahrenheit"}.get(scale, "degrees")


def environment(name: str, rows: list[list[str]]) -> str:
    """A matrix, cases, or lines of a calculation; `rows` are cells in words."""
    if name in MATRICES:
        return _matrix(MATRICES[name], rows)
    if name in {"cases", "dcases", "rcases"}:
        return ", and ".join(_case(row) for row in rows)
    return ", ".join(" ".join(filter(None, row)) for row in rows)


def _matrix(noun: str, rows: list[list[str]]) -> str:
    columns = max((len(row) for row in rows), default=0)
    lines = [f"row {cardinal(str(number))}: {', '.join(row)}" for number, row in enumerate(rows, 1)]
    size = f"{cardinal(str(len(rows)))} by {cardinal(str(columns))} "
    return f"the {size}{noun}, {'; '.join(lines)}"


def _case(row: list[str]) -> str:
    value, *condition = row
    words = " ".join(filter(None, condition))
    if not words.strip():
        return value
    return f"{value} {words}" if _CONDITION.match(words) else f"{value} if {words}"
