"""Reading: fixed tokens on their way into blocks, a bounded number of them a step.

Prompts, the user's words and the history are not generated, they are read (prefilled). A long text is read in chunks
beside the steps of everybody else. Chunks give the same keys as one pass, because a block is read from its first token
on, and after the blocks that stand before it in its view. It knows no conversation and no policy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.arena import Arena
from engine.block import Block
from engine.view import Feed, Logits, View


class Reading:
    """Blocks that are to hold certain tokens, in the order in which they are to be read."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._missing: dict[Block, tuple[Callable[[], View], tuple[int, ...]]] = {}

    @property
    def waiting_tokens(self) -> int:
        """How many tokens are still to be read."""
        return sum(len(tokens) for _, tokens in self._missing.values())

    def waiting_for(self, block: Block) -> int:
        """How many tokens are still to be read into this block."""
        return len(self._missing[block][1]) if block in self._missing else 0

    def bring(
        self, block: Block, tokens: Sequence[int], view: Callable[[], View], keep_tokens: int | None = None
    ) -> None:
        """Let the block hold exactly these tokens: what differs is cropped now and read again.

        view: in which it is read, as it is then; the block is its target. keep_tokens: of what the block holds, keep no
        more, even if it is right. A block that waits keeps its place in the order.
        """
        wanted = tuple(tokens)
        held = common_prefix(block.tokens, wanted)
        held = held if keep_tokens is None else min(held, keep_tokens)
        if held < block.length:
            self._arena.crop(block, held)
        if held < len(wanted):
            self._missing[block] = (view, wanted[held:])
        else:
            self._missing.pop(block, None)

    def aim(self, block: Block, view: Callable[[], View]) -> None:
        """What the block still waits for is read in this view instead."""
        if block in self._missing:
            self._missing[block] = (view, self._missing[block][1])

    def forget(self, block: Block) -> None:
        """Read nothing more into this block."""
        self._missing.pop(block, None)

    def take(self, budget_tokens: int) -> list[Feed]:
        """The next feeds, of so many tokens at most; they count as read."""
        feeds = []
        while self._missing and budget_tokens > 0:
            block = next(iter(self._missing))
            view, tokens = self._missing.pop(block)
            chunk, rest = tokens[:budget_tokens], tokens[budget_tokens:]
            feeds.append(Feed(view(), chunk, logits=Logits.NONE))
            budget_tokens -= len(chunk)
            if rest:
                self._missing = {block: (view, rest)} | self._missing
        return feeds


def common_prefix(old: Sequence[object], new: Sequence[object]) -> int:
    """Length of the common prefix (tokens, or characters)."""
    length = 0
    for a, b in zip(old, new, strict=False):
        if a != b:
            break
        length += 1
    return length
