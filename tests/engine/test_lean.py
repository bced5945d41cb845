"""The lean forward pass gives what the model's own gives, and leaves the model as it was."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from engine.errors import ModelRefused
from engine.lean import Norm
from engine.runner import Attention, Forward, ModelRunner
from engine.view import Feed, Logits, View
from tests.engine.models import YARN, exact_model, own_logits, tiny_model, tokens
from tests.engine.test_reference_attention import some_steps

LEAN: dict[str, tuple[str, dict[str, Any]]] = {
    "norms of heads": ("Qwen3", {}),
    "YaRN": ("Qwen3", {"rope_parameters": YARN}),
    "one embedding for input and output": ("Qwen3", {"tie_word_embeddings": True}),
    "one head per key head": ("Llama", {"num_key_value_heads": 4}),
    "biases": ("Qwen2", {}),
    "sliding window": ("Mistral", {"head_dim": 32, "sliding_window": 12}),
    "layers without rotation": ("SmolLM3", {"num_hidden_layers": 4}),
}
OTHERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "more norms": ("Gemma2", {"head_dim": 32, "query_pre_attn_scalar": 32}, "each behind a norm"),
    "no such modules": ("GPTNeoX", {}, "lm_head"),
    "projections in one": ("Phi3", {}, "each behind a norm"),
    "it only looks the part": ("Granite", {"residual_multiplier": 0.5}, "logits would differ"),
}


def compared(model: Any) -> tuple[list[Tensor], list[Tensor]]:
    """Logits of steps that use every way to see a block: lean, and by the model's own forward pass, the slow way."""
    found = []
    for forward, attention in ((Forward.LEAN, Attention.FAST), (Forward.OWN, Attention.REFERENCE)):
        runner = ModelRunner(model, 1024, attention=attention, forward=forward)
        found.append(some_steps(runner))
        runner.close()
    return found[0], found[1]


def error(found: list[Tensor], expected: list[Tensor]) -> float:
    """The largest difference, relative to the largest logit."""
    largest = max(float(logits.abs().max()) for logits in expected)
    return max(float((a - b).abs().max()) for a, b in zip(found, expected, strict=True)) / largest


@pytest.mark.parametrize("kind", LEAN)
def test_the_lean_forward_pass_equals_the_models_own(kind: str) -> None:
    family, options = LEAN[kind]
    assert error(*compared(tiny_model(family, **options))) < 1e-5
    if family == "Qwen3" and not options.get("rope_parameters"):
        assert error(*compared(exact_model(family, **options))) < 1e-13


@pytest.mark.parametrize("window", [None, 12])
def test_rows_whose_logits_nobody_wants_are_stored_all_the_same(window: int | None) -> None:
    """Long and short feeds in any order, some without logits: what later steps see of them is the same."""
    model = tiny_model(*(("Mistral",) if window else ()), **({"head_dim": 32, "sliding_window": 12} if window else {}))
    found: list[list[Tensor]] = []
    for forward in (Forward.LEAN, Forward.OWN):
        runner = ModelRunner(model, 2048, forward=forward)
        first, second, third, question = (runner.arena.block() for _ in range(4))
        logits = runner.run(
            [
                Feed(View(first), tokens(150, 1)),
                Feed(View(first, second), tokens(3, 2), logits=Logits.ALL),
                Feed(View(first, second, third), tokens(70, 3), logits=Logits.NONE),
                Feed(View(first, second, question), tokens(20, 4), keep=False),
            ]
        )
        logits += runner.run([Feed(View(third), tokens(9, 5), logits=Logits.NONE)])
        logits += runner.run([Feed(View(first, second, third), [7]), Feed(View(third, second), [8])])
        found.append([one for one in logits if one is not None])
        runner.close()
    assert [len(one) for one in found[0]] == [1, 3, 1, 1, 1] and error(*found) < 1e-5


def test_half_precision_is_as_lean() -> None:
    assert error(*compared(tiny_model(dtype=torch.bfloat16))) < 0.05


@pytest.mark.parametrize("kind", OTHERS)
def test_a_model_of_another_shape_runs_by_its_own_forward_pass(kind: str) -> None:
    family, options, reason = OTHERS[kind]
    model = tiny_model(family, **options)
    runner = ModelRunner(model, 512)
    assert runner.not_lean is not None and reason in runner.not_lean
    (found,) = runner.run([Feed(View(runner.arena.block()), tokens(20), logits=Logits.ALL)])
    runner.close()
    expected = own_logits(model, tokens(20))
    assert found is not None and (found - expected).abs().max() < 1e-4 * expected.abs().max()
    with pytest.raises(ModelRefused, match=f"no lean forward pass.*{reason}"):
        ModelRunner(model, 512, forward=Forward.LEAN)


def test_weights_keep_their_values_and_are_stored_once() -> None:
    model = tiny_model()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    size = stored_bytes(model)
    runner = ModelRunner(model, 256)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert stored_bytes(model) == size
    runner.close()
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]) and tensor.is_contiguous()
    assert stored_bytes(model) == size


def stored_bytes(model: Any) -> int:
    storages = {p.untyped_storage().data_ptr(): p.untyped_storage().nbytes() for p in model.parameters()}
    return sum(storages.values())


def test_a_model_that_somebody_hooks_into_or_that_fails_lean_runs_by_its_own_forward_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = tiny_model()
    hook = model.model.layers[0].mlp.register_forward_hook(lambda *_: None)
    runner = ModelRunner(model, 256)
    assert runner.not_lean == "somebody hooks into its modules"
    hook.remove()
    runner.close()

    def fail(*_: object) -> Tensor:
        raise RuntimeError("no such\nkernel")

    monkeypatch.setattr("engine.lean.normed", fail)
    monkeypatch.setattr("engine.lean.norm_of", lambda module: Norm(module.weight, 1e-6))
    runner = ModelRunner(model, 256)
    assert runner.not_lean == "the self-test at load failed (RuntimeError: no such kernel)"
    assert not runner.arena.blocks and runner.self_test_error < 1e-4


def test_a_wrapped_projection_keeps_a_model_from_being_lean() -> None:
    class Wrapped(torch.nn.Linear):
        pass

    model = tiny_model()
    attention = model.model.layers[1].self_attn
    wrapped = Wrapped(64, 64, bias=False)
    wrapped.weight = torch.nn.Parameter(attention.k_proj.weight.detach().clone())
    attention.k_proj = wrapped
    assert ModelRunner(model, 256).not_lean == "its projections are not plain linear layers"
