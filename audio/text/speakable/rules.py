"""Rules: a pattern and what takes its place; and sealed text, which later rules leave alone."""

import re
from collections.abc import Iterable

from audio.text.traced import Piece, Traced

Rule = tuple[re.Pattern[str], tuple[Piece, ...]]

_FLAGS = re.MULTILINE | re.DOTALL
_PRIVATE_USE = 0xE000
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'-"
_SEAL = {ord(letter): _PRIVATE_USE + ord(letter) for letter in _LETTERS}
_UNSEAL = {code: chr(letter) for letter, code in _SEAL.items()}
_SEALED = "".join(map(chr, _SEAL.values()))
PRIVATE_USE = r"[\ue000-\uf8ff]"
LETTERS = rf"\w{re.escape(_SEALED)}"
"""For a class: letters, digits, and letters that are sealed."""
WORD = f"[{LETTERS}]"


def rule(pattern: str, *pieces: Piece, flags: int = 0) -> Rule:
    """Replaces what matches by the pieces (see audio.text.traced)."""
    return re.compile(pattern, _FLAGS | flags), pieces


def sealed(words: str) -> str:
    """Words that are final: no later rule takes them for a unit, a name or a sign. Same length."""
    return words.translate(_SEAL)


def unsealed(text: Traced) -> Traced:
    """The text with its sealed letters as letters again."""
    return Traced(text.text.translate(_UNSEAL), text.sources)


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
