"""`hogwild`: several workers think at once and see each other's text; the writer and the gate are those of `async`.

    writer    [context | writer role | thoughts of all … | split | output →]
    worker    [context | workers' role | output … | split | the others' text, by layout (workers.py) | own →]
    gate      [worker 1's view | question]

Source: Hogwild! Inference (arXiv 2504.06261); the writer beside the thoughts as in Asynchronous Reasoning
(arXiv 2512.10931).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from engine.arena import PAGE_TOKENS
from engine.block import Block
from engine.events import Event
from engine.generation import PARTS, Moment
from engine.methods.asynchronous import AsyncTurn
from engine.methods.base import LEAST_SHARE, TurnSetup
from engine.methods.thinking import Thinking
from engine.methods.workers import Headings, Workers, slack_tokens
from engine.model import HistoryPolicy, Model
from engine.prompt_tokens import HogwildTokens, PromptTokens
from engine.prompts import Layout
from engine.view import View


class HogwildTurn(AsyncTurn):
    """One turn with workers."""

    section: ClassVar[str | None] = "hogwild"
    thinking: Workers

    def __init__(self, setup: TurnSetup) -> None:
        super().__init__(setup)
        texts = [tokens for tokens in headings_of(pieces_of(setup.model.tokens)) if tokens]
        for index, (block, tokens) in enumerate(zip(self._headings.blocks, texts, strict=True)):
            self.context.reading.bring(block, tokens, partial(self._up_to_heading, index))

    def _up_to_heading(self, index: int) -> View:
        return View(self._before_thoughts(), *self._headings.blocks[: index + 1])

    @classmethod
    def check(cls, model: Model) -> None:
        super().check(model)
        pieces = pieces_of(model.tokens)
        fixed = len(pieces.role) + len(pieces.split) + len(model.tokens.gate_question) + len(pieces.check)
        fixed += sum(map(len, (*headings_of(pieces), *pieces.workers)))
        cls.require_room(model, LEAST_SHARE * fixed, "workers")

    @classmethod
    def listens(cls, model: Model) -> bool:
        return super().listens(model) and model.prompts.hogwild is not None and model.prompts.hogwild.live

    @classmethod
    def need_tokens(cls, model: Model) -> int:
        """On top of what every method needs: the workers' pieces; a page for each part of each worker's text (its
        share of the room is smaller, so its blocks are shorter), for each worker's newest, next and latest finished
        block, and for the headings; and what shared blocks leave empty, twice if later turns see those of earlier
        ones.
        """
        pieces = pieces_of(model.tokens)
        workers = len(pieces.workers)
        fixed = (pieces.role, pieces.split, pieces.check, *headings_of(pieces), *pieces.workers)
        pages = (PARTS * workers + 3 * workers + len(headings_of(pieces))) * PAGE_TOKENS
        keeps = model.history is HistoryPolicy.KEEP and model.prompts.history.turns
        slack = slack_tokens(model, pieces) * (2 if keeps else 1)
        return super().need_tokens(model) + sum(map(len, fixed)) + pages + slack

    @staticmethod
    def thinker_pieces(tokens: PromptTokens) -> tuple[tuple[int, ...], tuple[int, ...]]:
        pieces = pieces_of(tokens)
        return pieces.role, pieces.split

    def new_thinking(self, paragraph_ended: Callable[[], None]) -> Thinking:
        pieces = pieces_of(self.setup.model.tokens)
        names = ("past heading", "others heading", "own heading")
        texts = zip(names, headings_of(pieces), strict=True)
        self._headings = Headings(*[[self.block(name)] if tokens else [] for name, tokens in texts])
        before, carried = self._before_thoughts, self.setup.carried
        return Workers(self.generation, before, paragraph_ended, pieces, self._headings, carried)

    @property
    def fixed_tokens(self) -> int:
        return super().fixed_tokens + sum(map(len, headings_of(pieces_of(self.setup.model.tokens))))

    def make_room(self, now: Moment) -> list[Event]:
        return [*self.thinking.thin_out(now), *super().make_room(now)]

    def hand_over(self) -> list[Block]:
        for block in self._headings.blocks:
            self.context.give_back(block)
        return super().hand_over()


def pieces_of(tokens: PromptTokens) -> HogwildTokens:
    """The section that `check` has found."""
    assert tokens.hogwild is not None
    return tokens.hogwild


def headings_of(pieces: HogwildTokens) -> tuple[tuple[int, ...], ...]:
    """The tokens of the past, the others' and one's own heading; empty where there is none in this layout."""
    match pieces.layout:
        case Layout.CONTIGUOUS:
            return (), (), ()
        case Layout.INTERLEAVED:
            return pieces.past, (), pieces.own
        case Layout.COMBINED:
            return pieces.past, pieces.others, pieces.own
