"""`async`: the thinker and the writer run at the same time over shared blocks; the gate keeps the writer behind the
thoughts.

    writer   [context | writer role | thoughts … | split | output →]
    thinker  [context | thinker role | output … | split | thoughts →]
    gate     [thinker's view | question]                              dropped again after the step

Every step carries the thinker's newest token, the writer's if the gate is open, and now and then the question. A
writer that pauses leaves its newest token in the output block for the thinker and the gate to see, and feeds it again
when it goes on. While the user speaks the thinker runs and the writer holds back.

Source: Asynchronous Reasoning (arXiv 2512.10931, section 3). Unlike there, the question is folded into the step and
sees the newest tokens of both streams; its answer counts from the next step on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from torch import Tensor

from engine.block import Block
from engine.events import Event, GateAnswered
from engine.gate import Gate
from engine.generation import Moment, Planned
from engine.methods.base import Turn, TurnSetup
from engine.methods.thinking import Thinker, Thinking
from engine.prompt_tokens import PromptTokens
from engine.view import Feed, View


class AsyncTurn(Turn):
    """One turn of asynchronous reasoning."""

    live: ClassVar[bool] = True
    thinking: Thinking

    def __init__(self, setup: TurnSetup) -> None:
        super().__init__(setup)
        tokens, context = setup.model.tokens, self.context
        role, split = self.thinker_pieces(tokens)
        self.gate = Gate(setup.model.gate(setup.patience))
        self._writer_role = self.fixed("writer role", lambda: context.view, tokens.writer.role)
        self._thinker_role = self.fixed("thinker role", lambda: context.view, role)
        self._question = self.block("question")
        self.thinking = self.new_thinking(self.gate.prompt)
        self._writer_split = self.block("writer split")
        self._thinker_split = self.block("thinker split")
        context.reading.bring(self._writer_split, tokens.writer.split, lambda: self.before_output)
        context.reading.bring(self._thinker_split, split, self._before_thoughts)

    @staticmethod
    def thinker_pieces(tokens: PromptTokens) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The thinkers' role and split."""
        return tokens.thinker.role, tokens.thinker.split

    def new_thinking(self, paragraph_ended: Callable[[], None]) -> Thinking:
        """Who thinks; a method with other thinkers overrides it."""
        prefix = self.setup.model.tokens.thinker.prefix
        return Thinker(self.generation, self._before_thoughts, paragraph_ended, prefix, self.setup.carried)

    @staticmethod
    def output_prefix(tokens: PromptTokens) -> tuple[int, ...]:
        return tokens.writer.prefix

    @property
    def before_output(self) -> View:
        return View(self.context.view, self._writer_role, *self.thinking.parts, self._writer_split)

    def _before_thoughts(self) -> View:
        return View(self.context.view, self._thinker_role, *self.output.blocks, self._thinker_split)

    @property
    def fixed_tokens(self) -> int:
        tokens = self.setup.model.tokens
        role, split = self.thinker_pieces(tokens)
        thinkers = len(role) + len(split) + len(tokens.gate_question)
        return max(thinkers, len(tokens.writer.role) + len(tokens.writer.split))

    def hear(self) -> None:
        super().hear()
        self.gate.close()

    def end_input(self) -> None:
        super().end_input()
        self.gate.prompt()

    def plan(self) -> list[Planned]:
        if self.thinking.ended:
            return [*self.thinking.plan_closing(), *self._plan_writer()]
        return [*self._plan_question(), *self.thinking.plan(), *self._plan_writer()]

    def _plan_question(self) -> list[Planned]:
        """Its answer is taken first: it knows nothing of this step's new tokens and must not undo what they bring."""
        if self.listening or not (self.thinking.begun and self.gate.due()):
            return []
        return [self._question_feed()]

    def _question_feed(self) -> Planned:
        view = View(self.thinking.question_before, self._question)
        question = Feed(view, self.setup.model.tokens.gate_question, keep=False)
        return Planned(question, self._take_answer_of_gate)

    def _plan_writer(self) -> list[Planned]:
        if self.may_write and (self.gate.open or self.thinking.ended):
            return [Planned(self.output.feed(self.before_output), self._take_output)]
        return [] if self.output.shown else [Planned(self.output.show(self.before_output))]

    def _take_output(self, logits: Tensor, now: Moment) -> list[Event]:
        events = self.take_output(logits, now)
        if self.setup.model.paragraph_end(self.output.generated):
            self.gate.close()
        return events

    def _take_answer_of_gate(self, logits: Tensor, now: Moment) -> list[Event]:
        model = self.setup.model
        log_odds = float(logits[model.tokens.gate_yes] - logits[model.tokens.gate_no])
        if model.prompts.gate.inverted:
            log_odds = -log_odds
        is_open, probability = self.gate.answer(log_odds), self.gate.probability(log_odds)
        return [GateAnswered(*self.generation.at(now), log_odds, is_open, probability)]

    def hand_over(self) -> list[Block]:
        """[writer role | thoughts … | split], as the writer saw them; the thinker's own pieces are given back."""
        for block in (self._thinker_role, self._thinker_split, self._question):
            self.context.give_back(block)
        self._blocks = []
        return [self._writer_role, *self.thinking.hand_over(), self._writer_split]
