"""Phrases: cuts the growing text of an answer into pieces that can be spoken.

A phrase ends with a sentence, with a clause of a few words, or with a line. If the text stops growing for a while in
the middle of a sentence, what stands there is spoken up to a word that is certainly complete. No cut falls inside a
word, a number, a time, an abbreviation, a formula, code, a link or a thought (audio.text.spans). The phrases joined are
the text, and however the text arrives, they are the same. Pure: the caller brings the time.
"""

import re
from dataclasses import dataclass

from audio.asr.transcript import NUMBER_WORDS
from audio.text.spans import Span, protected

MIN_CLAUSE_WORDS = 3
"""A comma after fewer words does not end a phrase: "So, the answer …" stays together."""
TIMER_SLACK_S = 0.005
"""A timer set for `due_at_s` may ring this much early on the caller's clock."""

_END = re.compile(r"\n\s*|(?P<mark>[.!?…]+|[,;:])[\"'”’)\]*_]*(?P<space>\s+)")
_STOPPED = re.compile(r"(?<=\S)[.!?…][\"'”’)\]*_]*$")
_WORD = re.compile(r"\S+\s*")
_MONTH = r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'])(?:e\.g|i\.e|etc|vs|cf|approx|ca|dr|mr|mrs|ms|prof|jr|sr|st|mt|fig|eq|no|nr|nos|vol|ch|sec|pp|p"
    rf"|a\.m|p\.m|u\.s|u\.k|ph\.d|al|inc|ltd|co|dept|est|ave|blvd|rd|gen|gov|capt|rev|hon|max|min|avg|incl|{_MONTH}|[a-z])\.$",
    re.IGNORECASE,
)
_LIST_NUMBER = re.compile(r"(?:^|\n)\s*\d+\.$")
_BEFORE_NUMBER = re.compile(
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    rf"|{_MONTH}|version|chapter|page|pages|number|step|part|section|figure|table|war|plus|minus|point|us\$|eur|usd|gbp)",
    re.IGNORECASE,
)
_LEADING_SIGNS = "$€£¥-−–+/^=×÷*<>≤≥≈~#@("


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of the answer: `text` is answer[start:end]."""

    text: str
    start: int
    end: int


class PhraseSplitter:
    """Splits one answer. `max_wait_s` is how long the text may stand still before an unfinished sentence is spoken."""

    def __init__(self, max_wait_s: float = 0.6) -> None:
        if max_wait_s <= 0:
            raise ValueError(f"max_wait_s must be positive, not {max_wait_s}")
        self.max_wait_s = max_wait_s
        self._rest = ""
        self._start = 0
        self._grown_at_s = 0.0

    @property
    def due_at_s(self) -> float | None:
        """When `due` should be asked next; None while there is nothing to say."""
        return self._grown_at_s + self.max_wait_s if self._rest.strip() else None

    def push(self, text: str, now_s: float) -> list[Phrase]:
        """Takes the next piece of the answer; returns the phrases it completes."""
        if text:
            self._rest += text
            self._grown_at_s = now_s
        phrases = []
        while (end := phrase_end(self._rest)) is not None:
            phrases.append(self._cut(end))
        return phrases

    def due(self, now_s: float) -> list[Phrase]:
        """What can be said of an unfinished sentence, if the text has not grown for `max_wait_s`."""
        if self.due_at_s is None or now_s < self.due_at_s - TIMER_SLACK_S:
            return []
        end = safe_end(self._rest)
        return [self._cut(end)] if end else []

    def flush(self) -> list[Phrase]:
        """All that is left: the answer is complete."""
        return [self._cut(len(self._rest))] if self._rest.strip() else []

    def _cut(self, end: int) -> Phrase:
        phrase = Phrase(self._rest[:end], self._start, self._start + end)
        self._rest = self._rest[end:]
        self._start = phrase.end
        return phrase


def phrase_end(text: str) -> int | None:
    """Where the first phrase of the text ends, its white space included; None while it may still go on."""
    ends = [match for match in _END.finditer(text) if text[: match.start()].strip()]
    if not ends:
        return None
    spans = protected(text)
    for match in ends:
        if any(span.holds(match.end()) or span.holds(match.start()) for span in spans):
            continue
        if match["mark"] is None or "\n" in match["space"]:
            return match.end()
        if _ends(match["mark"], text[: match.end("mark")], text[match.end() :]):
            return match.end()
    return None


def _ends(mark: str, head: str, after: str) -> bool:
    """Whether this mark, with white space behind it, ends a phrase."""
    before = head[: -len(mark)]
    if mark in ",;:":
        between_digits = before[-1:].isdigit() and after[:1].isdigit()
        return bool(after) and not between_digits and len(before.split()) >= MIN_CLAUSE_WORDS
    if mark != "." and "." not in mark:
        return True
    if not after or after[0].islower():
        return False
    return not _ends_with_abbreviation(head)


def safe_end(text: str) -> int:
    """The last place where an unfinished sentence can be cut, 0 if there is none.

    A sentence mark at the very end counts as the end of the sentence: a stream that stops there has far more likely
    come to a full stop than to a decimal point.
    """
    spans = [span for span in protected(text) if not span.money]
    if _STOPPED.search(text) and not _ends_with_abbreviation(text) and not _divides(spans, len(text)):
        return len(text)
    words = list(_WORD.finditer(text))
    if words and not words[-1][0][-1].isspace():
        words.pop()
    while words and (_may_go_on(words[-1][0].strip()) or _divides(spans, words[-1].end())):
        words.pop()
    return words[-1].end() if words else 0


def _divides(spans: list[Span], cut: int) -> bool:
    return any(span.holds(cut) for span in spans)


def _ends_with_abbreviation(text: str) -> bool:
    return bool(_ABBREVIATION.search(text) or _LIST_NUMBER.search(text))


def _may_go_on(word: str) -> bool:
    """Whether the next word may belong to this one: "5" p.m., "forty" seven, "$" 3, "−" 4, "Dr." Smith, "Nov" 21."""
    bare = word.strip("\"'“”‘’()*_")
    if not bare or not bare[-1].isalnum():
        return not bare or bare[-1] in _LEADING_SIGNS or bool(_ABBREVIATION.search(bare))
    if bare[-1].isdigit() or _BEFORE_NUMBER.fullmatch(bare):
        return True
    return any(part in NUMBER_WORDS for part in bare.lower().split("-"))
