"""A turn with one to four workers at once, each writing text of its own that all the others see as it grows.

Who does what follows from what stands there: at first worker k takes part k; a worker that is free takes the lowest
part nobody has begun, workers of lower number before others; when all parts are complete, worker 1 does what rests on
them and ends the thoughts for all. Who has nothing to do says so with one token and rests; when anybody completes a
paragraph all who rest are fed again, in the step that sees its last token.

Source: Hogwild! Inference (arXiv 2504.06261), contiguous layout; the writer and the gate as in Asynchronous Reasoning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from app.demo.rows import WORKERS, Book, Row, Stream
from app.demo.schedule import Hearing, Schedule, TraceOptions, WholeInput
from app.demo.traces import Encode, Tokenized

if TYPE_CHECKING:
    from app.demo.problems import Problem
    from engine.prompt_tokens import PromptTokens


@dataclass(slots=True)
class Worker:
    """One worker. said: the paragraph it writes, `at` tokens of which are chosen; index: that thought's number."""

    stream: Stream
    index: int = 0
    said: Sequence[int] = ()
    at: int = 0
    resting: bool = False

    @property
    def writing(self) -> bool:
        """Is there more of its paragraph to be chosen?"""
        return self.at < len(self.said)

    @property
    def completing(self) -> bool:
        """Is its newest token, which is to be fed, the last of a paragraph?"""
        return bool(self.said) and not self.writing and not self.resting

    def begin(self, index: int, paragraph: Sequence[int]) -> None:
        self.index, self.said, self.at, self.resting = index, paragraph, 0, False


@dataclass(slots=True)
class WorkersMind:
    """All workers. parts: independent paragraphs; rest: those of worker 1 after them; each with its thought's number.

    first_of_rest: the number of the first of the rest. needs: of each paragraph of the answer, how many first thoughts
    it rests on. complete: numbers of complete thoughts; to begin with, those that nobody writes.
    """

    workers: Sequence[Worker]
    parts: list[tuple[int, Sequence[int]]]
    rest: list[tuple[int, Sequence[int]]]
    first_of_rest: int
    needs: Sequence[int]
    rest_token: int
    end: int
    complete: set[int]
    thinking: bool = True
    finished: bool = False

    def think(self, step: int, hearing: Hearing) -> bool:
        """Feed all workers that are not at rest; returns whether any completes a paragraph."""
        self.thinking = not self.finished
        if self.finished:
            return False
        completing = [worker.index for worker in self.workers if worker.completing]
        self.complete.update(completing)
        for worker in self.workers:
            if completing or not worker.resting:
                self._go_on(worker, step)
        return bool(completing)

    def ready(self, paragraph: int) -> bool:
        return all(index in self.complete for index in range(self.needs[paragraph]))

    def _go_on(self, worker: Worker, step: int) -> None:
        if not worker.writing and (task := self._task(worker)) is not None:
            worker.begin(*task)
        if worker.writing:
            worker.stream.feed(step, worker.said[worker.at])
            worker.stream.accept(worker.said[worker.at])
            worker.at += 1
            return
        ends = worker is self.workers[0] and self._parts_complete
        self.finished |= ends
        worker.stream.feed(step, self.end if ends else self.rest_token)
        worker.resting = True

    def _task(self, worker: Worker) -> tuple[int, Sequence[int]] | None:
        """The paragraph a free worker should write; None: it has to wait, or all is done."""
        if self.parts:
            return self.parts.pop(0)
        if worker is self.workers[0] and self._parts_complete and self.rest:
            return self.rest.pop(0)
        return None

    @property
    def _parts_complete(self) -> bool:
        return not self.parts and all(index in self.complete for index in range(self.first_of_rest))


@dataclass(slots=True)
class WorkerTrace:
    """Simulates the engine's schedule for one problem and records the rows. names: how each worker's text begins; as
    many as there are workers.
    """

    problem: Problem
    item: Tokenized
    encode: Encode
    names: Sequence[tuple[int, ...]]
    prompts: PromptTokens
    rng: Random
    options: TraceOptions = field(default_factory=TraceOptions)

    def run(self) -> list[Row]:
        """The rows, in order of birth."""
        book, pieces = Book(), self.prompts.hogwild
        assert pieces is not None and pieces.rest is not None
        mind = self._mind(
            [Worker(Stream(book, *start)) for start in zip(WORKERS, self.names, strict=False)], pieces.rest
        )
        schedule = Schedule(
            book, WholeInput(self.item.input), mind, self.item.answer, self.prompts, self.rng, self.options
        )
        return schedule.run(pieces.role, pieces.split)

    def _mind(self, workers: Sequence[Worker], rest_token: int) -> WorkersMind:
        """Parts are numbered as they are taken, and there is no plan; without parts, worker 1 writes all thoughts."""
        outlines, thoughts = self.problem.outlines, self.problem.thoughts
        first_of_rest = len(outlines) + 1 if outlines else 0
        parts: list[tuple[int, Sequence[int]]] = [
            (i, self.encode(f"part {i}: {thoughts[i]}\n\n")) for i in range(1, len(outlines) + 1)
        ]
        later = list(enumerate(self.item.thoughts))[first_of_rest:]
        rest: list[tuple[int, Sequence[int]]] = [(i, paragraph) for i, paragraph in later]
        given = {0} if outlines else set()
        end = self.prompts.end_of_thoughts
        return WorkersMind(workers, parts, rest, first_of_rest, self.item.needs, rest_token, end, given)
