"""Several workers who think at once and see each other's text as it grows; what they see is the layout.

    contiguous   [before | other workers' text, in order of number | own →]
    interleaved  [before | past heading | finished paragraphs | own heading | own paragraph →]
    combined     [before | past heading | finished paragraphs | others heading | their paragraphs | own heading | own →]

Finished paragraphs stand in the order in which they were finished. None is computed again: its blocks move. Its last
token is run in the same step in which its worker begins the next one, so that everybody sees both at once. The writer
sees finished paragraphs, then what every worker is writing.

A worker that has the answer ends the thoughts of all. One that has nothing to do rests until somebody finishes a
paragraph or the user says more; if all rest and the user has finished, there is nothing left to think. Now and then a
worker is asked whether its work is redundant; it answers in its own text.

Too many thoughts: the oldest finished paragraphs are dropped, then the oldest part of the longest current text. So are
they if short paragraphs leave more than `slack_tokens` of their pages empty.

Source: Hogwild! Inference (arXiv 2504.06261), section 3.2 (layouts), 3.3 (the question about redundant work).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from engine.arena import PAGE_TOKENS, whole_pages
from engine.block import Block
from engine.events import EndReason, Event, StreamCompacted, StreamCut, StreamEnded, StreamName
from engine.generation import PARTS, Generation, Moment, Planned
from engine.methods.thinking import Before, Thinking
from engine.methods.worker import Worker
from engine.model import Model
from engine.prompt_tokens import HogwildTokens
from engine.prompts import Layout
from engine.stream import Stream
from engine.view import View


@dataclass(frozen=True, slots=True)
class Headings:
    """Fixed blocks that stand before finished paragraphs, the others' text and one's own; none where there is no text.

    They belong to the turn.
    """

    past: Sequence[Block] = ()
    others: Sequence[Block] = ()
    own: Sequence[Block] = ()

    @property
    def blocks(self) -> list[Block]:
        """All of them, in order."""
        return [*self.past, *self.others, *self.own]


def slack_tokens(model: Model, pieces: HogwildTokens) -> int:
    """What shared blocks may take of the arena on top of their tokens: pages that are not full."""
    pages = PARTS * len(pieces.workers) * PAGE_TOKENS
    return pages if pieces.layout is Layout.CONTIGUOUS else model.limit_tokens // 2 + pages


class Workers(Thinking):
    """As many as the prompts name. carried: blocks of earlier thoughts, which all of them see first."""

    def __init__(
        self,
        generation: Generation,
        before: Before,
        paragraph_ended: Callable[[], None],
        pieces: HogwildTokens,
        headings: Headings,
        carried: Sequence[Block] = (),
    ) -> None:
        super().__init__(generation, before, paragraph_ended)
        self._pieces, self._headings = pieces, headings
        self._carried = [*carried]
        self._finished: list[Stream] = []  # paragraphs that stand in blocks, in the order in which they were finished
        self._news = False  # somebody finished a paragraph, which those who rest have not seen
        self.workers = [Worker(generation, str(number), prefix) for number, prefix in enumerate(pieces.workers, 1)]

    # -- who sees what

    @property
    def parts(self) -> list[Block]:
        return [*self._shared(), *(block for worker in self.workers for block in worker.blocks)]

    @property
    def question_before(self) -> View:
        first = self.workers[0]
        return View(self.before_text_of(first), *first.blocks)

    def before_text_of(self, worker: Worker, leaving: Stream | None = None) -> View:
        """What stands before a worker's own text. leaving: its paragraph whose last token is still to be run."""
        shared, headings = self._shared(leaving), self._headings
        others = [block for other in self.workers if other is not worker for block in other.blocks]
        match self._pieces.layout:
            case Layout.CONTIGUOUS:
                return View(self.before(), *shared, *others)
            case Layout.INTERLEAVED:
                return View(self.before(), *headings.past, *shared, *headings.own)
            case Layout.COMBINED:
                return View(self.before(), *headings.past, *shared, *headings.others, *others, *headings.own)

    def _shared(self, leaving: Stream | None = None) -> list[Block]:
        """Finished paragraphs, those of an interrupted turn first."""
        finished = (paragraph for paragraph in self._finished if paragraph is not leaving)
        return [*self._carried, *(block for paragraph in finished for block in paragraph.blocks)]

    # -- what there is to run

    @property
    def ended(self) -> bool:
        return all(worker.stream.ended for worker in self.workers)

    @property
    def begun(self) -> bool:
        return any(worker.tokens for worker in self.workers)

    def wake(self) -> None:
        for worker in self.workers:
            worker.stream.wake()

    def plan(self) -> list[Planned]:
        if self._news:
            self.wake()
            self._news = False
        return [*self._plan_finished(), *(self._plan(worker) for worker in self.workers if worker.stream.active)]

    def plan_closing(self) -> list[Planned]:
        """The last tokens of paragraphs that were finished in the last step, and of who was ended in it."""
        return [
            *self._plan_finished(),
            *(
                Planned(worker.stream.show(self.before_text_of(worker)))
                for worker in self.workers
                if worker.stream.unread
            ),
        ]

    def _plan_finished(self) -> list[Planned]:
        planned = []
        for worker in self.workers:
            for paragraph in worker.finished[-1:]:
                if paragraph.pending:
                    planned.append(Planned(paragraph.show(self.before_text_of(worker, paragraph))))
                    paragraph.pending, paragraph.shown = (), False  # they are in for good
        return planned

    def _plan(self, worker: Worker) -> Planned:
        worker.fed = True
        return Planned(worker.stream.feed(self.before_text_of(worker)), partial(self._take, worker))

    # -- what the logits bring

    def _take(self, worker: Worker, logits: Tensor, now: Moment) -> list[Event]:
        if worker.stream.ended:  # another one had the answer in this step
            return []
        generation, end, rest = self.generation, self.generation.model.tokens.end_of_thoughts, self._pieces.rest
        token = generation.pick(logits, {end} if rest is None else {end, rest})
        if token == end and not self.listening:
            return self._end(now, EndReason.FINISHED)
        if token in (end, rest):
            return self._rest(worker, now)
        worker.fed = False
        events: list[Event] = [generation.accept(worker.stream, token, now, len(self.workers))]
        completes = generation.model.paragraph_end(worker.stream.generated)
        if completes:
            self._finish_paragraph(worker)
        if sum(one.tokens for one in self.workers) >= generation.model.thought_tokens:
            return events + self._end(now, EndReason.LIMIT)
        return [*events, *self._check(worker, now)] if completes else events

    def _rest(self, worker: Worker, now: Moment) -> list[Event]:
        worker.stream.rest()
        worker.fed = False
        nobody = not self.listening and all(one.stream.resting for one in self.workers)
        return self._end(now, EndReason.FINISHED) if nobody else []

    def _finish_paragraph(self, worker: Worker) -> None:
        self._news = True
        if self._pieces.layout is not Layout.CONTIGUOUS:
            self._finished.append(worker.finish_paragraph())
        self.paragraph_ended()

    def _check(self, worker: Worker, now: Moment) -> Sequence[Event]:
        """Ask whether its work is redundant, if that was long ago."""
        every = self._pieces.check_every_tokens
        if not (every and self._pieces.check and worker.tokens - worker.checked_at >= every):
            return ()
        events = self.generation.inject(worker.stream, self._pieces.check, now)
        worker.checked_at = worker.tokens
        return events

    def _end(self, now: Moment, reason: EndReason) -> list[Event]:
        at = self.generation.at(now)
        for worker in self.workers:
            worker.end()
        return [StreamEnded(*at, StreamName.THOUGHTS, reason, worker.lane) for worker in self.workers]

    # -- what the turn does to them

    def stop(self, now: Moment, reason: EndReason) -> list[Event]:
        return [] if self.ended else self._end(now, reason)

    def cut_since(self, step: int, now: Moment) -> list[Event]:
        events: list[Event] = []
        for worker in self.workers:
            taken, back = worker.cut(step)
            self._finished = [paragraph for paragraph in self._finished if paragraph not in back]
            if taken:
                at = self.generation.at(now)
                events.append(StreamCut(*at, StreamName.THOUGHTS, worker.characters, worker.lane))
        return events

    def hand_over(self) -> list[Block]:
        streams = [*self._finished, *(worker.stream for worker in self.workers)]
        blocks = [*self._carried, *(block for stream in streams for block in stream.hand_over())]
        self._carried, self._finished = [], []
        for block in blocks:
            if not block.length:
                self.generation.arena.release(block)
        return [block for block in blocks if not block.released]

    # -- room

    @property
    def length(self) -> int:
        return super().length + sum(len(paragraph.pending) for paragraph in self._finished)

    @property
    def margin(self) -> int:
        return sum(worker.stream.growth for worker in self.workers)

    def compact(self, tokens: int, now: Moment) -> list[Event]:
        return self._drop(lambda: self.length > tokens, now, self.workers)

    def thin_out(self, now: Moment) -> list[Event]:
        """Before a step: drop the oldest shared blocks while they leave too much of their pages empty."""
        slack = slack_tokens(self.generation.model, self._pieces)
        return self._drop(lambda: sum(whole_pages(b.length) - b.length for b in self._shared()) > slack, now)

    def _drop(self, too_much: Callable[[], bool], now: Moment, workers: Sequence[Worker] = ()) -> list[Event]:
        """Drop the oldest shared blocks, then those of these workers' current texts, as long as it is too much."""
        dropped: Counter[str] = Counter()
        while too_much() and self._drop_one(dropped, workers):
            pass
        at = self.generation.at(now)
        return [StreamCompacted(*at, StreamName.THOUGHTS, count, lane) for lane, count in sorted(dropped.items())]

    def _drop_one(self, dropped: Counter[str], workers: Sequence[Worker]) -> bool:
        """The oldest of what may go; the block a worker writes into may not. False: there is nothing."""
        if self._carried:
            block = self._carried.pop(0)
            dropped[""] += block.length
            self.generation.arena.release(block)
        elif self._finished and not self._finished[0].pending:
            paragraph = self._finished.pop(0)
            dropped[paragraph.lane] += sum(paragraph.drop_oldest() for _ in (*paragraph.blocks,))
        elif long := [worker.stream for worker in workers if len(worker.blocks) > 1]:
            stream = max(long, key=lambda stream: stream.length)
            dropped[stream.lane] += stream.drop_oldest()
        else:
            return False
        return True
