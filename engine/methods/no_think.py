"""`no-think`: answer at once, without a thought. Fast, and often wrong: the other baseline.

[context | role | output →]
"""

from __future__ import annotations

from engine.methods.base import Planned, Turn, TurnSetup
from engine.prompt_tokens import PromptTokens
from engine.view import View


class NoThinkTurn(Turn):
    """Answer at once."""

    def __init__(self, setup: TurnSetup) -> None:
        super().__init__(setup)
        role = self.block("role")
        self.writer_view = View(setup.context, role, self.output.block)
        self.prefill(View(setup.context, role), setup.prompts.no_think_role)

    @staticmethod
    def output_prefix(prompts: PromptTokens) -> tuple[int, ...]:
        return prompts.no_think_prefix

    def plan(self) -> list[Planned]:
        return [*self.prefills(), Planned(self.output.feed(self.writer_view), self.take_output)]
