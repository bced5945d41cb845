"""The schedule of a turn in which thinking and writing go on at once: what is heard, thought, asked and written when.

Each step: the words that have just come are heard; the mind thinks; the writer writes if it may, else its pending
tokens stand in its block and, now and then, the gate is asked. While more words may come, nothing is asked or written.
Once the thoughts have ended the writer need not ask. What is heard (`Ear`) and who thinks (`Mind`) are put in.

Source: Asynchronous Reasoning (arXiv 2512.10931, section 3), as engine/methods/asynchronous.py runs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Protocol

from app.demo.rows import Book, Kind, Row, Stream

if TYPE_CHECKING:
    from engine.prompt_tokens import PromptTokens


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """How adventurous the simulated schedule is. Probabilities per step or per question."""

    miss_question: float = 0.25  # a moment at which the engine would ask, left out
    extra_question: float = 0.03  # a question at any other step
    late_yes: float = 0.15  # the gate could open, but opens at a later question
    question_weight: float = 2.0
    every_steps: int = 16  # steps between questions when nothing else prompts one


@dataclass(frozen=True, slots=True)
class Hearing:
    """What came with a step: new words; whether more may come; whether this step is the first after the last word."""

    words: bool
    open: bool
    ended: bool


class Ear(Protocol):
    """Brings the user's words, step by step."""

    def hear(self, book: Book, step: int, about_to_write: bool) -> Hearing:
        """Append this step's words to the input. about_to_write: without new words the writer would go on now."""
        ...


class Mind(Protocol):
    """Thinks, step by step. thinking: were there thoughts in the last step? finished: will there be none?"""

    thinking: bool

    @property
    def finished(self) -> bool: ...

    def think(self, step: int, hearing: Hearing) -> bool:
        """Feed this step's thoughts; returns whether a paragraph is complete with them."""
        ...

    def ready(self, paragraph: int) -> bool:
        """Do the complete thoughts hold what this paragraph of the answer rests on?"""
        ...


@dataclass(slots=True)
class WholeInput:
    """A question that is there from the first step on."""

    tokens: Sequence[int]

    def hear(self, book: Book, step: int, about_to_write: bool) -> Hearing:
        if step == 1:
            book.append(self.tokens[book.length(Kind.INPUT) :], Kind.INPUT, step)
        return Hearing(words=step == 1, open=False, ended=step == 1)


@dataclass(slots=True)
class Schedule:
    """One turn. answer: paragraphs of tokens, without the token that ends it."""

    book: Book
    ear: Ear
    mind: Mind
    answer: Sequence[Sequence[int]]
    prompts: PromptTokens
    rng: Random
    options: TraceOptions = field(default_factory=TraceOptions)
    _speaking: bool = False

    def run(self, thinker_role: Sequence[int], thinker_split: Sequence[int]) -> list[Row]:
        """The rows, in order of birth. Those two pieces stand around the output as the thoughts see it."""
        writer = Stream(self.book, Kind.OUTPUT, self.prompts.writer.prefix)
        said = [token for paragraph in self.answer for token in paragraph]
        said.append(self.prompts.end_of_output)
        begins, written, step = _begins(self.answer), 0, 0
        while written < len(said):
            step += 1
            about_to_write = step > 1 and (self._speaking or self.mind.finished)
            hearing = self.ear.hear(self.book, step, about_to_write)
            if step == 1:
                self._prefill(thinker_role, thinker_split)
            completed = self.mind.think(step, hearing)
            if hearing.open or hearing.words:
                self._speaking = False
            elif self._speaking or not self.mind.thinking:
                writer.feed(step, said[written])
                writer.accept(said[written])
                written += 1
                self._speaking = not self.mind.thinking or written not in begins
                continue
            just_paused = not writer.shown
            if just_paused:
                writer.show(step)
            if not hearing.open:
                self._perhaps_ask(begins[written], step, just_paused or completed or hearing.ended)
        return self.book.rows

    def _prefill(self, thinker_role: Sequence[int], thinker_split: Sequence[int]) -> None:
        writer = self.prompts.writer
        self.book.append(writer.role, Kind.WRITER_ROLE, 1)
        self.book.append(thinker_role, Kind.THINKER_ROLE, 1)
        self.book.append(writer.split, Kind.WRITER_SPLIT, 1)
        self.book.append(thinker_split, Kind.THINKER_SPLIT, 1)

    def _perhaps_ask(self, paragraph: int, step: int, prompted: bool) -> None:
        options = self.options
        due = prompted or step % options.every_steps == 0
        if self.rng.random() >= (1 - options.miss_question if due else options.extra_question):
            return
        ready = self.mind.ready(paragraph)
        answer = self.prompts.gate_yes if ready else self.prompts.gate_no
        self.book.ask(self.prompts.gate_question, step, answer, options.question_weight)
        self._speaking = ready and self.rng.random() >= options.late_yes


def _begins(answer: Sequence[Sequence[int]]) -> dict[int, int]:
    """Number of tokens written when the writer is about to begin answer paragraph k: {written: k}."""
    begins, total = {0: 0}, 0
    for k, paragraph in enumerate(answer[:-1], start=1):
        total += len(paragraph)
        begins[total] = k
    return begins
