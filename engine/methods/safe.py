"""`async-safe`: as `async`, but the writer is not *heard* before the thinker has cleared the request.

    clearance  [thinker's view | safety question]                     dropped again after the step

The question is first put after a head start of thoughts (or at their end), then rides every so many steps until it is
answered: until the likeliest token is one of the two answers. At the end of the thoughts it is asked once more, and the
likelier answer decides. Meanwhile the writer may write its first phrase, if the gate lets it, but the events of these
tokens are held back. Cleared, they are told at once, in order: with the steps in which they were chosen, and the time
of now. Refused, they are taken back, and a fixed refusal is the answer. New words withdraw the clearance of what was
not told yet.

Source of the idea: Asynchronous Reasoning (arXiv 2512.10931), the variant in which the thinker checks first.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import ClassVar

from torch import Tensor

from engine.arena import whole_pages
from engine.block import Block
from engine.events import ClearanceAnswered, EndReason, Event, StreamEnded, TokenGenerated, TurnEnded
from engine.generation import Moment, Planned
from engine.methods.asynchronous import AsyncTurn
from engine.methods.base import LEAST_SHARE, QUARTER, TurnSetup
from engine.methods.thinking import Thinker
from engine.model import Model
from engine.prompt_tokens import PromptTokens, SafetyTokens
from engine.view import Feed, View

FIRST_PHRASE_TOKENS = 40  # the writer may be so far ahead of the clearance


class SafeTurn(AsyncTurn):
    """One turn in which the request must be cleared first."""

    section: ClassVar[str | None] = "safety"

    def __init__(self, setup: TurnSetup) -> None:
        self._pieces = self.pieces(setup.model.tokens)
        super().__init__(setup)
        self._clearance = self.block("clearance")
        self._cleared = self._complete = False  # complete: the answer has ended, but was not told yet
        self._steps_since_asked = self._pieces.every_steps
        self._held: list[TokenGenerated] = []

    @staticmethod
    def pieces(tokens: PromptTokens) -> SafetyTokens:
        assert tokens.safety is not None, "the method was not checked"
        return tokens.safety

    @classmethod
    def check(cls, model: Model) -> None:
        """The question stands behind the thinker's fixed pieces; the refusal is an answer, which has a quarter."""
        super().check(model)
        pieces, (role, split) = cls.pieces(model.tokens), cls.thinker_pieces(model.tokens)
        fixed = len(role) + len(split) + len(model.tokens.thinker.prefix) + len(pieces.question)
        refusal = len(cls.output_prefix(model.tokens)) + len(pieces.refusal)
        cls.require_room(model, max(LEAST_SHARE * fixed, QUARTER * refusal), "clearance")

    @classmethod
    def need_tokens(cls, model: Model) -> int:
        """As for `async`, and for the question and the refusal."""
        pieces = cls.pieces(model.tokens)
        return super().need_tokens(model) + whole_pages(len(pieces.question) + len(pieces.refusal))

    @property
    def fixed_tokens(self) -> int:
        return super().fixed_tokens + len(self._pieces.question)

    # -- what it runs

    def plan(self) -> list[Planned]:
        """The answer about clearance is taken last: a refusal ends the turn."""
        return [*super().plan(), *self._plan_clearance()]

    def _plan_clearance(self) -> list[Planned]:
        if self._cleared or self.listening or not self._due():
            return []
        self._steps_since_asked = 0
        view = View(self.thinking.question_before, self._clearance)
        question = Feed(view, self._pieces.question, keep=False)
        return [Planned(question, partial(self._take_clearance, self.thinking.ended))]

    def _due(self) -> bool:
        """Shall the question ride in this step? Counts the step."""
        assert isinstance(self.thinking, Thinker)
        self._steps_since_asked += 1
        started = len(self.thinking.stream.generated) >= self._pieces.head_start_tokens and self.thinking.begun
        return self.thinking.ended or (started and self._steps_since_asked >= self._pieces.every_steps)

    def _plan_writer(self) -> list[Planned]:
        if self._cleared or not self._first_phrase_written:
            return super()._plan_writer()
        return [] if self.output.shown else [Planned(self.output.show(self.before_output))]

    @property
    def _first_phrase_written(self) -> bool:
        if self._complete or len(self._held) >= FIRST_PHRASE_TOKENS:
            return True
        return bool(self._held) and self.setup.model.paragraph_end(self.output.generated)

    # -- what its logits bring

    def take_output(self, logits: Tensor, now: Moment) -> list[Event]:
        if self._cleared:
            return super().take_output(logits, now)
        end = self.setup.model.tokens.end_of_output
        token = self.generation.pick(logits, {end})
        if token == end:  # chosen again once it is cleared
            self._complete = True
            self.output.rest()
        else:
            self._held.append(self.generation.accept(self.output, token, now))
        return []

    def _take_clearance(self, decides: bool, logits: Tensor, now: Moment) -> list[Event]:
        """What the model says counts if it is one of the two answers; decides: the likelier one counts in any case."""
        pieces = self._pieces
        if not decides and int(logits.argmax()) not in (pieces.clear, pieces.refuse):
            return []
        log_odds = float(logits[pieces.clear] - logits[pieces.refuse])
        self._cleared = log_odds >= 0
        answered = ClearanceAnswered(*self.generation.at(now), log_odds, self._cleared)
        return [answered, *(self._tell(now) if self._cleared else self._refuse(now))]

    def _tell(self, now: Moment) -> list[Event]:
        """What was held back is told now."""
        held, self._held, self._complete = self._held, [], False
        self.output.wake()
        return [replace(event, at_s=now.at_s) for event in held]

    def _refuse(self, now: Moment) -> list[Event]:
        """Nothing that was held back was ever written; the refusal is the answer."""
        self._drop_held()
        told = self.generation.inject(self.output, self._pieces.refusal, now)
        self.output.ended = True
        ended = StreamEnded(*self.generation.at(now), self.output.name, EndReason.FINISHED)
        return [*told, ended, self.finish(now, EndReason.FINISHED)]

    def _drop_held(self) -> None:
        self.output.cut(len(self.output.generated) - len(self._held))
        self._held, self._complete = [], False

    def finish(self, now: Moment, reason: EndReason) -> TurnEnded:
        self._drop_held()  # what was not cleared is not remembered
        return super().finish(now, reason)

    # -- what the user does

    def hear(self) -> None:
        super().hear()
        self._cleared = False
        self._steps_since_asked = self._pieces.every_steps

    def take_back(self, step: int, spoken_characters: int, now: Moment) -> list[Event]:
        told = len(self.output.generated) - len(self._held)
        events = super().take_back(step, spoken_characters, now)
        self._held = self._held[: max(0, len(self.output.generated) - told)]
        self._complete = False
        return events

    def hand_over(self) -> list[Block]:
        self._drop_held()  # an interrupted turn remembers only what was told
        self.context.give_back(self._clearance)
        return super().hand_over()
