"""The engine: many conversations, one forward pass a step.

`step` is the heart: plan the feeds of every conversation that has something to do, run them all in one pass, let the
methods take the logits, return what happened. It is synchronous, on one thread, and knows neither sound nor UI.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

from torch import Tensor

from engine.conversation import Conversation
from engine.errors import ContextFull, EngineError, EngineFull, PromptInvalid
from engine.events import ConversationFailed, Event
from engine.generation import Planned
from engine.loading import brief
from engine.methods import METHODS
from engine.model import EngineSettings, Model
from engine.patience import checked
from engine.prompt_tokens import PromptTokens
from engine.prompts import Prompts
from engine.reading import Reading
from engine.runner import ModelRunner
from engine.sampling import Sampler, Sampling
from engine.schedule import share_tokens
from engine.view import View

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Work = tuple[Conversation, Planned]
log = logging.getLogger(__name__)


class Engine:
    """Runs conversations on one model. Raises PromptInvalid if the prompts do not fit the tokenizer or the memory.

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
        self.conversation_tokens = min(settings.conversation_tokens or 8192, runner.max_positions)
        if self.conversation_tokens < tokens.least_tokens:
            raise PromptInvalid(
                f"prompts {prompts.name!r} need conversations of {tokens.least_tokens} tokens, but there is room for "
                f"{self.conversation_tokens}; start with more kv_tokens"
            )
        self.model = Model.of(tokenizer, prompts, tokens, runner.vocab_size, self.conversation_tokens, settings)
        self.runner = runner
        self._read_tokens = settings.read_tokens
        self._clock = clock
        self._conversations: dict[int, Conversation] = {}
        self._identities = count(1)
        self._steps = 0
        self._account = runner.arena.account(len(tokens.system))
        self._system = runner.arena.block("system", self._account)  # of all conversations
        self._system_reading = Reading(runner.arena)
        self._bring_system()

    @property
    def conversations(self) -> tuple[Conversation, ...]:
        """All that are open, oldest first."""
        return tuple(self._conversations.values())

    @property
    def steps(self) -> int:
        """How many steps there were."""
        return self._steps

    @property
    def has_work(self) -> bool:
        """Would a step do anything?"""
        return any(conversation.has_work for conversation in self._conversations.values())

    def need_tokens(self, method: str) -> int:
        """What a conversation with this method takes of the arena. Raises as `open` does."""
        if method not in METHODS:
            raise ValueError(f"unknown method {method!r}; known are: {', '.join(METHODS)}")
        METHODS[method].check(self.model)
        return METHODS[method].need_tokens(self.model)

    def open(
        self, method: str = "async", sampling: Sampling | None = None, patience: float | None = None
    ) -> Conversation:
        """A new conversation. patience: from 0 to 1 (patience.py); None is the settings', or the prompts'.

        Raises EngineFull if it could not be served to its end, PromptInvalid if the prompts have nothing for the
        method, and ValueError for an unknown one or what is no patience.
        """
        patience = self.model.patience if patience is None else checked(patience)
        recommended = self.model.prompts.sampling
        sampler = Sampler(sampling or Sampling(recommended.temperature, recommended.top_p))
        arena = self.runner.arena
        account = arena.account(self.need_tokens(method))
        identity = next(self._identities)
        conversation = Conversation(identity, method, self.model, arena, account, self._system, sampler, patience)
        self._conversations[identity] = conversation
        return conversation

    def close(self, conversation: Conversation) -> None:
        """End a conversation and take its memory back."""
        self._conversations.pop(conversation.id, None)
        conversation.close()

    def shut_down(self) -> None:
        """Close all conversations and give the system prompt's memory back. The engine must not be used afterwards."""
        for conversation in self.conversations:
            self.close(conversation)
        if not self._system.released:
            self.runner.arena.release(self._system)
            self.runner.arena.close(self._account)

    def fail(self, conversation: Conversation, error: Exception) -> ConversationFailed:
        """Close a conversation that cannot go on, and tell why in one line."""
        try:
            self.close(conversation)
        except Exception:  # a fault of ours; nothing is gained by failing on
            log.exception("conversation %d could not give its memory back", conversation.id)
        message = str(error) if isinstance(error, EngineError) else f"the engine failed ({brief(error)})"
        out_of_room = isinstance(error, ContextFull | EngineFull)
        return ConversationFailed(conversation.id, conversation.turn_number, self._clock(), message, out_of_room)

    def step(self) -> list[Event]:
        """One forward pass for everybody; returns what happened, in order. A conversation that fails is closed and says
        so; the others go on.
        """
        events: list[Event] = []
        if self._system_reading.waiting_tokens and self.has_work:
            self._read_system()
            return events
        work = self._plan(events)
        results = self._run(work, events)
        at_s = self._clock()
        for (conversation, item), logits in results:
            if not conversation.closed:
                with self._guard(conversation, events):
                    events += conversation.take(item, logits, at_s)
        for conversation in self.conversations:
            with self._guard(conversation, events):
                conversation.settle()
        return events

    def _plan(self, events: list[Event]) -> list[Work]:
        """Everybody's feeds of this step. Texts to be read share the step's budget (schedule.py)."""
        now, self._steps = self._clock(), self._steps + 1
        conversations = self.conversations
        shares = share_tokens([one.waiting_tokens for one in conversations], self._read_tokens, self._steps)
        work: list[Work] = []
        for conversation, share in zip(conversations, shares, strict=True):
            with self._guard(conversation, events):
                work += [(conversation, item) for item in conversation.plan(share, now)]
            events += conversation.drain()
        return work

    def _read_system(self) -> None:
        """The next part of the system prompt, which all conversations share: it is read once, before anything else."""
        try:
            self.runner.run(self._system_reading.take(self._read_tokens))
        except Exception:
            self._bring_system()  # what could not be read is read again
            raise
        if not self._system_reading.waiting_tokens:
            self.runner.arena.freeze(self._system)

    def _bring_system(self) -> None:
        self._system_reading.bring(self._system, self.model.tokens.system, lambda: View(self._system))

    def _run(self, work: Sequence[Work], events: list[Event]) -> list[tuple[Work, Tensor | None]]:
        """The logits of everybody's feeds. If the step fails, everybody runs apart, so that only the cause fails."""
        if not work:
            return []
        try:
            return list(zip(work, self.runner.run([item.feed for _, item in work]), strict=True))
        except Exception as error:
            log.warning("a step failed and is run again, one conversation at a time (%s)", brief(error))
        results: list[tuple[Work, Tensor | None]] = []
        for conversation in self.conversations:
            own = [(owner, item) for owner, item in work if owner is conversation]
            with self._guard(conversation, events):
                logits = self.runner.run([item.feed for _, item in own]) if own else []
                results += zip(own, logits, strict=True)
        return results

    @contextmanager
    def _guard(self, conversation: Conversation, events: list[Event]) -> Iterator[None]:
        """Whatever goes wrong inside ends this conversation alone."""
        try:
            yield
        except Exception as error:  # a conversation's fault, whatever it is, must not cost the others theirs
            log.error("conversation %d failed", conversation.id, exc_info=error)
            events.append(self.fail(conversation, error))
