"""`no-think`: answer at once, without a thought. Fast, and often wrong: the other baseline.

[context | role | output →]
"""

from __future__ import annotations

from engine.generation import Planned
from engine.methods.base import Turn, TurnSetup
from engine.prompt_tokens import PromptTokens
from engine.view import View


class NoThinkTurn(Turn):
    """Answer at once."""

    def __init__(self, setup: TurnSetup) -> None:
        super().__init__(setup)
        self._role = self.fixed("role", lambda: self.context.view, setup.model.tokens.no_think_role)

    @staticmethod
    def output_prefix(tokens: PromptTokens) -> tuple[int, ...]:
        return tokens.no_think_prefix

    @property
    def before_output(self) -> View:
        return View(self.context.view, self._role)

    @property
    def fixed_tokens(self) -> int:
        return len(self.setup.model.tokens.no_think_role)

    def plan(self) -> list[Planned]:
        return [Planned(self.output.feed(self.before_output), self.take_output)] if self.may_write else []
