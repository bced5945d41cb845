"""What every method is made of: one turn, its answer stream, its context, and the rules that all methods share.

A method holds blocks, views and a policy. It plans feeds and takes their logits; it never runs the model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from engine.arena import PAGE_TOKENS, whole_pages
from engine.block import Block
from engine.context import Context
from engine.errors import PromptInvalid
from engine.events import EndReason, Event, StreamName, TurnEnded
from engine.generation import PARTS, Generation, Moment, Planned
from engine.methods.thinking import Thinking
from engine.model import Model
from engine.past import SLACK_TOKENS
from engine.prompt_tokens import PromptTokens
from engine.view import View

TURN_BLOCKS = 10  # one of each kind that a turn has
CLAUSE_ENDS = frozenset(",;:.!?…—\n，；：。！？")
LEAST_SHARE = 8  # the fixed pieces of one view may take such a part of it at most
QUARTER = 4  # of a view is the answer's, and as much the thoughts'
HELD_TOKENS = 48  # a writer that is to pause looks for the end of a clause no longer than this


def room_tokens(limit_tokens: int, tokens: PromptTokens, turns: int) -> int:
    """What a conversation holds at most, pages that are not full counted.

    All its views together hold no more than the limit; on top come thoughts carried over while new words are read.
    """
    pages = (2 * PARTS + TURN_BLOCKS) * PAGE_TOKENS + (SLACK_TOKENS if turns else 0)
    return whole_pages(limit_tokens + limit_tokens // 4 + tokens.fixed_tokens + pages)


@dataclass(frozen=True, slots=True)
class TurnSetup:
    """What a conversation gives a method for one turn. patience: see patience.py. carried: blocks of an interrupted
    turn's thoughts, to own.
    """

    generation: Generation
    context: Context
    patience: float
    carried: Sequence[Block] = ()

    @property
    def model(self) -> Model:
        return self.generation.model


class Turn(ABC):
    """One user-assistant exchange under one method.

    live: thinking begins with the user's first words; else with the end of input. listening: the user has not finished;
    then thoughts may grow, but not the answer. thinking: None if the method has no thoughts. section: of the prompts,
    without which the method cannot run; None: it needs nothing special.
    """

    live: ClassVar[bool] = False
    section: ClassVar[str | None] = None
    thinking: Thinking | None = None

    def __init__(self, setup: TurnSetup) -> None:
        self.setup, self.generation, self.context = setup, setup.generation, setup.context
        self.done = self.listening = self.held = False
        self._held_at_token = 0
        self._blocks: list[Block] = []
        self.output = self.generation.stream(StreamName.OUTPUT, self.output_prefix(setup.model.tokens))

    @classmethod
    def listens(cls, model: Model) -> bool:
        """Does thinking begin with the user's first words?"""
        return cls.live and model.prompts.input.live

    @classmethod
    def check(cls, model: Model) -> None:
        """Raises PromptInvalid if the prompts have nothing for this method."""
        if cls.section is not None and getattr(model.tokens, cls.section) is None:
            raise PromptInvalid(
                f"prompts {model.prompts.name!r} have no section [{cls.section}], which this method needs; "
                "add it to their file or use another method"
            )

    @staticmethod
    def require_room(model: Model, least_tokens: int, purpose: str) -> None:
        """Raises PromptInvalid if views may not become so long, which the prompts need for this purpose."""
        if least_tokens > model.limit_tokens:
            raise PromptInvalid(
                f"prompts {model.prompts.name!r} need conversations of {least_tokens} tokens for their {purpose}, but "
                f"there is room for {model.limit_tokens}; start with more kv_tokens or use another method"
            )

    @classmethod
    def need_tokens(cls, model: Model) -> int:
        """Room to keep in the arena for a conversation with this method (tokens)."""
        return room_tokens(model.limit_tokens, model.tokens, model.prompts.history.turns)

    @staticmethod
    @abstractmethod
    def output_prefix(tokens: PromptTokens) -> tuple[int, ...]:
        """The tokens the answer begins with."""

    @property
    @abstractmethod
    def before_output(self) -> View:
        """What stands before the answer in the writer's view."""

    @property
    @abstractmethod
    def fixed_tokens(self) -> int:
        """Tokens of all fixed pieces that stand in one of the turn's views, at most."""

    @abstractmethod
    def plan(self) -> list[Planned]:
        """The feeds of the next step once all is read, in the order in which logits are taken, the output last."""

    # -- what the user does

    def hear(self) -> None:
        """There are words to read, and more may come."""
        self.listening = True
        if self.thinking is not None:
            self.thinking.listening = True
            self.thinking.wake()

    def end_input(self) -> None:
        """The user has finished."""
        self.listening = False
        if self.thinking is not None:
            self.thinking.listening = False
            self.thinking.wake()

    def hold(self, held: bool) -> None:
        """Enough of the answer waits to be spoken, or no longer: shall the writer pause? Thinking goes on."""
        if held and not self.held:
            self._held_at_token = len(self.output.generated)
        self.held = held

    @property
    def may_write(self) -> bool:
        """May the answer go on? Not while the user speaks; held, only to the end of the clause: a mouth that speaks in
        phrases would say the half of one as if it were whole.
        """
        return not (self.listening or (self.held and self._at_clause_end))

    @property
    def _at_clause_end(self) -> bool:
        text = self.output.text
        if len(self.output.generated) - self._held_at_token >= HELD_TOKENS or not text.strip():
            return True
        return text[-1] in CLAUSE_ENDS and not text[-2:-1].isdigit()  # "3." may become 3.5

    def take_back(self, step: int, spoken_characters: int, now: Moment) -> list[Event]:
        """Words heard in this step of the turn are not meant any more: take back what was thought since then, and of
        the answer what was written since then and is not spoken.
        """
        events = self.thinking.cut_since(step, now) if self.thinking is not None else []
        kept = max(self.output.born_before(step), self.output.within(spoken_characters))
        return events + self.generation.cut(self.output, kept, now)

    # -- what the conversation does

    def make_room(self, now: Moment) -> list[Event]:
        """Before a step: drop old text if the step would not fit.

        Finite context: a quarter of the limit is the answer's; the thoughts have what context, fixed pieces and answer
        leave, and where that is less than a quarter, the oldest turns are forgotten. What outgrows its room loses its
        oldest paragraphs, until half of the room is free again. What has only one left ends.
        """
        limit, room = self.setup.model.limit_tokens, self.setup.model.answer_room_tokens
        self.context.give_way(limit - 2 * room - self.fixed_tokens)
        events: list[Event] = []
        if self.output.length + len(self.output.pending) > room:
            events += self.generation.compact(self.output, room // 2, now)
        left = limit - self.context.length - self.fixed_tokens
        if self.thinking is not None:
            for_thoughts = left - room
            if self.thinking.length + self.thinking.margin > for_thoughts:
                events += self.thinking.compact(max(0, for_thoughts // 2), now)
            if self.thinking.length + self.thinking.margin > for_thoughts:
                events += self.thinking.stop(now, EndReason.LIMIT)
            left -= self.thinking.length + self.thinking.margin
        if self.output.length + len(self.output.pending) > left:
            events += self._out_of_room(now)
        return events

    def hand_over(self) -> list[Block]:
        """All blocks but the answer's, for somebody else to own: what stands between input and answer, in order."""
        thoughts = self.thinking.hand_over() if self.thinking is not None else []
        fixed, self._blocks = self._blocks, []
        return [*fixed, *thoughts]

    def release(self) -> None:
        """Give all blocks of the turn back that were not handed over."""
        for block in self._blocks:
            self.context.give_back(block)
        self._blocks = []
        if self.thinking is not None:
            self.thinking.release()
        self.output.release()

    # -- pieces for the methods

    def block(self, name: str) -> Block:
        """A block that lives as long as the turn."""
        block = self.generation.arena.block(name, self.generation.account)
        self._blocks.append(block)
        return block

    def fixed(self, name: str, before: Callable[[], View], tokens: tuple[int, ...]) -> Block:
        """A block with these fixed tokens, which are read behind `before`, and before the streams run."""
        block = self.block(name)
        self.context.reading.bring(block, tokens, lambda: View(before(), block))
        return block

    def take_output(self, logits: Tensor, now: Moment) -> list[Event]:
        """The writer's logits: the next token of the answer, or the end of the turn."""
        generation, end = self.generation, self.setup.model.tokens.end_of_output
        token = generation.pick(logits, {end})
        if token == end:
            return [generation.end(self.output, now, EndReason.FINISHED), self.finish(now, EndReason.FINISHED)]
        events: list[Event] = [generation.accept(self.output, token, now)]
        if len(self.output.generated) >= self.setup.model.answer_tokens:
            events += self._out_of_room(now)
        return events

    def finish(self, now: Moment, reason: EndReason) -> TurnEnded:
        """The turn is over."""
        self.done = True
        return TurnEnded(*self.generation.at(now), reason)

    def _out_of_room(self, now: Moment) -> list[Event]:
        end = self.generation.end(self.output, now, EndReason.LIMIT)
        return [end, self.finish(now, EndReason.LIMIT)]
