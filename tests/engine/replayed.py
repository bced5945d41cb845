"""A runner that repeats every step on the independent oracle, and keeps each conversation's logits apart."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from engine.arena import Arena
from engine.block import Account, Block
from engine.runner import ModelRunner
from engine.view import Feed, Sees
from tests.engine.models import exact_model
from tests.engine.oracle import Oracle, OracleBlock, OracleFeed


@dataclass(frozen=True, slots=True)
class Answered:
    """A feed that got logits [n, V]. saw: all tokens of its view, its own included."""

    target: str
    saw: tuple[int, ...]
    logits: Tensor


@dataclass(eq=False, slots=True)
class Twin:
    """A block of the oracle, and the tokens it holds."""

    block: OracleBlock
    tokens: list[int] = field(default_factory=list)


class ReplayedRunner:
    """largest_error: of all logits so far; None as oracle: nothing is compared. answered: by the account that pays for
    the block. longest_view: in tokens. steps: so many passes.
    """

    def __init__(self, runner: Any, oracle: Oracle | None = None) -> None:
        self.runner, self.oracle = runner, oracle
        self.largest_error, self.longest_view, self.steps = 0.0, 0, 0
        self.answered: dict[Account, list[Answered]] = defaultdict(list)
        self._twins: dict[Block, Twin] = {}

    @property
    def arena(self) -> Arena:
        arena: Arena = self.runner.arena
        return arena

    @property
    def vocab_size(self) -> int:
        return int(self.runner.vocab_size)

    @property
    def max_positions(self) -> int:
        return int(self.runner.max_positions)

    def run(self, feeds: Sequence[Feed]) -> list[Tensor | None]:
        self.steps += 1
        twins = self._twin_feeds(feeds) if self.oracle is not None else []
        found: list[Tensor | None] = self.runner.run(feeds)
        for feed, logits in zip(feeds, found, strict=True):
            saw = (*feed.view.token_ids(), *(() if feed.keep else feed.tokens))
            self.longest_view = max(self.longest_view, len(saw))
            if logits is not None:
                self.answered[feed.view.target.account].append(Answered(feed.view.target.name, saw, logits))
        if self.oracle is not None:
            self._compare(feeds, twins, found)
        return found

    def _compare(self, feeds: Sequence[Feed], twins: list[OracleFeed], found: Sequence[Tensor | None]) -> None:
        assert self.oracle is not None
        for mine, theirs in zip(found, self.oracle.run(twins), strict=True):
            if mine is not None:
                self.largest_error = max(self.largest_error, float((mine - theirs[-len(mine) :]).abs().max()))
        for feed in feeds:
            twin = self._twins[feed.view.target]
            if feed.keep:
                twin.tokens += feed.tokens
            else:
                twin.block.crop(len(twin.tokens))

    def _twin_feeds(self, feeds: Sequence[Feed]) -> list[OracleFeed]:
        return [
            OracleFeed(
                [(self._twin(piece.block).block, piece.start, piece.stop) for piece in feed.view.slices],
                list(feed.tokens),
                feed.sees is Sees.NOW,
            )
            for feed in feeds
        ]

    def _twin(self, block: Block) -> Twin:
        """The block's copy, cut to where the block was cut since; the block may never hold other tokens."""
        assert self.oracle is not None
        twin = self._twins.setdefault(block, Twin(self.oracle.block()))
        twin.block.crop(block.length)
        del twin.tokens[block.length :]
        assert twin.tokens == block.tokens, f"{block} was changed other than by cropping and feeding"
        return twin


def exact_pair(tokenizer: PreTrainedTokenizerBase) -> tuple[ModelRunner, Oracle]:
    """A tiny model in float64 that ends its paragraphs, thoughts and answers now and then, and its oracle."""
    vocabulary = len(tokenizer) + 3  # rows of logits without a token
    model = exact_model(hidden_size=32, intermediate_size=48, head_dim=16, vocab_size=vocabulary, seed=4)
    marks = [*tokenizer.convert_tokens_to_ids(["</think>", "<|im_end|>"]), *tokenizer.encode("\n\n")]
    with torch.no_grad():
        model.lm_head.weight[marks] *= 2.0
    return ModelRunner(copy.deepcopy(model), 16384), Oracle(model)
