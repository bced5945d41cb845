"""Spoken corrections: which words does "no wait, make that 25" take back? Pure text.

A speech recogniser does not take words back, people do. What a correction is, the prompt file says in a list of
phrases; what it takes back is, by our rule, the last number before it, or the last word where there is none: all that
was thought since that word was heard may rest on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.reading import common_prefix

_NUMBER = re.compile(r"\d[\d.,:]*\d|\d")
_WORD = re.compile(r"\w+")


def taken_back(before: str, now: str, phrases: Sequence[str]) -> int | None:
    """Where in `now` the corrected words begin (a character), if what was added to `before` completes a correction.

    A correction that was complete before is not found again. None if nothing was corrected.
    """
    if not phrases:
        return None
    known = common_prefix(before, now)
    pattern = "|".join(sorted((_flexible(phrase) for phrase in phrases), key=len, reverse=True))
    begun = {match.start() for match in _found(pattern, before[:known])}
    new = [match for match in _found(pattern, now) if match.end() > known and match.start() not in begun]
    if not new:
        return None
    earlier = now[: new[0].start()]
    words = list(_NUMBER.finditer(earlier)) or list(_WORD.finditer(earlier))
    return words[-1].start() if words else None


def _found(pattern: str, text: str) -> list[re.Match[str]]:
    return list(re.finditer(rf"\b(?:{pattern})\b", text, re.IGNORECASE))


def _flexible(phrase: str) -> str:
    """Matches however a recogniser punctuates it."""
    return r"[\s,.!-]+".join(map(re.escape, re.findall(r"[\w']+", phrase)))
