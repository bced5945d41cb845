"""The model runner: one model, its arena, and `run`: one ragged forward pass over feeds of any number of conversations.

It knows blocks, views and feeds; it does not know tokenizers, prompts, sampling or methods. While a runner lives, the
model's attention goes through shared blocks; `close` gives the model back as it was.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from enum import Enum, auto
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from engine import attention, reference
from engine.admission import inspect_model, refusal
from engine.arena import Arena
from engine.errors import BadFeed, EngineError
from engine.lean import Lean, NotLean
from engine.loading import brief
from engine.plan import Plan, build_plan
from engine.probe import attention_replaced
from engine.rope import Rotation
from engine.rotary import own_rotary, restore_rotary, silence_rotary
from engine.step import StepBuilder
from engine.view import Feed, Logits, View

SELF_TEST_TOKENS = 48
SELF_TEST_TOLERANCE = {torch.float64: 1e-4, torch.float32: 1e-3}  # relative; else 0.1
LEAN_TOLERANCE = {torch.float64: 1e-5, torch.float32: 1e-4}  # relative; else 0.05; the model takes norms in float32

log = logging.getLogger(__name__)


class Forward(Enum):
    """Whose forward pass runs: the lean one (lean.py), or the model's own, which it is compared with."""

    LEAN = auto()
    OWN = auto()


class Attention(Enum):
    """Which attention runs: the fast one, or the slow and obvious one it is compared with."""

    FAST = auto()
    REFERENCE = auto()


class ModelRunner:
    """Runs feeds through a Hugging Face causal language model over shared blocks.

    kv_tokens: how many tokens the arena holds, all conversations together. forward: None is lean where the model is of
    the common shape, which `not_lean` tells, else the model's own; so is it for a rotation or the reference attention,
    which are asked of the model's own. rotation: of the model's own forward pass; None is direct on a GPU (one rounding
    less in bfloat16), composed on a CPU (needs nothing of the model).
    Raises `ModelRefused` if the model would run wrongly; the model is then as it was.
    """

    def __init__(
        self,
        model: Any,
        kv_tokens: int = 16384,
        rotation: Rotation | None = None,
        attention: Attention = Attention.FAST,
        forward: Forward | None = None,
    ) -> None:
        require_unused(model)
        self.model = model.eval()
        self.device = next(model.parameters()).device
        self.traits = inspect_model(model)
        self.dtype = self.traits.dtype
        self.vocab_size = self.traits.vocab_size
        shapes = [layer.shape for layer in self.traits.layers]
        self.arena = Arena(shapes, kv_tokens, self.dtype, self.device)
        self.max_positions = self.traits.max_positions or self.arena.capacity_tokens
        self._own_attention = model.config._attn_implementation
        self._lean: Lean | None = None
        self.not_lean: str | None = "the model's own forward pass was asked for"
        with ExitStack() as undo:
            undo.callback(self.close)
            model.set_attn_implementation(register_attention(attention))
            if forward is Forward.LEAN or (forward is None and rotation is None and attention is Attention.FAST):
                self._try_lean()
            if self._lean is None:
                if forward is Forward.LEAN:
                    raise refusal(model, f"it has no lean forward pass: {self.not_lean}")
                self._use_own_forward(rotation or default_rotation(self.device))
            undo.pop_all()

    def _try_lean(self) -> None:
        """Use the lean forward pass if the model is of its shape and its logits are the same; else say why not."""
        self._steps = StepBuilder(self.traits.layers, self.arena, direct=True)
        name = type(self.model).__name__
        try:
            self._lean, self.not_lean = Lean(self.model, self.traits.layers), None
        except NotLean as reason:
            self.not_lean = str(reason)
            log.info("%s runs by its own forward pass: %s", name, reason)
            return
        try:
            self.self_test_error = self._measured_error()
            if not self.self_test_error < LEAN_TOLERANCE.get(self.dtype, 0.05):
                self.not_lean = f"its logits would differ by {self.self_test_error:.1e} (relative)"
        except EngineError:
            raise
        except Exception as fault:  # it looked the part, and is something else
            self.not_lean = f"the self-test at load failed ({brief(fault)})"
        if self.not_lean is not None:
            log.warning("%s runs by its own, slower forward pass: %s", name, self.not_lean)
            self._lean.close()
            self._lean = None

    def _use_own_forward(self, rotation: Rotation) -> None:
        direct = rotation is Rotation.DIRECT
        self._steps = StepBuilder(self.traits.layers, self.arena, direct)
        if direct:
            silence_rotary(self.model)
        else:
            restore_rotary(self.model)
        self.self_test_error = self._self_test()

    def close(self) -> None:
        """Give the model back its own attention, rotation and layout. The runner must not be used afterwards."""
        restore_rotary(self.model)
        self.model.set_attn_implementation(self._own_attention)
        if self._lean is not None:
            self._lean.close()

    def run(self, feeds: Sequence[Feed]) -> list[Tensor | None]:
        """One forward pass over the tokens of all feeds; returns each feed's logits [n, V], at least float32, or None.

        Appends the tokens to the views' target blocks (unless `keep` is False). Raises `BadFeed`, `BadBlock`,
        `EngineFull`, `ContextFull`, or what the model raises; then every block is as it was.
        """
        self._check_tokens(feeds)
        before = [(feed.view.target, feed.view.target.length) for feed in feeds]
        try:
            plan = build_plan(self.arena, feeds, self.max_positions)
            logits = self._forward(plan)
        except BaseException:
            for block, length in before:
                if block.length > length:
                    self.arena.crop(block, length)
            raise
        for feed, (block, length) in zip(feeds, before, strict=True):
            if not feed.keep:
                self.arena.crop(block, length)
        return [logits[first:last] if last > first else None for first, last in plan.logit_ranges]

    @torch.inference_mode()
    def _forward(self, plan: Plan) -> Tensor:
        """Logits [n, V] of the rows the plan wants."""
        by_row = torch.tensor([[plan.token_ids], [plan.positions], [plan.slots]], device=self.device)
        input_ids, positions, slots = by_row.unbind(0)
        step = self._steps.build(plan, slots[0], lean=self._lean is not None)
        rows = torch.tensor(plan.logit_rows, dtype=torch.int64, device=self.device)
        if self._lean is not None:
            return at_least_float32(self._lean(input_ids[0], step, rows))
        output = self.model(
            input_ids=input_ids, position_ids=positions, use_cache=False, logits_to_keep=rows, step=step
        )
        return at_least_float32(output.logits[0])

    def _check_tokens(self, feeds: Sequence[Feed]) -> None:
        for feed in feeds:
            if any(not 0 <= token < self.vocab_size for token in feed.tokens):
                name = feed.view.target.name
                raise BadFeed(f"a token for block {name!r} is outside the model's vocabulary of {self.vocab_size}")

    def _self_test(self) -> float:
        """Compare logits over three blocks with the model's own attention; returns the relative error."""
        try:
            error = self._measured_error()
        except EngineError:
            raise
        except Exception as fault:  # whatever a foreign model raises, the answer is the same
            found = f"{type(fault).__name__}: {str(fault)[:200]}"
            raise refusal(self.model, f"the self-test at load failed ({found})") from fault
        if not error < SELF_TEST_TOLERANCE.get(self.dtype, 0.1):
            raise refusal(self.model, f"its logits differ from those of its own attention by {error:.1e} (relative)")
        return error

    def _measured_error(self) -> float:
        generator = torch.Generator().manual_seed(0)
        tokens = torch.randint(0, self.vocab_size, (SELF_TEST_TOKENS,), generator=generator).tolist()
        return float(self._relative_error(tokens))

    def _relative_error(self, tokens: list[int]) -> Tensor:
        cuts = [0, len(tokens) // 3, len(tokens) // 2, len(tokens)]
        blocks = [self.arena.block("self-test") for _ in cuts[1:]]
        found: list[Tensor | None] = []
        try:
            for index, (first, last) in enumerate(pairwise(cuts)):
                feed = Feed(View(*blocks[: index + 1]), tokens[first:last], logits=Logits.ALL)
                found += self.run([feed])
        finally:
            for block in blocks:
                self.arena.release(block)
        expected = self._own_logits(tokens)
        return (
            torch.cat([logits for logits in found if logits is not None]) - expected
        ).abs().max() / expected.abs().max().clamp_min(1e-9)

    @torch.inference_mode()
    def _own_logits(self, tokens: list[int]) -> Tensor:
        with own_rotary(self.model), attention_replaced(self.model, "eager"):
            output = self.model(input_ids=torch.tensor([tokens], device=self.device), use_cache=False)
        logits: Tensor = output.logits[0]
        return logits


def at_least_float32(logits: Tensor) -> Tensor:
    return logits if logits.dtype == torch.float64 else logits.float()


def default_rotation(device: torch.device) -> Rotation:
    """Of a model's own forward pass."""
    return Rotation.COMPOSED if device.type == "cpu" else Rotation.DIRECT


def require_unused(model: Any) -> None:
    """Raises `ModelRefused` if another runner has the model: two would rotate its keys in different ways."""
    if model.config._attn_implementation in (attention.NAME, reference.NAME):
        raise refusal(model, "another ModelRunner has it; close that one first")


def register_attention(kind: Attention) -> str:
    """Make the attention function known to Hugging Face and return its name; registering twice is harmless."""
    from transformers import AttentionInterface

    match kind:
        case Attention.FAST:
            AttentionInterface.register(attention.NAME, attention.attend)
            return attention.NAME
        case Attention.REFERENCE:
            AttentionInterface.register(reference.NAME, reference.attend)
            return reference.NAME
