"""Slips of a speech recogniser and of a speaker: words misheard, dropped, said twice, and hesitations. Numbers stay.

Only plain questions have them, as recognisers write them: no capital, no comma, no question mark.
"""

from __future__ import annotations

import re
from random import Random

SLIPPED_SHARE = 0.2  # of the plain questions
_HESITATIONS = ("um", "uh", "er", "well", "so", "you know", "like")
_MISHEARD = {
    "plus": ("plush", "pluss", "plus a"),
    "minus": ("mine us", "miners", "minors"),
    "times": ("time", "tims", "times a"),
    "divided": ("divide it", "divide", "divided up"),
    "what": ("watt", "but", "want"),
    "what's": ("watts", "what"),
    "is": ("his", "as"),
    "how": ("who", "her"),
    "many": ("money", "any"),
    "much": ("must", "match"),
    "are": ("our", "or"),
    "left": ("lift", "last"),
    "buys": ("by", "bys", "buy"),
    "loses": ("looses", "lose", "losers"),
    "gives": ("give", "gifts"),
    "sells": ("sell", "cells"),
    "finds": ("find", "fines"),
    "gets": ("get", "guests"),
    "more": ("moor", "mower"),
    "has": ("as", "have"),
    "and": ("an", "end", "in"),
    "then": ("than", "and"),
    "each": ("eat", "reach"),
    "share": ("chair", "shared"),
    "shares": ("chairs", "share"),
    "friends": ("friend", "fence"),
    "boxes": ("box", "box is"),
    "dollars": ("dollar", "collars"),
    "hours": ("ours", "hour"),
    "minutes": ("minute", "minute's"),
    "day": ("they", "days"),
    "days": ("day", "daze"),
    "together": ("to gather", "the other"),
    "away": ("a way", "way"),
    "from": ("form", "for"),
    "will": ("well", "we'll"),
    "does": ("thus", "do"),
}
_MAY_GO_MISSING = frozenset({"is", "a", "the", "of", "are", "does", "and", "then", "it", "in"})
_WORD = re.compile(r"[a-z']+")


def slipped(pieces: tuple[str, ...], rng: Random) -> tuple[str, ...]:
    """The pieces, now and then with one or two slips; each piece keeps its numbers and the space before it."""
    text = "".join(pieces)
    if text != text.lower() or re.search(r"[.,?!:]", text) or rng.random() >= SLIPPED_SHARE:
        return pieces
    changed = list(pieces)
    for _ in range(rng.choice((1, 1, 2))):
        index = rng.randrange(len(changed))
        words = list(_WORD.finditer(changed[index]))
        if words:
            word = rng.choice(words)
            changed[index] = changed[index][: word.start()] + _slip(word[0], rng) + changed[index][word.end() :]
            changed[index] = re.sub(r" {2,}", " ", changed[index])
    return (changed[0].lstrip(), *changed[1:])


def _slip(word: str, rng: Random) -> str:
    kind = rng.random()
    if kind < 0.45 and word in _MISHEARD:
        return rng.choice(_MISHEARD[word])
    if kind < 0.6 and word in _MAY_GO_MISSING:
        return ""
    if kind < 0.8:
        return f"{word} {word}"
    return f"{rng.choice(_HESITATIONS)} {word}"
