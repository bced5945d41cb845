"""A runner that says what a model trained to fork would: a script for every lane.

Alone it needs no model; around a real runner it says the script all the same, while that one computes the logits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from engine.arena import Arena
from engine.plan import build_plan
from engine.prompt_tokens import PromptTokens
from engine.prompts import Prompts
from engine.view import Feed, Logits

OPEN, JOIN = "(open)", "(join)"  # in a script: the thread's prefix, and what follows the threads
MEMORY_TOKENS = 48  # so far back it looks to find out where it is in its script; longer repetitions are endless


def forking(*outlines: str) -> str:
    """The text that asks for threads."""
    lines = "".join(f"<Outline>{number}: {text}</Outline>\n" for number, text in enumerate(outlines, start=1))
    return f"<Parallel>\n<Outlines>\n{lines}</Outlines>"


class ThreadedRunner:
    """lanes: the texts of each lane, with OPEN before a thread's second time and JOIN behind a fork. Where they end,
    the stream does.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        prompts: Prompts,
        lanes: Mapping[str, Sequence[str]],
        answer: str = "Done.",
        kv_tokens: int = 8192,
        max_positions: int = 2048,
        inner: Any = None,
    ) -> None:
        self.inner = inner
        self.arena = Arena([], kv_tokens, torch.float32, torch.device("cpu")) if inner is None else inner.arena
        self.vocab_size = len(tokenizer) if inner is None else inner.vocab_size
        self.max_positions = max_positions if inner is None else inner.max_positions
        self._tokenizer, pieces = tokenizer, PromptTokens.of(prompts, tokenizer)
        self._pieces = pieces
        self.scripts = {f"thoughts {lane}".rstrip(): self._tokens(lane, texts) for lane, texts in lanes.items()}
        self.scripts["output"] = [*pieces.answer_prefix, *self._encode(answer), pieces.end_of_output]

    def run(self, feeds: Sequence[Feed]) -> list[Tensor | None]:
        if self.inner is None:
            build_plan(self.arena, feeds, self.max_positions)
        else:
            self.inner.run(feeds)
        return [None if feed.logits is Logits.NONE else self._logits(feed) for feed in feeds]

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False))

    def _tokens(self, lane: str, texts: Sequence[str]) -> list[int]:
        assert self._pieces.fork_join is not None
        threads, join, prefix = (
            self._pieces.fork_join.threads,
            self._pieces.fork_join.join,
            self._pieces.fork_join.prefix,
        )
        opening = threads[int(lane.split(".")[-1]) - 1] if lane else prefix
        marks = {OPEN: opening, JOIN: join}
        said = [token for text in texts for token in (marks[text] if text in marks else self._encode(text))]
        return [*opening, *said, self._pieces.end_of_thoughts]

    def _logits(self, feed: Feed) -> Tensor:
        name, slices = feed.view.target.name, feed.view.slices
        words = max(index for index, piece in enumerate(slices) if piece.block.name == "input")
        own = [token for piece in slices[words:] if piece.block.name == name for token in piece.block.tokens]
        script = self.scripts[name]
        logits = torch.zeros(1, self.vocab_size, dtype=torch.float64)
        logits[0, script[_place(script, own)]] = 20.0
        return logits


def _place(script: Sequence[int], own: Sequence[int]) -> int:
    """Where in its script a stream is that sees these tokens of its own: behind the longest match with their end."""
    text, recent = "".join(map(chr, script)), "".join(map(chr, own[-MEMORY_TOKENS:]))
    for start in range(len(recent)):
        found = text.find(recent[start:], 0, -1)
        if found >= 0:
            return found + len(recent) - start
    raise AssertionError("the stream has left its script")
