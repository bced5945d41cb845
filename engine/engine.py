"""The engine: many conversations, one forward pass a step.

`step` is the heart: plan the feeds of every conversation that has something to do, run them all in one pass, let the
methods take the logits, return what happened. It is synchronous, on one thread, and knows neither sound nor UI.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from engine.arena import PAGE_TOKENS
from engine.conversation import Conversation, Model
from engine.errors import EngineError, EngineFull
from engine.events import ConversationFailed, Event
from engine.methods import METHODS, Planned
from engine.prompts import Prompts, PromptTokens
from engine.runner import ModelRunner
from engine.sampling import Sampler, Sampling
from engine.text import ParagraphEnd

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MOST_BLOCKS = 12  # a conversation's blocks; each may waste part of a page


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """conversation_tokens: what one conversation may hold, reserved when it opens; None: as far as the model
    reaches, 8,192 at most.
    """

    conversation_tokens: int | None = None


class Engine:
    """Runs conversations on one model.

    `engine.open()` gives a conversation; tell it what the user says (`listen`, `end_input`) and call `step` until it
    has no work.
    """

    def __init__(
        self,
        runner: ModelRunner,
        tokenizer: PreTrainedTokenizerBase,
        prompts: Prompts,
        settings: EngineSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        settings = settings or EngineSettings()
        tokens = PromptTokens.of(prompts, tokenizer)
        self.model = Model(tokenizer, prompts, tokens, ParagraphEnd(tokenizer))
        self.runner = runner
        self.conversation_tokens = min(settings.conversation_tokens or 8192, runner.max_positions)
        self._clock = clock
        self._conversations: dict[int, Conversation] = {}
        self._identities = count(1)

    @property
    def has_work(self) -> bool:
        """Would a step do anything?"""
        return any(conversation.has_work for conversation in self._conversations.values())

    @property
    def reserve_tokens(self) -> int:
        """What one conversation takes of the arena at most, whole pages of all its blocks counted."""
        return 2 * self.conversation_tokens + MOST_BLOCKS * PAGE_TOKENS

    def open(self, method: str = "async", sampling: Sampling | None = None) -> Conversation:
        """A new conversation. Raises EngineFull if it could not be served to its end, and ValueError for an unknown
        method.
        """
        if method not in METHODS:
            raise ValueError(f"unknown method {method!r}; known are: {', '.join(METHODS)}")
        arena = self.runner.arena
        reserved = len(self._conversations) * self.reserve_tokens
        if reserved + self.reserve_tokens > arena.capacity_tokens:
            raise EngineFull(reserved, self.reserve_tokens, arena.capacity_tokens)
        recommended = self.model.prompts.sampling
        sampler = Sampler(sampling or Sampling(recommended.temperature, recommended.top_p))
        identity = next(self._identities)
        conversation = Conversation(identity, method, self.model, arena, sampler, self.conversation_tokens)
        self._conversations[identity] = conversation
        return conversation

    def close(self, conversation: Conversation) -> None:
        """End a conversation and take its memory back."""
        self._conversations.pop(conversation.id, None)
        conversation.close()

    def step(self) -> list[Event]:
        """One forward pass for everybody; returns what happened, in order."""
        events = [event for c in self._conversations.values() for event in c.drain()]
        work = [(conversation, item) for conversation in self._conversations.values() for item in conversation.plan()]
        if not work:
            return events
        logits = self.runner.run([item.feed for _, item in work])
        at_s = self._clock()
        for (conversation, item), row in zip(work, logits, strict=True):
            events += self._take(conversation, item, row, at_s)
        for conversation in list(self._conversations.values()):
            conversation.settle()
        return events

    def _take(self, conversation: Conversation, item: Planned, logits: object, at_s: float) -> list[Event]:
        if item.take is None or conversation.closed:
            return []
        try:
            return list(item.take(logits[0], conversation.now(at_s)))  # type: ignore[index]
        except EngineError as error:
            self.close(conversation)
            return [ConversationFailed(conversation.id, conversation.turn_number, at_s, str(error))]
