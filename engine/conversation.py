"""A conversation at the token level: the blocks that outlive a turn, what the user has said so far, and the running
turn.

It plans feeds and takes logits like a method does; the engine runs them. It knows no text but the user's and the
answers'.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.arena import Arena
from engine.block import Block
from engine.errors import ContextFull
from engine.events import EndReason, Event, TurnEnded
from engine.gate import GateSettings
from engine.methods import METHODS, Moment, Planned, Turn, TurnSetup
from engine.prompts import Prompts, PromptTokens
from engine.sampling import Sampler
from engine.text import ParagraphEnd, user_ids
from engine.view import Feed, Logits, View

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Model:
    """What all conversations share: the tokenizer and the prompts, whole and tokenized."""

    tokenizer: PreTrainedTokenizerBase
    prompts: Prompts
    tokens: PromptTokens
    paragraph_end: ParagraphEnd

    @property
    def gate(self) -> GateSettings:
        """The gate as the prompt file sets it."""
        return GateSettings(self.prompts.gate.every_steps, self.prompts.gate.ask_while_writing)


class Conversation:
    """One conversation. Made by `Engine.open`; all its methods are called on the engine's thread.

    limit_tokens: the longest any of its views may become.
    """

    def __init__(
        self, identity: int, method: str, model: Model, arena: Arena, sampler: Sampler, limit_tokens: int
    ) -> None:
        self.id, self.method, self.limit_tokens = identity, method, limit_tokens
        self.turn_number, self.steps, self.closed = 0, 0, False
        self._model, self._arena, self._sampler = model, arena, sampler
        self._system, self._history, self._input = (arena.block(name) for name in ("system", "history", "input"))
        self._unfed: list[tuple[Block, View, tuple[int, ...]]] = []
        self._queue(self._system, View(self._system), model.tokens.system)
        self._past: deque[tuple[int, ...]] = deque(maxlen=model.prompts.history.turns)
        self._said: tuple[int, ...] = ()
        self._turn: Turn | None = None
        self._outbox: list[Event] = []

    # -- what the user does

    def listen(self, text: str) -> None:
        """The user's words so far in this turn are exactly this text: what is new is fed, what was revised is fed
        again.

        Raises ContextFull if the model cannot take so much text, and RuntimeError while a turn is running.
        """
        if self._turn is not None:
            raise RuntimeError("the turn is running; interrupt it before listening to new words")
        tokens = (*self._model.tokens.input_open, *user_ids(self._model.tokenizer, text))
        context = View(self._system, self._history)
        room = self.limit_tokens // 2
        if context.length + len(tokens) > room:
            raise ContextFull(context.length + len(tokens), room)
        kept = _common(self._input.tokens, tokens)
        self._arena.crop(self._input, kept)
        self._said = tokens
        self._unfed = [item for item in self._unfed if item[0] is not self._input]
        self._queue(self._input, View(context, self._input), tokens[kept:])

    def end_input(self) -> None:
        """The user has finished: the turn begins with the next step."""
        if self._turn is not None or not self._said:
            raise RuntimeError("nothing was said, or the turn is already running")
        self.turn_number += 1
        self.steps = 0
        setup = TurnSetup(
            conversation=self.id,
            turn=self.turn_number,
            arena=self._arena,
            context=View(self._system, self._history, self._input),
            prompts=self._model.tokens,
            gate=self._model.gate,
            sampler=self._sampler,
            tokenizer=self._model.tokenizer,
            paragraph_end=self._model.paragraph_end,
            limit_tokens=self.limit_tokens,
        )
        self._turn = METHODS[self.method](setup)

    def interrupt(self, heard_characters: int, at_s: float) -> None:
        """End the running turn, if any; of its answer only the first so many characters are remembered."""
        if self._turn is None:
            return
        tokens = self._turn.output.generated[: self._turn.output.tokens_within(heard_characters)]
        self._outbox.append(TurnEnded(self.id, self.turn_number, self.steps, at_s, EndReason.INTERRUPTED))
        self._close_turn(tokens)

    def close(self) -> None:
        """Give everything back to the arena."""
        if self.closed:
            return
        self.closed = True
        if self._turn is not None:
            self._turn.release()
        for block in (self._system, self._history, self._input):
            self._arena.release(block)

    # -- what the engine does

    @property
    def running(self) -> bool:
        """Is a turn running?"""
        return self._turn is not None

    @property
    def has_work(self) -> bool:
        """Would `plan` or `drain` give anything?"""
        return bool(self._turn or self._unfed or self._outbox)

    def plan(self) -> list[Planned]:
        """The feeds of the next step."""
        planned = [Planned(Feed(view, tokens, logits=Logits.NONE)) for _, view, tokens in self._unfed]
        self._unfed = []
        if self._turn is not None:
            self.steps += 1
            planned += self._turn.plan()
        return planned

    def settle(self) -> None:
        """After a step's logits were taken: close a turn that is done."""
        if self._turn is not None and self._turn.done:
            self._close_turn(self._turn.output.generated)

    def drain(self) -> list[Event]:
        """Events that came up outside a step."""
        events, self._outbox = self._outbox, []
        return events

    def now(self, at_s: float) -> Moment:
        """The moment of the step just run."""
        return Moment(self.steps, at_s)

    # -- inside

    def _queue(self, block: Block, view: View, tokens: tuple[int, ...]) -> None:
        if tokens:
            self._unfed.append((block, view, tokens))

    def _close_turn(self, output: Sequence[int]) -> None:
        assert self._turn is not None
        self._turn.release()
        self._turn = None
        self._arena.crop(self._input, 0)
        self._unfed = [item for item in self._unfed if item[0] is not self._input]
        self._remember(output)
        self._said = ()

    def _remember(self, output: Sequence[int]) -> None:
        """Keep the turn in the history block, as the plain transcript; drop the oldest turns beyond the prompts'
        number.
        """
        if not self._past.maxlen:
            return
        tokens = self._model.tokens
        turn = (*self._said, *tokens.history_role, *output, *tokens.history_close)
        full = len(self._past) == self._past.maxlen
        self._past.append(turn)
        while len(self._past) > 1 and sum(map(len, self._past)) > self.limit_tokens // 3:
            self._past.popleft()
            full = True
        fresh: tuple[int, ...] = turn
        if full:
            self._arena.crop(self._history, 0)
            fresh = tuple(token for past in self._past for token in past)
        self._queue(self._history, View(self._system, self._history), fresh)


def _common(old: Sequence[int], new: Sequence[int]) -> int:
    """Length of the common prefix."""
    length = 0
    for a, b in zip(old, new, strict=False):
        if a != b:
            break
        length += 1
    return length
