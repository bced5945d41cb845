"""`think`: one stream that thinks first and answers then. The baseline whose silence the others are measured against.

    [context | role | thoughts → then output →]

`no-think` answers at once: the same stream without its first half.
"""

from __future__ import annotations

from torch import Tensor

from engine.events import Event, StreamName
from engine.methods.base import Moment, Planned, Turn, TurnSetup
from engine.prompt_tokens import PromptTokens
from engine.view import View


class ThinkTurn(Turn):
    """Think, then answer."""

    def __init__(self, setup: TurnSetup) -> None:
        super().__init__(setup)
        role = self.block("role")
        self.thoughts = self.stream(StreamName.THOUGHTS, setup.prompts.think_prefix)
        self.thinker_view = View(setup.context, role, self.thoughts.block)
        self.writer_view = View(self.thinker_view, self.output.block)
        self.prefill(View(setup.context, role), setup.prompts.think_role)

    @staticmethod
    def output_prefix(prompts: PromptTokens) -> tuple[int, ...]:
        return prompts.answer_prefix

    def plan(self) -> list[Planned]:
        planned = self.prefills()
        if not self.thoughts.ended:
            return [*planned, Planned(self.thoughts.feed(self.thinker_view), self._take_thought)]
        return [*planned, Planned(self.output.feed(self.writer_view), self.take_output)]

    def _take_thought(self, logits: Tensor, now: Moment) -> list[Event]:
        return self.take_thought(self.thoughts, self.thinker_view, 0, logits, now)
