"""Which words of a growing transcript keep their written form, whatever words come after them.

"forty" may become 47, "three point" 3.14, "a quarter to" 8:45: a number at the end is not settled before a word that
does not belong to it has come. So a beginning of the text can be given away without ever being taken back. English, as
`audio.asr.transcript`; of other languages, numbers in digits are held.
"""

from collections.abc import Sequence

from audio.asr.transcript import NUMBER_WORDS, QUARTERS

MARKS = ".,;:!?…\"'”’)。，、！？"
"""Marks at the end of a word do not change what the word is."""


def settled_count(words: Sequence[str]) -> int:
    """How many of the words, from the first on, are written for good."""
    bare = [word.rstrip(MARKS).lower() for word in words]
    count = len(bare)
    while count and _may_go_on(bare, count - 1):
        count -= 1
    return count


def _may_go_on(words: Sequence[str], index: int) -> bool:
    """Whether this word belongs, or may belong, to a number or a time that the next word changes."""
    word, before = words[index], words[index - 1] if index else ""
    if word == "a" or word in QUARTERS or _is_number(word):
        return True
    if word in {"and", "point", "minutes"}:
        return _is_number(before)
    if word == "oh":
        return _is_number(before) or before in {"point", "oh"}
    return word in {"past", "to"} and (_is_number(before) or before == "minutes" or before in QUARTERS)


def _is_number(word: str) -> bool:
    return word[-1:].isdigit() or any(part in NUMBER_WORDS for part in word.split("-"))
