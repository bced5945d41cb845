"""A conversation at the token level: the blocks that outlive a turn, what the user has said so far, and the running
turn.

It plans feeds and takes logits like a method does; the engine runs them. It knows no text but the user's and the
answers'.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from engine.arena import Arena
from engine.errors import ContextFull
from engine.events import EndReason, Event, TurnEnded
from engine.gate import GateSettings
from engine.history import History
from engine.methods import METHODS, Moment, Planned, Turn, TurnSetup
from engine.prompt_tokens import PromptTokens
from engine.prompts import Prompts
from engine.sampling import Sampler
from engine.stream import Stream
from engine.text import ParagraphEnd, user_ids
from engine.view import Feed, Logits, View

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Model:
    """What all conversations share: the tokenizer and the prompts, whole and tokenized.

    control: tokens that are no text, which no stream may write.
    """

    tokenizer: PreTrainedTokenizerBase
    prompts: Prompts
    tokens: PromptTokens
    control: Set[int]
    paragraph_end: ParagraphEnd

    @property
    def gate(self) -> GateSettings:
        """The gate as the prompt file sets it."""
        return GateSettings(self.prompts.gate.every_steps, self.prompts.gate.ask_while_writing)


class Conversation:
    """One conversation. Made by `Engine.open`; all its methods are called on the engine's thread.

    Its context is three blocks, [system | history | input]; the next step brings them to what they should be.
    limit_tokens: the longest any of its views may become.
    """

    def __init__(
        self, identity: int, method: str, model: Model, arena: Arena, sampler: Sampler, limit_tokens: int
    ) -> None:
        self.id, self.method, self.limit_tokens = identity, method, limit_tokens
        self.turn_number, self.steps, self.closed = 0, 0, False
        self._model, self._arena, self._sampler = model, arena, sampler
        self._context = tuple(arena.block(name) for name in ("system", "history", "input"))
        self._context_changed = True
        self._history = History(
            model.tokens.history_role, model.tokens.history_close, model.prompts.history.turns, limit_tokens // 3
        )
        self._said: tuple[int, ...] = ()
        self._turn: Turn | None = None
        self._latest_output: Stream | None = None
        self._outbox: list[Event] = []

    # -- what the user does

    def listen(self, text: str) -> None:
        """The user's words so far in this turn are exactly this text: what is new is fed, what was revised is fed
        again. The oldest turns are forgotten if they leave no room for it.

        Raises ContextFull if the model cannot take so much text, and RuntimeError while a turn is running; then
        nothing has changed.
        """
        if self._turn is not None or self.closed:
            raise RuntimeError("the conversation is closed, or its turn is running; interrupt it first")
        tokens = (*self._model.tokens.input_open, *user_ids(self._model.tokenizer, text))
        room = self.limit_tokens // 2
        length = len(self._model.tokens.system) + len(tokens)
        if length > room:
            raise ContextFull(length, room)
        self._history.make_room(room - length)
        self._said = tokens
        self._context_changed = True

    def end_input(self, turn: int | None = None) -> None:
        """The user has finished: the turn begins with the next step. turn: the caller's number for it; None counts
        on.
        """
        if self._turn is not None or not self._said or self.closed:
            raise RuntimeError("nothing was said, or the turn is running already, or the conversation is closed")
        number = self.turn_number + 1 if turn is None else turn
        setup = TurnSetup(
            conversation=self.id,
            turn=number,
            arena=self._arena,
            context=View(*self._context),
            prompts=self._model.tokens,
            gate=self._model.gate,
            sampler=self._sampler,
            tokenizer=self._model.tokenizer,
            control=self._model.control,
            paragraph_end=self._model.paragraph_end,
            limit_tokens=self.limit_tokens,
        )
        self._turn = METHODS[self.method](setup)
        self.turn_number, self.steps = number, 0

    def interrupt(self, heard_characters: int, at_s: float, turn: int | None = None) -> None:
        """The user heard only so many characters of this turn's answer (None: the latest's): end the turn if it still
        runs, and remember no more than that of the answer. Without effect once another turn has begun.
        """
        if turn is not None and turn != self.turn_number:
            return
        if self._turn is not None:
            self._outbox.append(TurnEnded(self.id, self.turn_number, self.steps, at_s, EndReason.INTERRUPTED))
            self._close_turn(self._turn.output.within(heard_characters))
        elif self._latest_output is not None:
            self._history.shorten(self._latest_output.within(heard_characters))
            self._context_changed = True

    def close(self) -> None:
        """Give everything back to the arena."""
        if self.closed:
            return
        self.closed = True
        if self._turn is not None:
            self._turn.release()
            self._turn = None
        for block in self._context:
            self._arena.release(block)

    # -- what the engine does

    @property
    def running(self) -> bool:
        """Is a turn running?"""
        return self._turn is not None

    @property
    def has_work(self) -> bool:
        """Would `plan` or `drain` give anything?"""
        return bool(self._turn or self._context_changed or self._outbox)

    def plan(self) -> list[Planned]:
        """The feeds of the next step."""
        planned = self._bring_context() if self._context_changed else []
        if self._turn is not None:
            self.steps += 1
            planned += self._turn.plan()
        return planned

    def take(self, item: Planned, logits: Tensor | None, at_s: float) -> Sequence[Event]:
        """The logits [n, V] of a planned feed; returns what follows from the last of them."""
        if item.take is None or logits is None:
            return ()
        return item.take(logits[-1], Moment(self.steps, at_s))

    def settle(self) -> None:
        """After a step's logits were taken: close a turn that is done."""
        if self._turn is not None and self._turn.done:
            self._close_turn(self._turn.output.generated)

    def drain(self) -> list[Event]:
        """Events that came up outside a step."""
        events, self._outbox = self._outbox, []
        return events

    # -- inside

    def _bring_context(self) -> list[Planned]:
        """Cut the context's blocks back to what is still right, and feed what is missing. What stands behind a change
        is fed again, because it was computed with the old context.
        """
        self._context_changed = False
        wanted = (self._model.tokens.system, self._history.tokens, self._said)
        planned, changed = [], False
        for index, (block, tokens) in enumerate(zip(self._context, wanted, strict=True)):
            kept = 0 if changed else _common(block.tokens, tokens)
            changed = changed or kept < max(block.length, len(tokens))
            self._arena.crop(block, kept)
            if kept < len(tokens):
                planned.append(Planned(Feed(View(*self._context[: index + 1]), tokens[kept:], logits=Logits.NONE)))
        return planned

    def _close_turn(self, answer: Sequence[int]) -> None:
        assert self._turn is not None
        self._latest_output = self._turn.output
        self._turn.release()
        self._turn = None
        self._history.add(self._said, answer)
        self._said = ()
        self._context_changed = True


def _common(old: Sequence[int], new: Sequence[int]) -> int:
    """Length of the common prefix."""
    length = 0
    for a, b in zip(old, new, strict=False):
        if a != b:
            break
        length += 1
    return length
