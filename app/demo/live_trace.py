"""A turn whose question is still being said while it is thought about: the thinker runs from the first words on.

When there is nothing (more) to think the thinker ends its thoughts, but as long as the input is open that only means
that it rests: its newest token is fed again when there are new words, or when the input ends. A correction is met in
one of two ways: KEEP leaves the thoughts, which take the correction up in words; DROP takes back what was chosen since
the step in which the corrected number came, as soon as a correction can be recognised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from app.demo.live_input import LiveInput, Question, late_question_of, question_of
from app.demo.live_thoughts import LiveThoughts, Written
from app.demo.problems.build import Problem
from app.demo.problems.kind import with_kind
from app.demo.rows import Book, Kind, Row, Stream
from app.demo.schedule import Hearing, Schedule, TraceOptions
from app.demo.traces import Carried, Encode, Tokenized
from app.demo.whole_thoughts import WholeThoughts

if TYPE_CHECKING:
    from app.demo.problems import LiveProblem
    from engine.prompt_tokens import PromptTokens

PLAN_SHARE = 0.5  # of the traces that begin before all is heard
DROP_SHARE = 0.35  # of the traces with a correction
LATE_SHARE = 0.4  # of those with a correction of the last step


@dataclass(frozen=True, slots=True)
class _Point:
    """A thinker's state before it is fed: where its block ends, what is pending, since when, and what that spells."""

    length: int
    pending: tuple[int, ...]
    chosen: int
    written: Written


@dataclass(slots=True)
class LiveMind:
    """The thinker. drop: thoughts chosen since the corrected number came are taken back."""

    stream: Stream
    thoughts: LiveThoughts | WholeThoughts
    ear: LiveInput
    end: int
    drop: bool
    thinking: bool = True
    _written: Written = field(default_factory=Written)  # with the pending tokens
    _chosen: int = 0  # the step in which the pending token was chosen
    _resting: bool = False
    _dropped: bool = False
    _trail: list[_Point] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        return self._resting

    def think(self, step: int, hearing: Hearing) -> bool:
        """Feed the newest token, unless there is nothing new to think; returns whether it completes a paragraph."""
        new = not self._resting
        if self._takes_back():
            new = self._take_back(step)
        self.thinking = new or hearing.words or hearing.ended
        if not self.thinking:
            return False
        self._feed(step, first_time=new)
        return new and bool(self._fed.done) and self._fed.current is None

    def ready(self, paragraph: int) -> bool:
        """Do the complete thoughts hold what this paragraph of the answer rests on?"""
        return self.thoughts.ready(paragraph, self._fed, self.ear.characters)

    @property
    def _fed(self) -> Written:
        """What stands in the block."""
        return self._trail[-1].written

    def _feed(self, step: int, first_time: bool) -> None:
        if first_time:
            length = self.stream.book.length(self.stream.kind)
            self._trail.append(_Point(length, self.stream.pending, self._chosen, self._written))
        chosen = self.thoughts.next(self._written, self.thoughts.known(self.ear.characters))
        self._resting = chosen is None
        if chosen is None:
            self.stream.feed(step, self.end)
        else:
            token, self._written = chosen
            self.stream.feed(step, token)
            self.stream.accept(token)
            self._chosen = step

    def _takes_back(self) -> bool:
        told = self.thoughts.question.told <= self.ear.characters
        return self.drop and not self._dropped and told

    def _take_back(self, step: int) -> bool:
        """Cut the thoughts back to those chosen before the corrected number came; returns whether any were cut."""
        self._dropped = True
        thoughts = self.thoughts
        assert isinstance(thoughts, LiveThoughts) and thoughts.live.correction is not None
        since = self.ear.step_of(thoughts.question.step_ends[thoughts.live.correction.step])
        kept = [point for point in self._trail if point.chosen < since]
        waiting = not self._resting
        if len(kept) == len(self._trail) and (self._resting or self._chosen < since):
            return waiting
        point = kept[-1]
        self._trail = kept[:-1]
        self.stream.rewind(point.length, point.pending, step)
        self._written, self._chosen, self._resting = point.written, point.chosen, False
        return True


@dataclass(slots=True)
class LiveTrace:
    """Simulates the engine's schedule for one question heard in pieces and records the rows.

    live: one whose steps can be worked out as they are heard, or one that must be complete first. before: the tokens
    of earlier turns; carried: thoughts of the last of them.
    """

    live: LiveProblem | Problem
    encode: Encode
    prompts: PromptTokens
    rng: Random
    before: Sequence[int] = ()
    carried: Carried | None = None
    options: TraceOptions = field(default_factory=TraceOptions)

    def run(self) -> list[Row]:
        """The rows, in order of birth."""
        if isinstance(self.live, Problem):
            return self._whole(self.live)
        rng, correction = self.rng, self.live.correction
        last = correction is not None and correction.step == len(self.live.steps) - 1
        late = last and rng.random() < LATE_SHARE
        question = late_question_of(self.live) if late else question_of(self.live)
        ear = self._ear(question)
        planning = ear.at_once or rng.random() < PLAN_SHARE
        thoughts = LiveThoughts(self.live, question, self.encode, planning)
        drop = correction is not None and rng.random() < DROP_SHARE
        return self._run(self.live.whole, ear, thoughts, drop)

    def _whole(self, problem: Problem) -> list[Row]:
        problem = with_kind(problem)
        question = Question(problem.question, len(problem.question), ())
        thoughts = WholeThoughts(Tokenized(problem, self.encode, self.prompts), question)
        return self._run(problem, self._ear(question), thoughts, drop=False)

    def _ear(self, question: Question) -> LiveInput:
        opening = (*self.prompts.system, *self.before, *self.prompts.input_open)
        return LiveInput(question, self.encode, opening, self.rng)

    def _run(self, problem: Problem, ear: LiveInput, thoughts: LiveThoughts | WholeThoughts, drop: bool) -> list[Row]:
        book, prompts = Book(), self.prompts
        if self.carried:
            self.carried.write(book, ear.opening, prompts)
        stream = Stream(book, Kind.THOUGHTS, prompts.thinker.prefix)
        mind = LiveMind(stream, thoughts, ear, prompts.end_of_thoughts, drop=drop)
        answer = Tokenized(problem, self.encode, prompts).answer
        schedule = Schedule(book, ear, mind, answer, prompts, self.rng, self.options)
        return schedule.run(prompts.thinker.role, prompts.thinker.split)
