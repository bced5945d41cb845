"""`async`: the thinker and the writer run at the same time over shared blocks; the gate keeps the writer behind the
thoughts.

    writer   [context | writer role | thoughts … | split | output →]
    thinker  [context | thinker role | output … | split | thoughts →]
    gate     [thinker's view | question]                              dropped again after the step

Every step carries the thinker's newest token, the writer's if the gate is open, and now and then the question. A
writer that pauses leaves its newest token in the output block for the thinker and the gate to see, and feeds it again
when it goes on.

Source: Asynchronous Reasoning (arXiv 2512.10931, section 3). Unlike there, the question is folded into the step and
sees the newest tokens of both streams; its answer counts from the next step on.
"""

from __future__ import annotations

from torch import Tensor

from engine.events import Event, GateAnswered, StreamName
from engine.gate import Gate
from engine.methods.base import Moment, Planned, Turn, TurnSetup
from engine.prompt_tokens import PromptTokens
from engine.view import Feed, View


class AsyncTurn(Turn):
    """One turn of asynchronous reasoning."""

    def __init__(self, setup: TurnSetup) -> None:
        super().__init__(setup)
        prompts, context = setup.prompts, setup.context
        self.gate = Gate(setup.gate)
        self.thoughts = self.stream(StreamName.THOUGHTS, prompts.thinker.prefix)
        writer_role, thinker_role = self.block("writer role"), self.block("thinker role")
        writer_split, thinker_split = self.block("writer split"), self.block("thinker split")
        before_writer = View(context, writer_role, self.thoughts.block, writer_split)
        before_thinker = View(context, thinker_role, self.output.block, thinker_split)
        self.writer_view = View(before_writer, self.output.block)
        self.thinker_view = View(before_thinker, self.thoughts.block)
        self.gate_view = View(self.thinker_view, self.block("question"))
        self.prefill(View(context, writer_role), prompts.writer.role)
        self.prefill(View(context, thinker_role), prompts.thinker.role)
        self.prefill(before_writer, prompts.writer.split)
        self.prefill(before_thinker, prompts.thinker.split)

    @staticmethod
    def output_prefix(prompts: PromptTokens) -> tuple[int, ...]:
        return prompts.writer.prefix

    def plan(self) -> list[Planned]:
        planned = self.prefills()
        if not self.thoughts.ended:
            planned += self._plan_question()
            planned.append(Planned(self.thoughts.feed(self.thinker_view), self._take_thought))
        return planned + self._plan_writer()

    def _plan_question(self) -> list[Planned]:
        """Its answer is taken first: it knows nothing of this step's new tokens and must not undo what they bring."""
        if not (self.thoughts.generated and self.gate.due()):
            return []
        question = Feed(self.gate_view, self.setup.prompts.gate_question, keep=False)
        return [Planned(question, self._take_answer_of_gate)]

    def _plan_writer(self) -> list[Planned]:
        if self.gate.open or self.thoughts.ended:
            if self.output.shown:
                block = self.output.block
                self.setup.arena.crop(block, block.length - len(self.output.pending))
                self.output.shown = False
            return [Planned(self.output.feed(self.writer_view), self._take_output)]
        return [] if self.output.shown else [Planned(self.output.show(self.writer_view))]

    def _take_thought(self, logits: Tensor, now: Moment) -> list[Event]:
        extra = len(self.output.pending) + len(self.setup.prompts.gate_question)
        events = self.take_thought(self.thoughts, self.thinker_view, extra, logits, now)
        if self.setup.paragraph_end(self.thoughts.generated):
            self.gate.prompt()
        return events

    def _take_output(self, logits: Tensor, now: Moment) -> list[Event]:
        events = self.take_output(logits, now)
        if self.setup.paragraph_end(self.output.generated):
            self.gate.close()
        return events

    def _take_answer_of_gate(self, logits: Tensor, now: Moment) -> list[Event]:
        prompts = self.setup.prompts
        log_odds = float(logits[prompts.gate_yes] - logits[prompts.gate_no])
        return [GateAnswered(*self.at(now), log_odds, self.gate.answer(log_odds))]
