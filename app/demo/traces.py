"""Training examples in the shape the engine runs them: a trace of tokens, each born at a step and seen from some views.

One example is one conversation turn with all its streams at once (see rows.py). So the model is trained on keys
computed in another stream's context, its own paused writer and the folded gate question, and not on an idealised copy
of them. Here stand the turns on a question that is there as a whole: one stream (think, then answer; answer at once),
and thinker and writer at once (`AsyncTrace`). Those heard in pieces, threads and workers have files of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from app.demo.rows import FOREVER, NO_TARGET, Book, Kind, Row, Stream
from app.demo.schedule import Hearing, Schedule, TraceOptions, WholeInput

if TYPE_CHECKING:
    from app.demo.problems import Problem
    from engine.prompt_tokens import PromptTokens

Encode = Callable[[str], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Carried:
    """Thoughts of an interrupted turn, which stand before those of the next one. asked: how many tokens of the next
    turn's input were there already when they were thought.
    """

    thoughts: Sequence[int]
    asked: int

    def write(self, book: Book, opening: Sequence[int], prompts: PromptTokens) -> None:
        """Put them into the block of thoughts, as they were thought: before all else, on what was there then.

        opening: the input's first tokens, `asked` of them or more.
        """
        thinker = prompts.thinker
        book.append(opening[: self.asked], Kind.INPUT, 0)
        book.append(thinker.role, Kind.THINKER_ROLE, 0)
        book.append(thinker.split, Kind.THINKER_SPLIT, 0)
        book.append([*thinker.prefix, *self.thoughts], Kind.THOUGHTS, 0)
        book.crop(Kind.THINKER_ROLE, 0, 1)
        book.crop(Kind.THINKER_SPLIT, 0, 1)


class Tokenized:
    """A problem's pieces as tokens: input, thought paragraphs and answer paragraphs with their ends.

    before: the tokens of earlier turns. carried: thoughts of the last of them.
    """

    def __init__(
        self,
        problem: Problem,
        encode: Encode,
        prompts: PromptTokens,
        before: Sequence[int] = (),
        carried: Carried | None = None,
    ) -> None:
        self.carried = carried
        self.input = [*prompts.system, *before, *prompts.input_open, *encode(problem.question)]
        self.thoughts = [list(encode(paragraph + "\n\n")) for paragraph in problem.thoughts]
        self.answer = [list(encode(paragraph + "\n\n")) for paragraph in problem.answer[:-1]]
        self.answer.append(list(encode(problem.answer[-1])))
        self.needs = problem.needs


def sequential_trace(context: Sequence[int], said: Sequence[int]) -> list[Row]:
    """Context without loss, then tokens that are all to be predicted: one block, one token a step."""
    book = Book()
    book.append_said(context, said[:-1], Kind.INPUT, 0, end=said[-1])
    return book.rows


def think_trace(item: Tokenized, prompts: PromptTokens) -> list[Row]:
    """Think, then answer."""
    said = [*flat(item.thoughts), *prompts.answer_prefix, *flat(item.answer), prompts.end_of_output]
    earlier = [*prompts.think_prefix, *item.carried.thoughts] if item.carried else []
    return sequential_trace([*item.input, *prompts.think_role, *earlier, *prompts.think_prefix], said)


def no_think_trace(item: Tokenized, prompts: PromptTokens) -> list[Row]:
    """Answer at once."""
    said = [*flat(item.answer), prompts.end_of_output]
    return sequential_trace([*item.input, *prompts.no_think_role, *prompts.no_think_prefix], said)


def flat(paragraphs: Sequence[Sequence[int]]) -> list[int]:
    """All tokens, one after another."""
    return [token for paragraph in paragraphs for token in paragraph]


@dataclass(slots=True)
class Reciter:
    """A thinker that says fixed paragraphs, one token a step, and then that it has finished."""

    stream: Stream
    paragraphs: Sequence[Sequence[int]]
    needs: Sequence[int]
    end: int
    thinking: bool = True
    _fed: int = 0  # tokens of the paragraphs that are in the block
    _complete: int = 0
    _started: bool = False

    @property
    def finished(self) -> bool:
        return self._started and self._fed == len(flat(self.paragraphs))

    def think(self, step: int, hearing: Hearing) -> bool:
        """Feed the newest token; returns whether it completes a paragraph."""
        self.thinking = not self.finished
        if not self.thinking:
            return False
        self._fed += self._started
        self._started = True
        said = [*flat(self.paragraphs), self.end]
        self.stream.feed(step, said[self._fed])
        self.stream.accept(said[self._fed])
        before, self._complete = self._complete, _complete(self.paragraphs, self._fed)
        return self._complete > before

    def ready(self, paragraph: int) -> bool:
        """Are the thoughts that this paragraph of the answer rests on complete?"""
        return self.needs[paragraph] <= self._complete


def _complete(paragraphs: Sequence[Sequence[int]], tokens: int) -> int:
    """How many paragraphs are complete with their first so many tokens."""
    total = complete = 0
    for paragraph in paragraphs:
        total += len(paragraph)
        complete += total <= tokens
    return complete


@dataclass(slots=True)
class AsyncTrace:
    """Simulates the engine's schedule for one whole question with the gate answered rightly, and records the rows."""

    item: Tokenized
    prompts: PromptTokens
    rng: Random
    options: TraceOptions = field(default_factory=TraceOptions)

    def run(self) -> list[Row]:
        """The rows, in order of birth."""
        book, thinker = Book(), self.prompts.thinker
        if self.item.carried:
            self.item.carried.write(book, self.item.input, self.prompts)
        mind = Reciter(
            Stream(book, Kind.THOUGHTS, thinker.prefix),
            self.item.thoughts,
            self.item.needs,
            self.prompts.end_of_thoughts,
        )
        schedule = Schedule(book, WholeInput(self.item.input), mind, self.item.answer, self.prompts, self.rng)
        schedule.options = self.options
        return schedule.run(thinker.role, thinker.split)


__all__ = [
    "FOREVER",
    "NO_TARGET",
    "AsyncTrace",
    "Encode",
    "Kind",
    "Reciter",
    "Row",
    "Tokenized",
    "TraceOptions",
    "flat",
    "no_think_trace",
    "sequential_trace",
    "think_trace",
]
