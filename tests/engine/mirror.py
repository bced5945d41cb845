"""A runner that repeats every step on a second model with the slow reference attention, and compares the logits."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from engine.block import Block
from engine.runner import ModelRunner
from engine.view import Feed, Slice, View
from tests.engine.talk import RecordingRunner


class MirroredRunner(RecordingRunner):
    """`reference` has its own copy of the model and of every block. largest_error: of all logits so far."""

    def __init__(self, runner: ModelRunner, reference: ModelRunner) -> None:
        super().__init__(runner)
        self._reference = reference
        self._twins: dict[Block, Block] = {}
        self.largest_error = 0.0

    def run(self, feeds: Sequence[Feed]) -> list[Tensor | None]:
        twins = [Feed(self._twin_view(feed.view), feed.tokens, feed.sees, feed.logits, feed.keep) for feed in feeds]
        found = super().run(feeds)
        expected = self._reference.run(twins)
        for mine, theirs in zip(found, expected, strict=True):
            assert (mine is None) == (theirs is None)
            if mine is not None and theirs is not None:
                self.largest_error = max(self.largest_error, float((mine - theirs).abs().max()))
        return found

    def _twin_view(self, view: View) -> View:
        return View(*[Slice(self._twin(piece.block), piece.start, piece.stop) for piece in view.slices])

    def _twin(self, block: Block) -> Block:
        """The block's copy, cut to where the block was cut since; it may never hold other tokens."""
        if block not in self._twins:
            self._twins[block] = self._reference.arena.block(block.name)
        twin = self._twins[block]
        if twin.length > block.length:
            self._reference.arena.crop(twin, block.length)
        assert twin.tokens == block.tokens, f"{block} was changed other than by cropping and feeding"
        return twin
