"""A runner without a model: it thinks, writes and answers the gate from a script, over a real arena.

With it a test says what the model would, and watches what the policies make of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from engine.arena import Arena
from engine.block import Block
from engine.plan import build_plan
from engine.prompt_tokens import PromptTokens
from engine.prompts import Prompts
from engine.view import Feed, Logits, Slice

NEVER, ALWAYS = (-1.0,), (1.0,)


@dataclass(frozen=True, slots=True)
class Script:
    """What the model thinks and answers to one question. gate: log-odds of each question, the last one repeats;
    clearance: of each safety question, None where the model says something else.
    """

    thoughts: str = "First.\n\nSecond.\n\n"
    answer: str = "Well.\n\nIt is so."
    gate: Sequence[float] = ALWAYS
    clearance: Sequence[float | None] = ALWAYS


class ScriptedRunner:
    """`script` tells what is said to a question. Tokens beyond a script's end are the token that ends the stream."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        prompts: Prompts,
        script: Script | Callable[[str], Script],
        kv_tokens: int = 4096,
        max_positions: int = 2048,
    ) -> None:
        self.arena = Arena([], kv_tokens, torch.float32, torch.device("cpu"))
        self.vocab_size, self.max_positions = len(tokenizer), max_positions
        self._tokenizer, self._pieces = tokenizer, PromptTokens.of(prompts, tokenizer)
        self._script = script if callable(script) else lambda _: script
        self._asked: dict[Block, int] = {}
        self._written: dict[tuple[Block, str], int] = {}

    def run(self, feeds: Sequence[Feed]) -> list[Tensor | None]:
        before = [feed.view.target.length for feed in feeds]
        build_plan(self.arena, feeds, self.max_positions)
        found = [None if feed.logits is Logits.NONE else self._logits(feed) for feed in feeds]
        for feed, length in zip(feeds, before, strict=True):
            if not feed.keep:
                self.arena.crop(feed.view.target, length)
        return found

    def _logits(self, feed: Feed) -> Tensor:
        script, block, pieces = self._script(self._question(feed)), feed.view.target, self._pieces
        logits = torch.zeros(1, self.vocab_size)
        if block.name == "question":
            count = self._asked[block] = self._asked.get(block, 0) + 1
            logits[0, pieces.gate_yes] = script.gate[min(count, len(script.gate)) - 1]
            return logits
        if block.name == "clearance" and pieces.safety is not None:
            count = self._asked[block] = self._asked.get(block, 0) + 1
            log_odds = script.clearance[min(count, len(script.clearance)) - 1]
            logits[0, pieces.safety.clear if (log_odds or 0) >= 0 else pieces.safety.refuse] = abs(log_odds or 0)
            if log_odds is None:
                logits[0, pieces.end_of_output] = 1.0
            return logits
        thinking = block.name == "thoughts"
        prefixes = (pieces.thinker.prefix, pieces.think_prefix) if thinking else (pieces.answer_prefix,)
        own = [token for piece in _this_turn(feed) if piece.block.name == block.name for token in piece.block.tokens]
        written = self._count(feed, _without(own, (*prefixes, pieces.writer.prefix, pieces.no_think_prefix)))
        said = self._tokenizer.encode(script.thoughts if thinking else script.answer, add_special_tokens=False)
        end = pieces.end_of_thoughts if thinking else pieces.end_of_output
        logits[0, [*said, end][min(written, len(said))]] = 20.0
        return logits

    def _count(self, feed: Feed, counted: int | None) -> int:
        """How many tokens its stream wrote; counted: those that are seen, None if its beginning was dropped."""
        inputs = [piece.block for piece in feed.view.slices if piece.block.name == "input"]
        stream = (inputs[-1], feed.view.target.name)
        self._written[stream] = self._written.get(stream, 0) + 1 if counted is None else counted
        return self._written[stream]

    def _question(self, feed: Feed) -> str:
        """The user's latest words in this view."""
        *_, block = (piece.block for piece in feed.view.slices if piece.block.name == "input")
        return str(self._tokenizer.decode(block.tokens[len(self._pieces.input_open) :]))


def _this_turn(feed: Feed) -> Sequence[Slice]:
    """What the feed sees from the user's latest words on."""
    slices = feed.view.slices
    return slices[max(index for index, piece in enumerate(slices) if piece.block.name == "input") :]


def _without(tokens: Sequence[int], prefixes: Sequence[tuple[int, ...]]) -> int | None:
    """How many tokens stand behind the prefix; None if it is not there."""
    begins = (len(tokens) - len(prefix) for prefix in prefixes if tuple(tokens[: len(prefix)]) == prefix)
    return next(begins, None)
