"""`think`: one stream that thinks first and answers then. The baseline whose silence the others are measured against.

[context | role | thoughts → then output →]
"""

from __future__ import annotations

from engine.block import Block
from engine.generation import Planned
from engine.methods.base import Turn, TurnSetup
from engine.methods.thinking import Thinker, Thinking
from engine.prompt_tokens import PromptTokens
from engine.view import View


class ThinkTurn(Turn):
    """Think, then answer."""

    thinking: Thinking

    def __init__(self, setup: TurnSetup) -> None:
        super().__init__(setup)
        self._role = self.fixed("role", lambda: self.context.view, self.role(setup.model.tokens))
        self.thinking = self.new_thinking()

    @staticmethod
    def role(tokens: PromptTokens) -> tuple[int, ...]:
        """What stands between the input and the thoughts."""
        return tokens.think_role

    def new_thinking(self) -> Thinking:
        """Who thinks; a method with other thinkers overrides it."""
        prefix = self.setup.model.tokens.think_prefix
        return Thinker(self.generation, self._before_thoughts, lambda: None, prefix, self.setup.carried)

    @staticmethod
    def output_prefix(tokens: PromptTokens) -> tuple[int, ...]:
        return tokens.answer_prefix

    def _before_thoughts(self) -> View:
        return View(self.context.view, self._role)

    @property
    def before_output(self) -> View:
        return View(self._before_thoughts(), *self.thinking.parts)

    @property
    def fixed_tokens(self) -> int:
        return len(self.role(self.setup.model.tokens))

    def plan(self) -> list[Planned]:
        if not self.thinking.ended:
            return self.thinking.plan()
        closing = self.thinking.plan_closing()
        if not self.may_write:
            return closing
        return [*closing, Planned(self.output.feed(self.before_output), self.take_output)]

    def hand_over(self) -> list[Block]:
        self._blocks = []
        return [self._role, *self.thinking.hand_over()]
