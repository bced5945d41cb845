"""`bench`: milliseconds per step of the engine on random-weight models, beside Hugging Face `generate`, in one run.

All figures are the process's own CPU time on one thread (other programs share the machine, and wall time would measure
them too), as medians over interleaved rounds; trust the ratios. Key/value memory is filled with noise instead of being
computed: reading it costs the same. It knows no conversations.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from transformers import DynamicCache, Qwen3Config, Qwen3ForCausalLM

from app.config import Settings
from app.files import as_json, write_whole
from app.machine import machine
from engine.block import Block
from engine.runner import ModelRunner
from engine.view import Feed, Logits, View

SHAPES: dict[str, dict[str, int]] = {
    "5m": {
        "vocab_size": 2048,
        "hidden_size": 256,
        "intermediate_size": 640,
        "num_hidden_layers": 6,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 32,
    },
    "46m": {
        "vocab_size": 8192,
        "hidden_size": 512,
        "intermediate_size": 1536,
        "num_hidden_layers": 12,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 64,
    },
}
MAX_POSITIONS = 40_960
QUESTION_TOKENS = 25  # of the gate, as long as the published one
SPLIT_TOKENS = 10
TOKENS_PER_GENERATE = 8
ROUNDS = 15


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, milliseconds of CPU per step. hf_generate: per token, from the difference of two
    lengths.
    """

    shape: str
    context: int
    hf_generate: float
    hf_forward: float
    one_stream: float
    two_streams: float
    two_streams_gate: float
    gate_alone: float

    @property
    def ratio(self) -> float:
        """Two of our streams to one of theirs."""
        return self.two_streams / self.hf_generate


def new_model(shape: str) -> Qwen3ForCausalLM:
    """A Qwen3 of that shape with random weights, float32."""
    torch.manual_seed(0)
    config = Qwen3Config(
        **SHAPES[shape], max_position_embeddings=MAX_POSITIONS, tie_word_embeddings=False, attn_implementation="sdpa"
    )
    return Qwen3ForCausalLM(config).eval()


@torch.inference_mode()
def measure(shape: str, contexts: Sequence[int], rounds: int = ROUNDS) -> list[Row]:
    """One row for each context length: tokens in each view."""
    theirs, ours = new_model(shape), new_model(shape)
    runner = ModelRunner(ours, kv_tokens=2 * max(contexts) + 4096)
    for tensor in (*runner.arena.keys, *runner.arena.values):
        tensor.normal_()
    rows = []
    for context in contexts:
        print(f"{shape}, {context} tokens …", file=sys.stderr)
        rows.append(_measure_one(shape, context, theirs, runner, rounds))
    return rows


def _measure_one(shape: str, context: int, theirs: Qwen3ForCausalLM, runner: ModelRunner, rounds: int) -> Row:
    streams = _Streams(runner, context)
    cache = _filled_cache(theirs, context)
    work: dict[str, Callable[[], object]] = {
        "hf_forward": lambda: theirs(
            input_ids=torch.tensor([[5]]), past_key_values=cache, use_cache=True, logits_to_keep=1
        ),
        "one_stream": lambda: runner.run([streams.thinker()]),
        "two_streams": lambda: runner.run([streams.thinker(), streams.writer()]),
        "two_streams_gate": lambda: runner.run([streams.thinker(), streams.writer(), streams.gate()]),
        "gate_alone": lambda: runner.run([streams.gate()]),
    }
    taken: dict[str, list[float]] = {name: [] for name in (*work, "hf_generate")}
    for round_number in range(-2, rounds):
        for name, step in work.items():
            elapsed = _cpu_ms(step)
            if round_number >= 0:
                taken[name].append(elapsed)
        if round_number >= 0 and round_number % 3 == 0:
            taken["hf_generate"].append(_generate_ms(theirs, context))
    streams.release()
    return Row(shape, context, **{name: statistics.median(values) for name, values in taken.items()})


class _Streams:
    """Two views of `context` tokens each over shared blocks: a quarter prompt, half thoughts, a quarter output."""

    def __init__(self, runner: ModelRunner, context: int) -> None:
        self._runner = runner
        self._blocks: list[Block] = []
        prompt = context // 4 - SPLIT_TOKENS
        writer_prompt, thinker_prompt = self._block(prompt), self._block(prompt)
        writer_split, thinker_split = self._block(SPLIT_TOKENS), self._block(SPLIT_TOKENS)
        thoughts, output = self._block(context // 2), self._block(context - context // 2 - context // 4)
        self._writer = View(writer_prompt, thoughts, writer_split, output)
        self._thinker = View(thinker_prompt, output, thinker_split, thoughts)
        self._gate = View(self._thinker, self._block(0))

    def writer(self) -> Feed:
        return Feed(self._writer, [5], keep=False)

    def thinker(self) -> Feed:
        return Feed(self._thinker, [6], keep=False)

    def gate(self) -> Feed:
        return Feed(self._gate, list(range(3, 3 + QUESTION_TOKENS)), logits=Logits.LAST, keep=False)

    def release(self) -> None:
        for block in self._blocks:
            self._runner.arena.release(block)

    def _block(self, tokens: int) -> Block:
        block = self._runner.arena.block()
        self._runner.arena.append(block, [3] * tokens)
        self._blocks.append(block)
        return block


def _filled_cache(model: Qwen3ForCausalLM, tokens: int) -> DynamicCache:
    config = model.config
    cache = DynamicCache(config=config)
    shape = (1, config.num_key_value_heads, tokens, config.head_dim)
    for layer in range(config.num_hidden_layers):
        cache.update(torch.randn(shape), torch.randn(shape), layer)
    return cache


def _generate_ms(model: Qwen3ForCausalLM, context: int) -> float:
    """Per token of `generate`, from two lengths, so that its preparation does not count."""
    ids = torch.full((1, context), 3)

    def generate(tokens: int) -> float:
        cache = _filled_cache(model, context - 1)
        return _cpu_ms(
            lambda: model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                past_key_values=cache,
                max_new_tokens=tokens,
                do_sample=False,
                eos_token_id=None,
                pad_token_id=0,
            )
        )

    return (generate(2 + TOKENS_PER_GENERATE) - generate(2)) / TOKENS_PER_GENERATE


def _cpu_ms(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


def run(args: argparse.Namespace, settings: Settings) -> int:
    """`launch.py bench`."""
    torch.set_num_threads(1)
    rows = [row for shape in args.shapes or SHAPES for row in measure(shape, args.context)]
    print_table(rows)
    if args.json is not None:
        write_whole(args.json, as_json(document(rows)))
    return 0


def print_table(rows: Sequence[Row]) -> None:
    """The table on stdout."""
    print("CPU milliseconds per step, one thread, float32, median")
    print(
        f"{'shape':6}{'context':>8}{'HF generate':>13}{'HF forward':>12}{'1 stream':>10}{'2 streams':>11}"
        f"{'2 + gate':>10}{'gate alone':>12}{'2 streams / HF':>16}"
    )
    for row in rows:
        print(
            f"{row.shape:6}{row.context:8}{row.hf_generate:13.2f}{row.hf_forward:12.2f}{row.one_stream:10.2f}"
            f"{row.two_streams:11.2f}{row.two_streams_gate:10.2f}{row.gate_alone:12.2f}{row.ratio:16.2f}"
        )


def document(rows: Sequence[Row]) -> dict[str, Any]:
    """The figures with what they were measured on."""
    return {
        **machine(),
        "rounds": ROUNDS,
        "rows": [asdict(row) | {"ratio": round(row.ratio, 3)} for row in rows],
    }
