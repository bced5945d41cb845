"""A question on its way in: pieces of a few words at random steps, and sometimes a correction when all seemed said.

The pace is drawn: all at once, quick, spoken, slow, with pauses now and then. The end of the input comes with the last
words or some steps later, as an endpoint detector tells it. What has been heard so far is measured in characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from app.demo.rows import Book, Kind
from app.demo.schedule import Hearing

if TYPE_CHECKING:
    from app.demo.problems import LiveProblem
    from app.demo.traces import Encode

_WORD = re.compile(r"\s*\S+\s*$|\s*\S+")
_NEVER = 1 << 30


@dataclass(frozen=True, slots=True)
class Question:
    """The words of a live problem in the order in which they come, and what can be known after how many characters.

    text: all of it; late: from this character on it is a correction said after the question had seemed over.
    step_ends[i]: the last number of step i has been heard. told, corrected: the correction has begun; its number is
    heard.
    """

    text: str
    late: int
    step_ends: tuple[int, ...]
    told: int = _NEVER
    corrected: int = _NEVER


def question_of(live: LiveProblem) -> Question:
    """The question as it is spoken; a correction of the last step may come late, behind all the rest."""
    text, ends, told, corrected = "", [], _NEVER, _NEVER
    for event in live.events:
        if event.is_correction:
            told, corrected = len(text) + _first_word_end(event.text), len(text) + _number_end(event.text)
        else:
            ends.append(len(text) + _number_end(event.text))
        text += event.text
    return Question(text + live.tail, len(text + live.tail), tuple(ends), told, corrected)


def late_question_of(live: LiveProblem) -> Question:
    """The same, with the correction of the last step behind everything else."""
    *events, correction = live.events
    assert correction.is_correction and live.correction is not None
    steps = "".join(event.text for event in events)
    said = steps + live.tail
    words = correction.text if said[-1].isalnum() else f" {correction.text.lstrip(', ')}"
    first = question_of(live)
    return Question(
        said + words, len(said), first.step_ends, len(said) + _first_word_end(words), len(said) + _number_end(words)
    )


def _number_end(text: str) -> int:
    """Where the last number in the text ends; the end of the text if there is none ("double that")."""
    return ([match.end() for match in re.finditer(r"\d+", text)] or [len(text)])[-1]


def _first_word_end(text: str) -> int:
    match = re.search(r"[A-Za-z]+", text)
    assert match is not None, text
    return match.end()


@dataclass(frozen=True, slots=True)
class Pace:
    """Steps between pieces: from least to most, now and then a pause."""

    least: int
    most: int
    pause: float = 0.0

    def draw(self, rng: Random) -> int:
        return rng.randint(20, 90) if rng.random() < self.pause else rng.randint(self.least, self.most)


PACES = ((Pace(0, 0), 12), (Pace(1, 3), 20), (Pace(1, 12, 0.06), 45), (Pace(6, 30, 0.04), 23))
"""With their weights: all at once, quick, spoken, slow."""


@dataclass(slots=True)
class LiveInput:
    """Brings the pieces of a question, step by step. opening: the tokens before the first word.

    characters: heard so far. arrived: for each number of characters heard, the step in which they came.
    """

    question: Question
    encode: Encode
    opening: Sequence[int]
    rng: Random
    characters: int = 0
    arrived: dict[int, int] = field(default_factory=dict)
    _waiting: list[tuple[tuple[int, ...], int]] = field(default_factory=list)  # tokens; characters heard with them
    _late: list[tuple[tuple[int, ...], int]] = field(default_factory=list)
    _pace: Pace = PACES[0][0]
    _next_at: int = 1
    _end_at: int = _NEVER

    def __post_init__(self) -> None:
        self._pace = self.rng.choices([pace for pace, _ in PACES], [weight for _, weight in PACES])[0]
        pieces = _tokenized(_pieces(self.question, self.rng, whole=self._pace.most == 0), self.encode)
        pieces[0] = ((*self.opening, *pieces[0][0]), pieces[0][1])
        self._waiting = [piece for piece in pieces if piece[1] <= self.question.late]
        self._late = pieces[len(self._waiting) :]

    @property
    def at_once(self) -> bool:
        """Does all but a late correction come in the first step?"""
        return self._pace.most == 0

    def step_of(self, characters: int) -> int:
        """The step in which so many characters had been heard."""
        return min(step for heard, step in self.arrived.items() if heard >= characters)

    def hear(self, book: Book, step: int, about_to_write: bool) -> Hearing:
        """Append the words of this step. A late correction comes before the first word of the answer."""
        if self._late and self._end_at <= step - 1 and (about_to_write or self.rng.random() < 0.08):
            self._waiting, self._late, self._next_at, self._end_at = self._late, [], step, _NEVER
        before = self.characters
        while self._waiting and self._next_at <= step:
            tokens, self.characters = self._waiting.pop(0)
            there = book.length(Kind.INPUT) if not self.arrived else 0  # what carried thoughts have read
            book.append(tokens[there:], Kind.INPUT, step)
            self.arrived[self.characters] = step
            self._next_at = step + self._pace.draw(self.rng) + self._hesitation()
        words = self.characters > before
        if words and not self._waiting:
            self._end_at = step + (0 if self.rng.random() < 0.5 else self.rng.randint(1, 25))
        return Hearing(words, open=step < self._end_at, ended=step == self._end_at)

    def _hesitation(self) -> int:
        """Steps by which the next piece is late: somebody who is about to correct himself often stops first."""
        told = self._waiting and self.characters < self.question.told <= self._waiting[0][1]
        return self.rng.randint(0, 40) if told and not self.at_once else 0


def _pieces(question: Question, rng: Random, whole: bool) -> list[str]:
    """The question in pieces of one to three words; a late correction begins a piece of its own."""
    pieces = []
    for text in (question.text[: question.late], question.text[question.late :]):
        words = _WORD.findall(text)
        while words:
            count = len(words) if whole else rng.randint(1, 3)
            pieces.append("".join(words[:count]))
            words = words[count:]
    assert "".join(pieces) == question.text, (pieces, question.text)
    return pieces


def _tokenized(pieces: Sequence[str], encode: Encode) -> list[tuple[tuple[int, ...], int]]:
    """Each piece's tokens, as those of all the text so far are continued, and the characters heard with it.

    Pieces that would change earlier tokens are put together with those before them.
    """
    found: list[tuple[tuple[int, ...], int]] = []
    text = ""
    known: tuple[int, ...] = ()
    for piece in pieces:
        text += piece
        tokens = tuple(encode(text))
        if tokens[: len(known)] != known:
            return _tokenized(_joined(pieces, len(found)), encode)
        found.append((tokens[len(known) :], len(text)))
        known = tokens
    return found


def _joined(pieces: Sequence[str], index: int) -> list[str]:
    return [*pieces[: index - 1], pieces[index - 1] + pieces[index], *pieces[index + 1 :]]
