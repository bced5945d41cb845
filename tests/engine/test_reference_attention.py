"""The fast attention equals the slow reference, for every feature an attention layer may have."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from engine import tile
from engine.rope import Rotation
from engine.runner import Attention, ModelRunner
from engine.view import Feed, Logits, Sees, Slice, View
from tests.engine.models import YARN, tiny_model, tokens

FEATURES: dict[str, tuple[str, dict[str, Any]]] = {
    "grouped queries": ("Qwen3", {}),
    "one head per key head": ("Qwen3", {"num_key_value_heads": 4}),
    "YaRN": ("Qwen3", {"rope_parameters": YARN}),
    "sliding window": ("Mistral", {"head_dim": 32, "sliding_window": 12}),
    "windowed and full layers, two ropes": (
        "Gemma3Text",
        {"head_dim": 32, "sliding_window": 12, "query_pre_attn_scalar": 32, "num_hidden_layers": 6},
    ),
    "softcap": ("Gemma2", {"head_dim": 32, "sliding_window": 12, "query_pre_attn_scalar": 32}),
    "sinks": (
        "GptOss",
        {"head_dim": 32, "sliding_window": 12, "num_local_experts": 2, "num_experts_per_tok": 1},
    ),
    "part of the head rotates": ("GPTNeoX", {}),
    "neighbouring dimensions turn": ("Cohere", {}),
    "layers without rotation": ("SmolLM3", {"num_hidden_layers": 4}),
    "values narrower than keys": (
        "DeepseekV3",
        {
            "num_key_value_heads": 4,
            "q_lora_rank": 32,
            "kv_lora_rank": 32,
            "qk_rope_head_dim": 16,
            "qk_nope_head_dim": 16,
            "v_head_dim": 24,
            "first_k_dense_replace": 2,
            "moe_intermediate_size": 32,
            "n_routed_experts": 8,
            "n_group": 2,
            "topk_group": 1,
            "num_experts_per_tok": 2,
        },
    ),
}


def some_steps(runner: ModelRunner) -> list[Tensor]:
    """Logits of a few steps that use every way to see a block; blocks of two conversations."""
    prompt, mine, theirs, question, other = (runner.arena.block(str(index)) for index in range(5))
    find = Logits.ALL
    steps = [
        [Feed(View(prompt), tokens(30, 1), logits=find), Feed(View(other), tokens(9, 2), logits=find)],
        [Feed(View(prompt, theirs, mine), tokens(3, 3), logits=find), Feed(View(prompt, theirs), tokens(2, 4))],
        [
            Feed(View(prompt, theirs, mine), tokens(1, 5), logits=find),
            Feed(View(Slice(prompt, 3, 20), mine, theirs), tokens(1, 6), Sees.BEFORE, find),
            Feed(View(Slice(prompt, 0, 5), Slice(prompt, 9), theirs, question), tokens(14, 7), keep=False, logits=find),
            Feed(View(other), tokens(1, 8)),
        ],
        [Feed(View(theirs, prompt, Slice(mine, 2)), tokens(1, 9)), Feed(View(other), tokens(20, 10), logits=find)],
    ]
    return [logits for feeds in steps for logits in runner.run(feeds) if logits is not None]


@pytest.mark.parametrize("rotation", list(Rotation))
@pytest.mark.parametrize("feature", FEATURES)
def test_fast_attention_equals_the_reference(feature: str, rotation: Rotation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        tile, "CPU_TILES", tile.TileSizes(sharing=8, own=16)
    )  # so that feeds are cut into several tiles
    family, options = FEATURES[feature]
    dtype = torch.float32 if family == "GptOss" else torch.float64  # its experts take no float64
    model = tiny_model(family, dtype, **options)
    found, expected = [], []
    for logits, attention in ((found, Attention.FAST), (expected, Attention.REFERENCE)):
        runner = ModelRunner(model, 1024, rotation, attention)
        logits += some_steps(runner)
        runner.close()
    largest = max(float(logits.abs().max()) for logits in expected)
    error = max(float((a - b).abs().max()) for a, b in zip(found, expected, strict=True))
    assert error < 1e-5 * largest  # some families take norms, routers or tables in float32


@pytest.mark.parametrize("rotation", list(Rotation))
def test_a_closed_runner_leaves_the_model_as_it_was(rotation: Rotation) -> None:
    model = tiny_model()
    text = torch.tensor([tokens(20)])
    with torch.inference_mode():
        before = model(text).logits
        ModelRunner(model, 256, rotation).close()
        assert torch.equal(model(text).logits, before)
