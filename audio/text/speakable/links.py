"""Addresses in words: links by their label, bare URLs by their host and path, e-mail addresses part by part."""

import re

from audio.text.number_words import spelled
from audio.text.speakable.rules import rule, sealed

_SIGNS = {
    ".": " dot ",
    "/": " slash ",
    "@": " at ",
    "-": " dash ",
    "_": " underscore ",
    ":": " colon ",
    "~": " tilde ",
    "+": " plus ",
}
_LONGEST_PATH = 30
"""Of a longer path nobody would remember a word: it is called a link of its host."""
_URL = r"(?:https?://|\bwww\.)[^\s<>)\]\"'`*]*[^\s<>)\]\"'`*.,;:!?]"
_EMAIL = r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"


def _spoken(address: str) -> str:
    words = "".join(_SIGNS.get(sign, sign) for sign in address)
    return sealed(re.sub(r"\s+", " ", spelled(re.sub(r"[^\w\s]", " ", words))).strip())


def _url(match: re.Match[str]) -> str:
    address = re.sub(r"^https?://(?:www\.)?|^www\.|[?#].*$|/$", "", match[0])
    host, _, path = address.partition("/")
    return _spoken(address if len(path) <= _LONGEST_PATH else host)


LABELS = (
    rule(r"\[!?\[[^\]\n]*\]\([^)\n]*\)\]\([^)\n]*\)"),
    rule(r"!?\[([^\]\n]*)\]\([^)\n]*\)", 1),
    rule(r"^\s*\[\^?[^\]\n]+\]:[^\n]*$"),
    rule(r"\[\^[^\]\n]+\]"),
)
RULES = (
    *LABELS,
    rule(rf"<?mailto:({_EMAIL})>?|<?({_EMAIL})>?", lambda match: _spoken(match[1] or match[2])),
    rule(rf"<?({_URL})>?", lambda match: _url(re.match(r".*", match[1]) or match)),
)
