"""What the published implementation's saved outputs need: its tiny models, its byte tokenizer, its layout of blocks.

The data lie in tests/golden, or in the folder that the environment variable SOTTO_GOLDEN names.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.block import Block
from engine.rope import Rotation
from engine.runner import ModelRunner
from engine.view import Feed, Logits, View

FOLDER = Path(os.environ.get("SOTTO_GOLDEN") or Path(__file__).parent.parent / "golden")
PARAGRAPH, YES, NO, EOS = 256, 257, 258, 259  # tokens of the byte tokenizer beyond the bytes
SPECIAL = {"\n\n": PARAGRAPH, "yes": YES, "no": NO}


@cache
def cases() -> dict[str, Any]:
    """The inputs of every case, and the outputs that are tokens."""
    loaded: dict[str, Any] = json.loads((FOLDER / "golden.json").read_text())
    return loaded


def saved_logits(case: str) -> NDArray[np.float64]:
    """[rows, V] of a case such as "scripted_0_float32"."""
    with np.load(FOLDER / "golden.npz") as arrays:
        return arrays[case]


def published_runner(seed: int, dtype: torch.dtype, rotation: Rotation | None = None) -> ModelRunner:
    """A runner of the tiny model that made the outputs; the weights follow from the seed and the parameters' names."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    rope = {"rope_type": "default", "rope_theta": cases()["theta"]}
    model = Qwen3ForCausalLM(Qwen3Config(**cases()["cfg"], rope_parameters=rope))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for _, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            scale = 0.3 / (parameter.shape[-1] / 64) ** 0.5
            parameter.copy_(noise * scale if parameter.dim() > 1 else 1 + 0.2 * noise)
    return ModelRunner(model.to(dtype), 4096, rotation)


def byte_tokens(text: str) -> list[int]:
    parts = re.split("(\n\n|yes|no)", text)
    return [token for part in parts for token in ([SPECIAL[part]] if part in SPECIAL else part.encode())]


def ends_paragraph(stream: Sequence[int]) -> bool:
    """Whether the last two tokens of a stream end with an empty line."""
    words = {token: word for word, token in SPECIAL.items()}
    text = "".join(words.get(token) or (chr(token) if token < PARAGRAPH else "?") for token in stream[-2:])
    return text.endswith("\n\n")


@dataclass(frozen=True, slots=True)
class WriterAndThinker:
    """The blocks of the published control loop, and the views of its streams."""

    runner: ModelRunner
    writer_prompt: Block
    thinker_prompt: Block
    writer_split: Block
    thinker_split: Block
    output: Block
    thoughts: Block
    question: Block

    @property
    def writer(self) -> View:
        return View(self.writer_prompt, self.thoughts, self.writer_split, self.output)

    @property
    def thinker(self) -> View:
        return View(self.thinker_prompt, self.output, self.thinker_split, self.thoughts)

    @property
    def control(self) -> View:
        return View(self.thinker, self.question)


def prefill(runner: ModelRunner, prompting: dict[str, str]) -> WriterAndThinker:
    """All blocks with their prompts, in the published order.

    Splits and prefixes are computed against a stub of the other stream: its bare prefix after the prompt.
    """
    names = ("writer_prompt", "thinker_prompt", "writer_split", "thinker_split", "output", "thoughts", "question")
    state = WriterAndThinker(runner, *[runner.arena.block(name) for name in names])
    writer, thinker = View(state.writer_prompt), View(state.thinker_prompt)
    stub_of_thoughts, stub_of_output = runner.arena.block(), runner.arena.block()

    def feed(view: View, text: str) -> Feed:
        return Feed(view, byte_tokens(prompting[text]), logits=Logits.NONE)

    output, thoughts = "writer_output_prefix", "thinker_output_prefix"
    runner.run([feed(writer, "writer_prompt"), feed(thinker, "thinker_prompt")])
    writer, thinker = View(writer, stub_of_thoughts), View(thinker, stub_of_output)
    runner.run([feed(writer, thoughts), feed(thinker, output)])
    writer, thinker = View(writer, state.writer_split), View(thinker, state.thinker_split)
    runner.run([feed(writer, "writer_split"), feed(thinker, "thinker_split")])
    runner.run([feed(View(writer, state.output), output), feed(View(thinker, state.thoughts), thoughts)])
    runner.arena.release(stub_of_thoughts)
    runner.arena.release(stub_of_output)
    return state
