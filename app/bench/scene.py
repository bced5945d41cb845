"""What one step of a measurement runs: conversations of several streams over shared blocks, and the gate's question.

Keys and values are noise instead of computed: reading them costs the same. Every stream of a conversation sees the
prompt, all the others' text and its own, `context` tokens in all.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from engine.block import Block
from engine.runner import ModelRunner
from engine.view import Feed, View

QUESTION_TOKENS = 25  # of the gate, as long as the published one
SPLIT_TOKENS = 10
TOKEN = 5


class GateKind(StrEnum):
    """Whether the gate's question is asked, and how."""

    NONE = "none"
    FOLDED = "folded"  # rides in the step
    SEPARATE = "separate"  # a step of its own


class Scene:
    """Blocks and views of `conversations` with `streams` each; half of the context is prompt."""

    def __init__(self, runner: ModelRunner, streams: int, context: int, conversations: int) -> None:
        self._runner = runner
        self._blocks: list[Block] = []
        self._views: list[View] = []
        self._questions: list[View] = []
        for _ in range(conversations):
            self._add_conversation(streams, context)
        self.stored_tokens = sum(block.length for block in self._blocks)

    def _add_conversation(self, streams: int, context: int) -> None:
        prompt = self._block(context // 2 - SPLIT_TOKENS)
        share, rest = divmod(context - prompt.length - SPLIT_TOKENS, streams)
        texts = [self._block(share + (rest if index == 0 else 0)) for index in range(streams)]
        for index, own in enumerate(texts):
            others = [text for text in texts if text is not own]
            split = self._block(SPLIT_TOKENS)
            self._views.append(View(prompt, *others, split, own))
            if index == 0:
                self._questions.append(View(self._views[-1], self._block(0)))

    def steps(self, gate: GateKind) -> list[list[Feed]]:
        """The feeds of the steps that bring every stream one token, and the gate its answer; nothing is kept."""
        tokens = [Feed(view, [TOKEN], keep=False) for view in self._views]
        questions = [Feed(view, [TOKEN] * QUESTION_TOKENS, keep=False) for view in self._questions]
        match gate:
            case GateKind.NONE:
                return [tokens]
            case GateKind.FOLDED:
                return [[*tokens, *questions]]
            case GateKind.SEPARATE:
                return [questions, tokens]

    def run(self, steps: Sequence[Sequence[Feed]]) -> None:
        for feeds in steps:
            self._runner.run(feeds)

    def release(self) -> None:
        for block in self._blocks:
            self._runner.arena.release(block)

    def _block(self, tokens: int) -> Block:
        block = self._runner.arena.block()
        self._runner.arena.append(block, [TOKEN] * tokens)
        self._blocks.append(block)
        return block


def tokens_needed(streams: int, context: int, conversations: int) -> int:
    """Tokens of the arena that a scene takes at most, pages that are not full counted."""
    return conversations * (context + 64 * (2 * streams + 3) + QUESTION_TOKENS)
