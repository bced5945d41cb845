"""Typed further: does a message go on with the question that was asked before it, or is it one of its own? By its first
words, from the tables that tell whether a spoken sentence is over (`audio.turns.turn_words`).

Why it is asked: joined, what goes on is understood ("what is 59 minus 4" – "plus 27") and what stands alone is not
(two questions at once); apart it is the other way round (assets/docs/decisions.md, 21 November 2026).
"""

from __future__ import annotations

import re

from audio.turns.turn_words import BY_LANGUAGE, TurnWords

GOES_ON = {
    "en": frozenset({"and", "or", "but", "then", "also", "plus", "so"}),
    "de": frozenset({"und", "oder", "aber", "dann", "auch", "plus", "also"}),
    "fr": frozenset({"et", "ou", "mais", "puis", "aussi", "plus", "donc"}),
    "es": frozenset({"y", "o", "pero", "luego", "también", "más", "entonces"}),
    "it": frozenset({"e", "o", "ma", "poi", "anche", "più", "allora"}),
}
"""Words that tie what follows to what was said, whatever follows."""
LONGEST_LEAD = 5
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def goes_on(text: str, language: str = "en") -> bool:
    """Whether it goes on; in a language without tables it always does."""
    table = BY_LANGUAGE.get(language)
    words = [word.replace("’", "'") for word in _WORD.findall(text.lower())]
    if table is None or not words or words[0] in GOES_ON.get(language, ()):
        return True
    words = _without_leads(words, table)
    if not words or any(" ".join(words[:length]) in table.corrections for length in range(1, LONGEST_LEAD + 1)):
        return True
    return words[0] not in table.questions and words[0] not in table.requests


def _without_leads(words: list[str], table: TurnWords) -> list[str]:
    for length in range(min(LONGEST_LEAD, len(words)), 0, -1):
        if " ".join(words[:length]) in table.leads:
            return _without_leads(words[length:], table)
    return words
