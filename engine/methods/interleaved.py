"""`interleaved`: a paragraph of thought, a paragraph of answer, one stream at a time: the ablation of `async`.

    thinker  [context | thinker role | output … | split | thoughts →]      to the end of a paragraph
    gate     [thinker's view | question]                                   beside the thinker's next token
    writer   [context | writer role | thoughts … | split | output →]       to the end of a paragraph, if the gate opens

Views and pieces are those of `async`; what differs is the schedule: no step generates in two streams, so a thought
costs the writer its time and an answer the thinker's. The gate is asked at the end of every thought, and nowhere else.
Without any patience it is not asked, and thoughts and answer take turns strictly; with all of it this is `think` over
the views of `async`. While the user speaks, or the writer is held, the thinker goes on. When the thoughts have ended,
the rest of the answer is written.

Source: the ablation of Asynchronous Reasoning (arXiv 2512.10931, section 4): what is gained by running at once.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from engine.events import Event
from engine.generation import Moment, Planned
from engine.methods.asynchronous import AsyncTurn
from engine.methods.base import TurnSetup
from engine.methods.thinking import Thinker


class InterleavedTurn(AsyncTurn):
    """One turn in which thinking and writing take turns."""

    thinking: Thinker

    def __init__(self, setup: TurnSetup) -> None:
        self._writing = self._thought_complete = False
        super().__init__(setup)

    def new_thinking(self, paragraph_ended: Callable[[], None]) -> Thinker:
        prefix = self.setup.model.tokens.thinker.prefix
        return Thinker(self.generation, self._before_thoughts, self._complete_thought, prefix, self.setup.carried)

    def _complete_thought(self) -> None:
        self._thought_complete = True

    # -- what the user does

    def hear(self) -> None:
        super().hear()
        self._writing = False

    def end_input(self) -> None:
        """What was thought so far may be enough."""
        super().end_input()
        self._thought_complete = self.thinking.begun

    # -- what it runs

    def plan(self) -> list[Planned]:
        if self.thinking.ended:
            return [*self.thinking.plan_closing(), *self._plan_writer()]
        if self._thought_complete and self.thinking.begun and not (self.listening or self._writing):
            if self.gate.asks:
                return [*self._show_output(), self._question_feed(), *self.thinking.plan()]
            self._begin_after_thought(self.gate.open)
        if self._writing and self.may_write:
            return [*self.thinking.plan_show(), *self._plan_writer()]
        return [*self._show_output(), *self.thinking.plan()]

    def _plan_writer(self) -> list[Planned]:
        if self.may_write:
            return [Planned(self.output.feed(self.before_output), self._take_output)]
        return self._show_output()

    def _show_output(self) -> list[Planned]:
        return [] if self.output.shown else [Planned(self.output.show(self.before_output))]

    def _begin_after_thought(self, writes: bool) -> None:
        self._writing, self._thought_complete = writes, False

    # -- what its logits bring

    def _take_answer_of_gate(self, logits: Tensor, now: Moment) -> list[Event]:
        events = super()._take_answer_of_gate(logits, now)
        self._begin_after_thought(self.gate.open)
        return events

    def _take_output(self, logits: Tensor, now: Moment) -> list[Event]:
        events = super()._take_output(logits, now)
        if self.setup.model.paragraph_end(self.output.generated):
            self._writing = False
        return events
