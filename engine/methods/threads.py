"""Threads: thoughts that fork into parts thought at the same time, and go on as one where the parts are joined.

    main      [before | thoughts … outlines]
    thread i  [before | thoughts … outlines | its own →]                     it sees no other thread
    joined    [before | thoughts … outlines | thread 1 … thread n | join →]

The parent waits while its threads run, so its blocks serve all of them; no key is copied, moved or computed again. Its
last token and the threads' first ones run in the same step, and so do the threads' last ones and the join. A thread may
fork once more; deeper tags are plain text.

What a line may still write is shared equally among its threads and what follows them, so all together stay within the
turn's budget. Room is made by dropping finished blocks, oldest first, but neither the outlines that running threads
were given nor a thread that waits to be joined; where that is not enough, running threads are ended and joined as they
are. At most `most_blocks` blocks stand at a time (many short ones waste pages): a fork that would need more drops old
ones, or stays plain text.

Source: ThreadWeaver (arXiv 2512.07843).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from torch import Tensor

from engine.block import Block
from engine.events import EndReason, Event, StreamCompacted, StreamCut, StreamEnded, StreamName
from engine.generation import PARTS, Generation, Moment, Planned
from engine.methods.lines import Fork, Line
from engine.methods.tags import outlines_at_end, tag_tokens, thread_ends
from engine.methods.thinking import Before, Thinking
from engine.model import Model
from engine.prompt_tokens import ForkJoinTokens, PromptTokens
from engine.stream import Stream
from engine.view import View

DEEPEST = 2  # a thread of a thread


def most_blocks(model: Model) -> int:
    """How many blocks the thoughts may have after a fork: two generations of threads, twice, and a long text's."""
    return 4 * len(pieces_of(model.tokens).threads) + PARTS


def pieces_of(tokens: PromptTokens) -> ForkJoinTokens:
    """The section that `check` has found."""
    assert tokens.fork_join is not None, "the method was not checked"
    return tokens.fork_join


class Threads(Thinking):
    """The thoughts of a turn: a line that may fork."""

    def __init__(
        self,
        generation: Generation,
        before: Before,
        paragraph_ended: Callable[[], None],
        carried: Sequence[Block] = (),
    ) -> None:
        super().__init__(generation, before, paragraph_ended)
        self._pieces, self._most_blocks = pieces_of(generation.model.tokens), most_blocks(generation.model)
        self._allowed = {generation.model.tokens.end_of_thoughts, *tag_tokens(generation.model.tokenizer)}
        self._forgotten_characters: Counter[str] = Counter()
        self._main = Line("", before, generation.model.thought_tokens)
        self._main.parts.append(generation.stream(StreamName.THOUGHTS, self._pieces.prefix, carried=carried))

    # -- what there is

    @property
    def parts(self) -> list[Block]:
        return list(self._main.blocks())

    @property
    def ended(self) -> bool:
        return self._main.ended

    @property
    def begun(self) -> bool:
        return self._main.written_tokens > 0

    @property
    def question_before(self) -> View:
        return View(self.before(), *self._main.blocks())

    @property
    def margin(self) -> int:
        return sum(len(stream.pending) for _, stream in self._main.streams() if not stream.shown)

    # -- what it runs

    def plan(self) -> list[Planned]:
        """Who writes, and the last tokens of those who have written, for the others to see."""
        planned = []
        for line, stream in self._main.streams():
            if stream is line.tip and stream.active:
                planned.append(Planned(stream.feed(line.before_part(stream)), partial(self._take, line, stream)))
            elif not stream.shown:
                planned.append(Planned(stream.show(line.before_part(stream))))
        return planned

    def plan_closing(self) -> list[Planned]:
        streams = self._main.streams()
        return [Planned(stream.show(line.before_part(stream))) for line, stream in streams if stream.unread]

    def _take(self, line: Line, stream: Stream, logits: Tensor, now: Moment) -> list[Event]:
        generation = self.generation
        token = generation.pick(logits, self._allowed)
        if token == generation.model.tokens.end_of_thoughts:
            return self._take_end(line, stream, now)
        events: list[Event] = [generation.accept(stream, token, now)]
        if line.depth and thread_ends(stream.text):
            stream.ended = True  # its last token is still to be shown
            events.append(StreamEnded(*generation.at(now), stream.name, EndReason.FINISHED, stream.lane))
            self._join(line.parent)
        elif line.written_tokens >= line.budget_tokens:
            events.append(generation.end(stream, now, EndReason.LIMIT))
            self._join(line.parent)
        else:
            events += self._fork(line, stream, now)
        if generation.model.paragraph_end(stream.generated):
            self.paragraph_ended()
        return events

    def _take_end(self, line: Line, stream: Stream, now: Moment) -> list[Event]:
        if self.listening and line is self._main:
            stream.rest()
            return []
        event = self.generation.end(stream, now, EndReason.FINISHED)
        self._join(line.parent)
        return [event]

    # -- fork and join

    def _fork(self, line: Line, stream: Stream, now: Moment) -> list[Event]:
        """The stream gives way to threads if its text has just asked for them."""
        count = len(outlines_at_end(stream.text)) if line.depth < DEEPEST else 0
        budget_tokens = (line.budget_tokens - line.written_tokens) // (count + 1)
        if not (1 <= count <= len(self._pieces.threads) and budget_tokens):
            return []
        most = self._most_blocks - count - 1
        events = self._drop(lambda: self._blocks > most, now)
        if self._blocks <= most:
            fork = Fork([])
            line.parts.append(fork)
            for number, prefix in enumerate(self._pieces.threads[:count], start=1):
                lane = f"{line.lane}.{number}" if line.lane else str(number)
                thread = Line(lane, partial(line.before_part, fork), budget_tokens, line.depth + 1, line)
                thread.parts.append(self.generation.stream(StreamName.THOUGHTS, prefix, lane))
                fork.threads.append(thread)
        return events

    @property
    def _blocks(self) -> int:
        """How many there are, or will be without another fork."""
        return len(self.parts) + self._main.joins

    def _join(self, line: Line | None) -> None:
        """The line goes on behind its threads if all have ended."""
        if line is not None and line.fork is not None and line.fork.ended:
            line.parts.append(self.generation.stream(StreamName.THOUGHTS, self._pieces.join, line.lane))

    def _end_threads(self, line: Line, now: Moment, reason: EndReason) -> list[Event]:
        """All that run under this line end and are joined."""
        events: list[Event] = []
        for thread in line.fork.threads if line.fork is not None else ():
            events += self._end_threads(thread, now, reason)
            if thread.tip is not None and not thread.ended:
                events.append(self.generation.end(thread.tip, now, reason))
        self._join(line)
        return events

    # -- what happens to it

    def wake(self) -> None:
        if self._main.tip is not None:
            self._main.tip.wake()

    def stop(self, now: Moment, reason: EndReason) -> list[Event]:
        events = self._end_threads(self._main, now, reason)
        assert self._main.tip is not None
        if not self._main.ended:
            events.append(self.generation.end(self._main.tip, now, reason))
        return events

    def cut_since(self, step: int, now: Moment) -> list[Event]:
        """A fork whose outlines were cut is undone; a thread that was cut runs again, and what followed is undone."""
        before = self._characters
        if not self._main.cut(step):
            return []
        after = self._characters
        at = self.generation.at(now)
        return [StreamCut(*at, StreamName.THOUGHTS, after[lane], lane) for lane in before if after[lane] < before[lane]]

    @property
    def _characters(self) -> Counter[str]:
        """How long the text of each lane is by now."""
        found = Counter(self._forgotten_characters)
        for _, stream in self._main.streams():
            found[stream.lane] += len(stream.text)
        return found

    def compact(self, tokens: int, now: Moment) -> list[Event]:
        events = self._drop(lambda: self.length > tokens, now)
        if self._main.fork is not None and self.length + self.margin > 2 * tokens:
            events += self._end_threads(self._main, now, EndReason.LIMIT)
            events += self._drop(lambda: self.length > tokens, now)
        return events

    def _drop(self, too_much: Callable[[], bool], now: Moment) -> list[Event]:
        """Drop finished blocks, oldest first, while there is too much."""
        dropped: Counter[str] = Counter()
        for stream, kept in [*self._main.droppable()]:
            while len(stream.blocks) > kept and too_much():
                dropped[stream.lane] += stream.drop_oldest()
        self._main.prune(self._forgotten_characters)
        at = self.generation.at(now)
        return [StreamCompacted(*at, StreamName.THOUGHTS, count, lane) for lane, count in dropped.items() if count]

    def hand_over(self) -> list[Block]:
        return [block for _, stream in self._main.streams() for block in stream.hand_over()]
