"""Spoken corrections: which words does "no wait, make that 25" take back? Pure text.

A speech recogniser does not take words back, people do. What a correction is, the prompt file says in a list of
phrases; what it takes back is, by our rule, the last number before it, or the last word where there is none: all that
was thought since that word was heard may rest on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_NUMBER = re.compile(r"\d[\d.,:]*\d|\d")
_WORD = re.compile(r"\w+")


def taken_back(before: str, now: str, phrases: Sequence[str]) -> int | None:
    """Where in `now` the corrected words begin (a character), if what was added to `before` completes a correction.

    A correction that was complete before is not found again. None if nothing was corrected.
    """
    if not phrases:
        return None
    known = len(_common(before, now))
    pattern = "|".join(sorted((_flexible(phrase) for phrase in phrases), key=len, reverse=True))
    found = [match for match in re.finditer(rf"\b(?:{pattern})\b", now, re.IGNORECASE) if match.end() > known]
    if not found:
        return None
    earlier = now[: found[0].start()]
    words = list(_NUMBER.finditer(earlier)) or list(_WORD.finditer(earlier))
    return words[-1].start() if words else None


def _flexible(phrase: str) -> str:
    """Matches however a recogniser punctuates it."""
    return r"[\s,.!-]+".join(map(re.escape, re.findall(r"[\w']+", phrase)))


def _common(a: str, b: str) -> str:
    length = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        length += 1
    return a[:length]
