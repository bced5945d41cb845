"""From logits to tokens: what the streams of one turn share, whoever plans them.

It makes streams, picks their tokens, tells what happened, and keeps long streams in blocks that can be dropped one by
one. It decides nothing about who runs when.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from torch import Tensor

from engine.arena import Arena
from engine.block import Account, Block
from engine.events import EndReason, Event, StreamCompacted, StreamCut, StreamEnded, StreamName, TokenGenerated
from engine.model import Model
from engine.sampling import Sampler
from engine.stream import Stream
from engine.view import Feed

PARTS = 8  # a stream as long as the limit is in about so many blocks


@dataclass(frozen=True, slots=True)
class Moment:
    """When a step's logits came: the turn's step number, from 1, and the engine's monotonic clock in seconds."""

    step: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Planned:
    """A feed for the next step, and what becomes of its last token's logits [V]."""

    feed: Feed
    take: Callable[[Tensor, Moment], Sequence[Event]] | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """The means of one turn. conversation, turn: their numbers, for the events."""

    conversation: int
    turn: int
    arena: Arena
    account: Account
    model: Model
    sampler: Sampler

    def stream(
        self, name: StreamName, prefix: tuple[int, ...], lane: str = "", carried: Sequence[Block] = ()
    ) -> Stream:
        """A new stream that begins with the prefix."""
        return Stream(name, self.arena, self.account, prefix, self.model.decoder, lane, carried)

    def pick(self, logits: Tensor, allowed: Collection[int]) -> int:
        """The next token from logits [V]; of the control tokens only those allowed."""
        return self.sampler.pick(logits, self.model.bans.but(allowed))

    def accept(self, stream: Stream, token: int, now: Moment, streams: int = 1) -> TokenGenerated:
        """The stream's next token is this one. streams: so many share the room of one."""
        if self._block_is_full(stream, streams):
            stream.roll()
        return self._told(stream, token, stream.accept(token, now.step), now)

    def inject(self, stream: Stream, tokens: Sequence[int], now: Moment) -> list[TokenGenerated]:
        """The stream goes on with these tokens, which it did not choose itself."""
        return [
            self._told(stream, token, text, now)
            for token, text in zip(tokens, stream.inject(tokens, now.step), strict=True)
        ]

    def end(self, stream: Stream, now: Moment, reason: EndReason) -> StreamEnded:
        """The stream generates no more. FINISHED: it just chose to end; its newest tokens were fed in this step."""
        if reason is EndReason.FINISHED:
            stream.end()
        else:
            stream.ended = True
        return StreamEnded(*self.at(now), stream.name, reason, stream.lane)

    def cut(self, stream: Stream, count: int, now: Moment) -> list[Event]:
        """Take back all but the first `count` generated tokens."""
        if not stream.cut(count):
            return []
        return [StreamCut(*self.at(now), stream.name, len(stream.text), stream.lane)]

    def compact(self, stream: Stream, tokens: int, now: Moment) -> list[Event]:
        """Drop oldest blocks until the stream holds so many tokens at most, but never the one it writes into."""
        dropped = 0
        while stream.length > tokens and len(stream.blocks) > 1:
            dropped += stream.drop_oldest()
        return [StreamCompacted(*self.at(now), stream.name, dropped, stream.lane)] if dropped else []

    def at(self, now: Moment) -> tuple[int, int, int, float]:
        """The fields every event begins with."""
        return self.conversation, self.turn, now.step, now.at_s

    def _told(self, stream: Stream, token: int, text: str, now: Moment) -> TokenGenerated:
        return TokenGenerated(*self.at(now), stream.name, token, text, stream.lane)

    def _block_is_full(self, stream: Stream, streams: int) -> bool:
        """A new paragraph begins a new block once the old one has its share of the limit, any token at half as much
        again.
        """
        chunk = max(1, self.model.limit_tokens // (PARTS * streams))
        if stream.block.length < chunk:
            return False
        return stream.block.length >= chunk + chunk // 2 or self.model.paragraph_end(stream.generated)
