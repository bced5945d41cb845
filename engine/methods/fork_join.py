"""`fork-join`: think in one stream that forks into threads and joins them again, then answer.

    [context | role | thoughts, threads in order, more thoughts … → then output →]

For models that were trained to write the tags. Source: ThreadWeaver (arXiv 2512.07843); see threads.py.
"""

from __future__ import annotations

from typing import ClassVar

from engine.arena import PAGE_TOKENS
from engine.methods.base import QUARTER, Turn
from engine.methods.think import ThinkTurn
from engine.methods.thinking import Thinking
from engine.methods.threads import Threads, most_blocks, pieces_of
from engine.model import HistoryPolicy, Model
from engine.prompt_tokens import PromptTokens


class ForkJoinTurn(ThinkTurn):
    """Think in threads, then answer."""

    section: ClassVar[str | None] = "fork_join"

    @classmethod
    def check(cls, model: Model) -> None:
        """The thoughts' quarter of a view must hold a thread and what follows it behind the role."""
        super().check(model)
        pieces = pieces_of(model.tokens)
        fixed = len(pieces.role) + len(pieces.prefix) + max(map(len, pieces.threads)) + len(pieces.join)
        cls.require_room(model, QUARTER * fixed, "threads")

    @classmethod
    def need_tokens(cls, model: Model) -> int:
        """As for one stream, and for every block of the thoughts a page that is not full; the latest turn's too, if it
        stays.
        """
        stays = bool(model.history is HistoryPolicy.KEEP and model.prompts.history.turns)
        return Turn.need_tokens(model) + len(cls.role(model.tokens)) + (1 + stays) * most_blocks(model) * PAGE_TOKENS

    @staticmethod
    def role(tokens: PromptTokens) -> tuple[int, ...]:
        return pieces_of(tokens).role

    def new_thinking(self) -> Thinking:
        return Threads(self.generation, self._before_thoughts, lambda: None, self.setup.carried)
