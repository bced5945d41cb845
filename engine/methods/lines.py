"""Lines: the tree of streams that a text with threads in it is made of.

    line   stream, fork, stream, fork, stream …       the main text, or one thread's
    fork   line, line, …                              its threads, by number

A line goes on in its last part: a stream that generates, or a fork whose threads do. What stands before a thread is its
parent's text up to the fork; what stands before the stream behind a fork is all of it, the threads one after the other.
It knows no tags, no prompts and no events. Source: ThreadWeaver (arXiv 2512.07843).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from engine.block import Block
from engine.stream import Stream
from engine.view import View


@dataclass(eq=False, slots=True)
class Fork:
    """Threads, by number."""

    threads: list[Line]

    def streams(self) -> Iterator[tuple[Line, Stream]]:
        for thread in self.threads:
            yield from thread.streams()

    @property
    def written_tokens(self) -> int:
        return sum(thread.written_tokens for thread in self.threads)

    @property
    def joins(self) -> int:
        return sum(thread.joins for thread in self.threads)

    @property
    def ended(self) -> bool:
        """May it be joined?"""
        return all(thread.ended for thread in self.threads)

    def cut(self, step: int) -> bool:
        cuts = [thread.cut(step) for thread in self.threads]  # each of them, not only the first
        return any(cuts)


@dataclass(eq=False, slots=True)
class Line:
    """before: what stands before the line. budget_tokens: what it and its threads may write in all.

    depth: 0 for the main text. forgotten_tokens: written in parts that are not there any more.
    """

    lane: str
    before: Callable[[], View]
    budget_tokens: int
    depth: int = 0
    parent: Line | None = None
    parts: list[Stream | Fork] = field(default_factory=list)
    forgotten_tokens: int = 0

    @property
    def fork(self) -> Fork | None:
        """The one whose threads run now."""
        return self.parts[-1] if self.parts and isinstance(self.parts[-1], Fork) else None

    @property
    def tip(self) -> Stream | None:
        """The stream that writes now; None while threads run."""
        return self.parts[-1] if self.parts and isinstance(self.parts[-1], Stream) else None

    @property
    def ended(self) -> bool:
        """A line of which nothing is left has ended too."""
        return not self.parts or (self.tip is not None and self.tip.ended)

    @property
    def written_tokens(self) -> int:
        parts = (len(part.generated) if isinstance(part, Stream) else part.written_tokens for part in self.parts)
        return self.forgotten_tokens + sum(parts)

    @property
    def joins(self) -> int:
        """How many streams are still to come behind running forks."""
        return 0 if self.fork is None else 1 + self.fork.joins

    def streams(self) -> Iterator[tuple[Line, Stream]]:
        """All streams in reading order, each with its line."""
        for part in self.parts:
            if isinstance(part, Stream):
                yield self, part
            else:
                yield from part.streams()

    def blocks(self, until: Stream | Fork | None = None) -> Iterator[Block]:
        """All blocks in reading order, up to a part of the line if given."""
        for part in self.parts:
            if part is until:
                return
            streams = [part] if isinstance(part, Stream) else [stream for _, stream in part.streams()]
            for stream in streams:
                yield from stream.blocks

    def before_part(self, part: Stream | Fork) -> View:
        """What stands before one of its parts."""
        return View(self.before(), *self.blocks(until=part))

    def droppable(self) -> Iterator[tuple[Stream, int]]:
        """Streams whose oldest blocks may be dropped, oldest first, and how many blocks each must keep.

        All before the stream that writes, and of that all but the block it writes into. While threads run: all before
        the stream with their outlines, and of the running threads the same; threads that wait to be joined stay whole.
        """
        *earlier, last = self.parts
        for part in earlier[:-1] if isinstance(last, Fork) else earlier:
            streams = [part] if isinstance(part, Stream) else [stream for _, stream in part.streams()]
            yield from ((stream, 0) for stream in streams)
        if isinstance(last, Stream):
            yield last, 1
        else:
            for thread in last.threads:
                if not thread.ended:
                    yield from thread.droppable()

    def prune(self, forgotten_characters: Counter[str]) -> None:
        """Parts that lost all their blocks go; their text is counted by lane."""
        kept: list[Stream | Fork] = []
        for part in self.parts:
            if isinstance(part, Stream):
                gone = not part.blocks
                forgotten_characters[part.lane] += len(part.text) if gone else 0
                written = len(part.generated)
            else:
                written = part.written_tokens
                for thread in part.threads:
                    thread.prune(forgotten_characters)
                gone = not any(thread.parts for thread in part.threads)
            self.forgotten_tokens += written if gone else 0
            if not gone:
                kept.append(part)
        self.parts = kept

    def cut(self, step: int) -> bool:
        """Take back what was generated from this step on; is there any? What follows a part that was cut goes too."""
        for index, part in enumerate(self.parts):
            if part.cut(part.born_before(step)) if isinstance(part, Stream) else part.cut(step):
                for later in self.parts[index + 1 :]:
                    streams = [later] if isinstance(later, Stream) else [stream for _, stream in later.streams()]
                    for stream in streams:
                        stream.release()
                del self.parts[index + 1 :]
                return True
        return False
