"""The end of a turn: does what was said so far seem complete?

A silence alone cannot tell a pause from an end. These judges look at the words, or listen to the sound; what they find
decides how much silence the endpointer waits for (`audio.turns.endpoint`). They hold no state between calls, so that
all streams share them.
"""

import re
from collections.abc import Sequence
from typing import Protocol

from audio.asr.transcript import NUMBER_WORDS, TENS
from audio.pcm import Pcm
from audio.turns.endpoint import Completeness
from audio.turns.turn_words import BY_LANGUAGE, TurnWords

LONGEST_JUDGED_S = 16
"""How much of an utterance, counted back from its pause, a judge gets to hear."""
PHRASE_LENGTHS = range(1, 6)
"""Words of the phrases in the tables."""
_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*")
_OPEN_MARKS = (",", ";", ":", "…", "...", "-", "–", "—", "、", "，", "؛", "،")
_QUESTION_MARKS = ("?", "？", "؟")
_MAY_GO_ON = re.compile(r"[1-9]?[2-9]0|[1-9]0{2,}")
"""Numbers like 40 and 200: "forty" may become "forty two"."""


class TurnEndJudge(Protocol):
    """Tells whether a turn may be over when its voice pauses."""

    def completeness(self, words: str, sound: Pcm) -> Completeness:
        """Of the utterance so far.

        `words` may be none, or misheard; `sound` is its latest `LONGEST_JUDGED_S` at 16 kHz with the beginning of the
        pause.
        """


class TextJudge:
    """`TurnEndJudge` by the words alone: rules for the languages of `audio.turns.turn_words`, else by punctuation."""

    def __init__(self, language: str = "en") -> None:
        self._rules = BY_LANGUAGE.get(language)

    def completeness(self, words: str, sound: Pcm) -> Completeness:
        return text_completeness(words, self._rules)


class CautiousJudge:
    """`TurnEndJudge` of several: unfinished if one says so; finished if one says so and none objects."""

    def __init__(self, judges: Sequence[TurnEndJudge]) -> None:
        self._judges = tuple(judges)

    def completeness(self, words: str, sound: Pcm) -> Completeness:
        found = {judge.completeness(words, sound) for judge in self._judges}
        for one in (Completeness.UNFINISHED, Completeness.FINISHED):
            if one in found:
                return one
        return Completeness.UNKNOWN


def text_completeness(text: str, rules: TurnWords | None) -> Completeness:
    """Whether these words may be a whole turn; without rules, only the punctuation is looked at."""
    words = [word.replace("’", "'") for word in _WORD.findall(text.lower())]
    if not words:
        return Completeness.UNKNOWN
    ended = text.rstrip()
    if rules is not None and " ".join(words) in rules.complete:
        return Completeness.FINISHED
    if ended.endswith(_OPEN_MARKS) or (rules is not None and _breaks_off(words, rules)):
        return Completeness.UNFINISHED
    if ended.endswith(_QUESTION_MARKS):
        return Completeness.FINISHED
    if rules is None:
        return Completeness.UNKNOWN
    if _lacks_an_operand(words, rules):
        return Completeness.UNFINISHED
    if _asks(words, rules):
        return Completeness.UNKNOWN if _number_may_go_on(words[-1]) else Completeness.FINISHED
    return Completeness.UNFINISHED if _leads_to_more(words, rules) else Completeness.UNKNOWN


def _breaks_off(words: list[str], rules: TurnWords) -> bool:
    """Whether the last words call for another."""
    if all(word in rules.leads for word in words):
        return True
    if _ends(words, rules.goes_on):
        stranded = len(words) > 2 and words[-1] in rules.stranded and words[-2] in rules.before_stranded
        asked = stranded and _begins(_without_leads(words, rules), rules.questions)
        return not (asked or _ends_a_clause(words, rules))
    return any(
        len(words) > length and " ".join(words[-length:]) in rules.operators and _is_number(words[-length - 1])
        for length in PHRASE_LENGTHS
    )


def _ends_a_clause(words: list[str], rules: TurnWords) -> bool:
    """Whether the last verb belongs to a question told within a sentence: "tell me where the station is"."""
    if words[-1] not in rules.clause_ends:
        return False
    return any(
        words[start] in rules.questions and words[start + 1] not in rules.questions
        for start in range(1, len(words) - 3)
    )


def _lacks_an_operand(words: list[str], rules: TurnWords) -> bool:
    """ "what is 12", "multiply 12": a number where more than a number is asked for, or not even that."""
    start = len(words)
    while start and _is_number(words[start - 1]):
        start -= 1
    told_before = any(_is_number(word) for word in words[:start])
    return _ends(words[:start], rules.values) and not (told_before and start == len(words))


def _asks(words: list[str], rules: TurnWords) -> bool:
    """Whether there is a question, a request, a correction or a plain sum, so that an answer is wanted."""
    proper = _without_leads(words, rules)
    if _begins(proper, rules.questions) or _begins(proper, rules.requests):
        return True
    if _holds(words, rules.inner_questions) or _holds(words, rules.corrections):
        return True
    return words[0] in rules.retractions or _is_sum(proper, rules)


def _leads_to_more(words: list[str], rules: TurnWords) -> bool:
    """A condition without its consequence, or numbers told without a question: "Tom has 12 apples"."""
    proper = _without_leads(words, rules)
    if _begins(proper, rules.conditions):
        return True
    return any(_is_number(word) for word in words) and any(not _is_number(word) for word in proper)


def _is_sum(words: list[str], rules: TurnWords) -> bool:
    """Numbers with operators between them and nothing else: "12 plus 7"."""
    rest = [word for word in words if not _is_number(word)]
    return 0 < len(rest) < len(words) and " ".join(rest) != "and" and _made_of(rest, rules.operators)


def _made_of(words: list[str], phrases: frozenset[str]) -> bool:
    """Whether the words are phrases from the table, one after the other."""
    if not words:
        return True
    return any(" ".join(words[:length]) in phrases and _made_of(words[length:], phrases) for length in PHRASE_LENGTHS)


def _without_leads(words: list[str], rules: TurnWords) -> list[str]:
    for length in reversed(PHRASE_LENGTHS):
        if length < len(words) and " ".join(words[:length]) in rules.leads:
            return _without_leads(words[length:], rules)
    return words


def _begins(words: list[str], phrases: frozenset[str]) -> bool:
    return any(" ".join(words[:length]) in phrases for length in PHRASE_LENGTHS)


def _ends(words: list[str], phrases: frozenset[str]) -> bool:
    return any(" ".join(words[-length:]) in phrases for length in PHRASE_LENGTHS)


def _holds(words: list[str], phrases: frozenset[str]) -> bool:
    return any(_begins(words[start:], phrases) for start in range(len(words)))


def _is_number(word: str) -> bool:
    return word[0].isdecimal() or word.partition("-")[0] in NUMBER_WORDS


def _number_may_go_on(word: str) -> bool:
    return word in TENS or word in {"hundred", "thousand", "million"} or _MAY_GO_ON.fullmatch(word) is not None
