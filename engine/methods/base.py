"""What every method is made of: the setup of one turn, planned feeds, and the interface of a turn.

A method holds blocks, views and a policy. It plans feeds and takes their logits; it never runs the model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from engine.arena import Arena
from engine.block import Block
from engine.events import EndReason, Event, StreamEnded, StreamName, TokenGenerated, TurnEnded
from engine.gate import GateSettings
from engine.prompt_tokens import PromptTokens
from engine.sampling import Sampler
from engine.stream import Stream
from engine.text import IncrementalDecoder, ParagraphEnd
from engine.view import Feed, Logits, View

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


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
class TurnSetup:
    """What a conversation gives a method for one turn.

    context: [system | history | input]; control: the tokens no stream may write, but for the one that ends it;
    limit_tokens: of any view.
    """

    conversation: int
    turn: int
    arena: Arena
    context: View
    prompts: PromptTokens
    gate: GateSettings
    sampler: Sampler
    tokenizer: PreTrainedTokenizerBase
    control: Set[int]
    paragraph_end: ParagraphEnd
    limit_tokens: int

    @property
    def answer_room_tokens(self) -> int:
        """Part of the limit that thoughts may not use, so that the answer can be finished."""
        return self.limit_tokens // 4


class Turn(ABC):
    """One user-assistant exchange under one method. The method sets `writer_view`, whose target is the output block."""

    writer_view: View

    def __init__(self, setup: TurnSetup) -> None:
        self.setup = setup
        self.done = False
        self._blocks: list[Block] = []
        self._to_prefill: list[Planned] = []
        self.output = self.stream(StreamName.OUTPUT, self.output_prefix(setup.prompts))

    @staticmethod
    @abstractmethod
    def output_prefix(prompts: PromptTokens) -> tuple[int, ...]:
        """The tokens the answer begins with."""

    @abstractmethod
    def plan(self) -> list[Planned]:
        """The feeds of the next step, in the order in which their logits are taken; the output comes last."""

    def release(self) -> None:
        """Give all blocks of the turn back."""
        for block in self._blocks:
            self.setup.arena.release(block)
        self._blocks = []

    # -- pieces for the methods

    def block(self, name: str) -> Block:
        """A block that lives as long as the turn."""
        block = self.setup.arena.block(name)
        self._blocks.append(block)
        return block

    def stream(self, name: StreamName, prefix: tuple[int, ...]) -> Stream:
        """A stream with a block of its own."""
        return Stream(name, self.block(name.value), prefix, IncrementalDecoder(self.setup.tokenizer))

    def prefill(self, view: View, tokens: tuple[int, ...]) -> None:
        """Run these fixed tokens in the first step; nobody wants their logits."""
        if tokens:
            self._to_prefill.append(Planned(Feed(view, tokens, logits=Logits.NONE)))

    def prefills(self) -> list[Planned]:
        """What `prefill` was asked for, once."""
        planned, self._to_prefill = self._to_prefill, []
        return planned

    def generate(self, stream: Stream, logits: Tensor, now: Moment, end: int) -> list[Event]:
        """Pick the stream's next token; `end` ends the stream, no other control token is written."""
        token = self.setup.sampler.pick(logits, self.setup.control - {end})
        if token == end:
            return [self.end(stream, now, EndReason.FINISHED)]
        text = stream.accept(token)
        return [TokenGenerated(*self.at(now), stream.name, token, text)]

    def end(self, stream: Stream, now: Moment, reason: EndReason) -> StreamEnded:
        """The stream generates no more."""
        stream.ended = True
        return StreamEnded(*self.at(now), stream.name, reason)

    def finish(self, now: Moment, reason: EndReason) -> TurnEnded:
        """The turn is over."""
        self.done = True
        return TurnEnded(*self.at(now), reason)

    def at(self, now: Moment) -> tuple[int, int, int, float]:
        """The fields every event begins with."""
        return self.setup.conversation, self.setup.turn, now.step, now.at_s

    def take_thought(self, stream: Stream, view: View, extra: int, logits: Tensor, now: Moment) -> list[Event]:
        """The thinker's logits: its next token, or the end of its thoughts.

        view: the thinker's; extra: tokens it may see in the next step besides its own. Thoughts end when there is no
        room for the next step with the answer's room left over.
        """
        events = self.generate(stream, logits, now, self.setup.prompts.end_of_thoughts)
        room = self.setup.limit_tokens - self.setup.answer_room_tokens
        if not stream.ended and view.length + len(stream.pending) + extra > room:
            events.append(self.end(stream, now, EndReason.LIMIT))
        return events

    def take_output(self, logits: Tensor, now: Moment) -> list[Event]:
        """The writer's logits: the next token of the answer, or the end of the turn."""
        events = self.generate(self.output, logits, now, self.setup.prompts.end_of_output)
        if self.output.ended:
            return [*events, self.finish(now, EndReason.FINISHED)]
        if self.writer_view.length + len(self.output.pending) > self.setup.limit_tokens:
            return [*events, self.end(self.output, now, EndReason.LIMIT), self.finish(now, EndReason.LIMIT)]
        return events
