"""The witness inside `talk`: are the thoughts of an interrupted turn in the view of the next turn's thinker, token for
token and key for key? And what sound did the conversation get?

It stands between the engine and its model runner, changes nothing, and notes, for every token of a block of thoughts, a
digest of the keys and values that were computed for it. When a thinker runs for the first time in a turn, the blocks in
its view are compared with what the turn before had thought at its last step.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from app.assistant import Assistant
from engine.events import StreamName
from engine.view import Feed

if TYPE_CHECKING:
    from torch import Tensor

    from app.config import Settings
    from app.conversation.conversation import Conversation
    from engine.arena import Arena
    from engine.block import Block
    from engine.conversation import Conversation as EngineConversation
    from engine.engine import Engine
    from engine.runner import ModelRunner

THOUGHTS = StreamName.THOUGHTS.value


@dataclass(frozen=True, slots=True)
class Kept:
    """What a turn's thinker found of the thoughts of the turn before, when it first ran.

    thought: the tokens that stood in blocks at the former turn's last step. same_tokens, same_keys: how many of them,
    from the first on, stand in the new view unchanged. text: of the tokens.
    """

    turn: int
    previous: int
    thought: int
    same_tokens: int
    same_keys: int
    text: str


class Witness:
    """tell: called with what was found, on the engine's thread."""

    def __init__(self, arena: Arena, decode: Callable[[Sequence[int]], str], tell: Callable[[Kept], None]) -> None:
        self._arena, self._decode, self._tell = arena, decode, tell
        self._digests: dict[Block, list[bytes]] = {}
        self._turn = 0
        self._tokens: list[int] = []
        self._keys: list[bytes] = []

    def ran(self, feeds: Sequence[Feed], turn: int) -> None:
        """The engine ran these feeds in this turn."""
        for feed in feeds:
            if feed.keep and _is_thought(feed.view.target):
                self._compare(feed, turn)
                self._note(feed.view.target, len(feed.tokens))
                self._remember(feed)

    def _compare(self, feed: Feed, turn: int) -> None:
        previous, self._turn = self._turn, turn
        if previous in (0, turn):
            return
        blocks = _thoughts(feed)
        tokens = [token for block in blocks for token in block.tokens]
        keys = [self._digest(block, position) for block in blocks for position in range(block.length)]
        same_tokens, same_keys = _common(tokens, self._tokens), _common(keys, self._keys)
        self._tell(Kept(turn, previous, len(self._tokens), same_tokens, same_keys, self._decode(self._tokens)))

    def _note(self, block: Block, fed: int) -> None:
        """Its last so many tokens were computed just now, perhaps once more."""
        known = self._digests.setdefault(block, [])
        del known[block.length - fed :]
        known += [self._digest(block, position) for position in range(len(known), block.length)]

    def _remember(self, feed: Feed) -> None:
        blocks = _thoughts(feed)
        self._tokens = [token for block in blocks for token in block.tokens]
        self._keys = [digest for block in blocks for digest in self._digests.get(block, [])]

    def _digest(self, block: Block, position: int) -> bytes:
        (slot,) = block.slots(position, position + 1)
        found = blake2b(digest_size=16)
        for stored in (*self._arena.keys, *self._arena.values):
            found.update(_bytes(stored[:, slot]))
        return found.digest()


class WatchedRunner:
    """A model runner whose feeds are told to a witness."""

    def __init__(self, runner: ModelRunner, witness: Witness, turn: Callable[[], int]) -> None:
        self._runner, self._witness, self._turn = runner, witness, turn
        self.arena, self.vocab_size, self.max_positions = runner.arena, runner.vocab_size, runner.max_positions

    def run(self, feeds: Sequence[Feed]) -> list[Tensor | None]:
        """As the runner does."""
        found = self._runner.run(feeds)
        self._witness.ran(feeds, self._turn())
        return found


class WitnessedAssistant(Assistant):
    """An assistant for one conversation, watched. kept: where the findings go, one line of JSON each; heard: where the
    sound goes that the conversation gets (16 kHz, s16le). carry_thoughts: as the prompts say, if None.
    """

    def __init__(
        self, settings: Settings, kept: Callable[[str], object], heard: BinaryIO, carry_thoughts: bool | None
    ) -> None:
        super().__init__(settings)
        self._kept, self._heard, self._carry_thoughts = kept, heard, carry_thoughts

    def converse(self, method: str | None = None, voice: bool = True) -> Conversation:
        """The conversation, overheard."""
        conversation = super().converse(method, voice)
        hear = conversation.hear

        async def overheard(pcm: NDArray[np.int16], came_s: float | None = None) -> None:
            self._heard.write(np.asarray(pcm, "<i2").tobytes())
            await hear(pcm, came_s)

        conversation.hear = overheard  # type: ignore[method-assign]
        return conversation

    def _open_tokens(self, engine: Engine, method: str) -> EngineConversation:
        prompts = engine.model.prompts
        if self._carry_thoughts is not None:
            history = prompts.history.model_copy(update={"carry_thoughts": self._carry_thoughts})
            engine.model = replace(engine.model, prompts=prompts.model_copy(update={"history": history}))
        tokens = super()._open_tokens(engine, method)

        def decode(thought: Sequence[int]) -> str:
            return str(engine.model.tokenizer.decode(list(thought)))

        def tell(kept: Kept) -> None:
            self._kept(json.dumps(asdict(kept), ensure_ascii=False) + "\n")

        witness = Witness(engine.runner.arena, decode, tell)
        engine.runner = WatchedRunner(engine.runner, witness, lambda: tokens.turn_number)  # type: ignore[assignment]
        return tokens


def _is_thought(block: Block) -> bool:
    return block.name == THOUGHTS or block.name.startswith(f"{THOUGHTS} ")


def _thoughts(feed: Feed) -> list[Block]:
    return [piece.block for piece in feed.view.slices if _is_thought(piece.block)]


def _common(found: Sequence[object], expected: Sequence[object]) -> int:
    """How many of the first are the same."""
    pairs = zip(found, expected, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(found), len(expected)))


def _bytes(stored: Tensor) -> bytes:
    return bytes(stored.detach().cpu().float().numpy().tobytes())
