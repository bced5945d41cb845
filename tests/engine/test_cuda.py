"""The engine on a GPU gives what it gives on the CPU."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.rope import Rotation
from engine.runner import Attention, ModelRunner
from engine.view import Feed, Logits, Sees, View
from tests.engine.models import tiny_model, tokens

pytestmark = pytest.mark.gpu


def some_logits(device: str, dtype: torch.dtype, rotation: Rotation, attention: Attention = Attention.FAST) -> Tensor:
    """A long prompt, then a shared step of two streams and a folded question."""
    runner = ModelRunner(tiny_model(dtype=dtype).to(device), 4096, rotation, attention)
    prompt, thoughts, output, question = (runner.arena.block() for _ in range(4))
    found = runner.run([Feed(View(prompt), tokens(300), logits=Logits.ALL)])
    found += runner.run(
        [
            Feed(View(prompt, output, thoughts), tokens(2, 1)),
            Feed(View(prompt, thoughts, output), tokens(1, 2)),
            Feed(View(prompt, output, thoughts, question), tokens(25, 3), Sees.BEFORE, Logits.ALL, keep=False),
        ]
    )
    return torch.cat([logits for logits in found if logits is not None]).cpu()


@pytest.mark.parametrize("rotation", list(Rotation))
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-3), (torch.float64, 1e-4), (torch.bfloat16, 1.0)])
def test_a_gpu_gives_the_logits_of_the_cpu(dtype: torch.dtype, tolerance: float, rotation: Rotation) -> None:
    expected = some_logits("cpu", dtype, rotation)
    assert (some_logits("cuda", dtype, rotation) - expected).abs().max() < tolerance


@pytest.mark.parametrize("rotation", list(Rotation))
def test_fast_attention_equals_the_reference_on_a_gpu(rotation: Rotation) -> None:
    expected = some_logits("cuda", torch.float32, rotation, Attention.REFERENCE)
    assert (some_logits("cuda", torch.float32, rotation) - expected).abs().max() < 1e-3
