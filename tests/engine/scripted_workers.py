"""Runners without a model for several workers: each follows a script of its own, or dice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from engine.prompts import Layout, Prompts
from engine.text import piece_ids
from engine.view import Feed
from tests.engine.scripted import NEVER, Script, ScriptedRunner
from tests.engine.talk import prompts_of

REST, END = object(), object()  # in a script: "nothing for me to do", "the answer is there"


def hogwild_prompts(layout: Layout, workers: int = 2, live: bool = False, turns: int = 0, **changes: Any) -> Prompts:
    """The demo's, with headings that are easy to tell apart."""
    prompts = prompts_of("demo", turns=turns)
    assert prompts.hogwild is not None
    headings = {"past": "PAST\n", "others": "OTHERS\n", "own": "OWN\n", "worker": "W{number}: "}
    hogwild = prompts.hogwild.model_copy(
        update={"layout": layout, "workers": workers, "live": live, **headings, **changes}
    )
    return prompts.model_copy(
        update={"hogwild": hogwild, "input": prompts.input.model_copy(update={"live": live, "corrections": ("no",)})}
    )


class ScriptedWorkers(ScriptedRunner):
    """lanes: what each worker says, in order; after its end it would end the thoughts. A worker that rested goes on
    with what stands behind REST.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        prompts: Prompts,
        lanes: Mapping[str, Sequence[str | object]],
        answer: str = "Done.",
        gate: Sequence[float] = NEVER,
        kv_tokens: int = 8192,
        max_positions: int = 2048,
    ) -> None:
        super().__init__(tokenizer, prompts, Script("", answer, gate), kv_tokens, max_positions)
        self._lanes = {lane: self._tokens(script) for lane, script in lanes.items()}
        self._said = dict.fromkeys(lanes, 0)

    def _tokens(self, script: Sequence[str | object]) -> list[int]:
        found: list[int] = []
        for part in (*script, END):
            found += self._letters(part) if isinstance(part, str) else [self._mark(part)]
        return found

    def _letters(self, text: str) -> list[int]:
        """A token for each character, and one for each blank line."""
        letters = re.findall("\n\n|.", text)
        return [token for letter in letters for token in piece_ids(self._tokenizer, letter)]

    def _mark(self, part: object) -> int:
        assert self._pieces.hogwild is not None
        rest = self._pieces.hogwild.rest
        if part is not REST:
            return self._pieces.end_of_thoughts
        assert rest is not None
        return rest

    def _logits(self, feed: Feed) -> Tensor:
        name, _, lane = feed.view.target.name.partition(" ")
        if name != "thoughts":
            return super()._logits(feed)
        tokens, at = self._lanes[lane], self._said[lane]
        self._said[lane] += 1
        return self._sure_of(tokens[min(at, len(tokens) - 1)])

    def _sure_of(self, token: int) -> Tensor:
        logits = torch.zeros(1, self.vocab_size)
        logits[0, token] = 20.0
        return logits


class DiceWorkers(ScriptedWorkers):
    """Workers, writer and gate say what the dice say."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, prompts: Prompts, seed: int, short: float, max_positions: int
    ) -> None:
        """short: how likely a paragraph ends with any token."""
        super().__init__(tokenizer, prompts, {}, kv_tokens=16384, max_positions=max_positions)
        self._dice, self._short = Random(seed), short
        self._blank, self._word = piece_ids(tokenizer, "\n\n")[0], piece_ids(tokenizer, "a")[0]

    def _logits(self, feed: Feed) -> Tensor:
        roll, name = self._dice.random(), feed.view.target.name
        if name == "question":
            return self._sure_of(self._pieces.gate_yes if roll < 0.5 else self._pieces.gate_no)
        if roll < 0.003:
            return self._sure_of(self._pieces.end_of_output if name == "output" else self._pieces.end_of_thoughts)
        if roll < 0.02 and name != "output":
            return self._sure_of(self._mark(REST))
        return self._sure_of(self._blank if self._dice.random() < self._short else self._word)
