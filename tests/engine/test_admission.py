"""Which models are admitted and which refused, by family; nothing may run wrongly, nothing refused may stay changed."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers

from engine import runner as runner_module
from engine.errors import ModelRefused
from engine.rope import Rotation
from engine.rotary import IdentityRotary
from engine.runner import ModelRunner
from engine.view import Feed, Logits, Slice, View
from tests.engine.models import YARN, own_logits, tiny_model, tokens

HEAD = {"head_dim": 32}
EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": 32}
LOCAL = {**HEAD, "sliding_window": 24, "num_hidden_layers": 4}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 5e5,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}
LATENT = {
    "num_key_value_heads": 4,
    "q_lora_rank": 32,
    "kv_lora_rank": 32,
    "qk_rope_head_dim": 16,
    "qk_nope_head_dim": 16,
    "v_head_dim": 24,
    "first_k_dense_replace": 2,
    "n_routed_experts": 8,
    **EXPERTS,
}
Family = tuple[str, dict[str, Any]]

ADMITTED: list[Family] = [
    ("Qwen3", HEAD),
    ("Qwen3", {**HEAD, "rope_parameters": YARN}),
    ("Qwen2", {}),
    ("Qwen3Moe", {**HEAD, **EXPERTS, "num_experts": 4}),
    ("Llama", HEAD),
    ("Llama", {**HEAD, "rope_parameters": LLAMA3}),
    ("Llama", {**HEAD, "rope_parameters": {"rope_type": "linear", "rope_theta": 1e4, "factor": 4.0}}),
    ("Mistral", {**HEAD, "sliding_window": 24}),
    ("Gemma3Text", {**LOCAL, "query_pre_attn_scalar": 32, "num_hidden_layers": 6}),
    ("GptOss", {**LOCAL, "num_local_experts": 4, "num_experts_per_tok": 2}),
    ("Cohere", {}),
    ("GPTNeoX", {}),
]
ADMITTED_SLOWLY: list[Family] = [
    ("Mistral", {**HEAD, "sliding_window": None}),
    ("Ministral", {**HEAD, "sliding_window": 24}),
    ("Mixtral", {**HEAD, "num_local_experts": 4, "sliding_window": None}),
    ("Phi3", {}),
    ("Phi", {}),
    ("Gemma", HEAD),
    ("Gemma2", {**LOCAL, "query_pre_attn_scalar": 32}),
    ("Gemma4Text", {**LOCAL, "num_hidden_layers": 6, "vocab_size_per_layer_input": 257}),
    ("Olmoe", {"num_experts": 4, "num_experts_per_tok": 2}),
    ("Olmo2", {}),
    ("Olmo3", {"sliding_window": 24, "num_hidden_layers": 4}),
    ("Granite", {}),
    ("Cohere2", {"sliding_window": 24, "num_hidden_layers": 4}),
    ("Glm", HEAD),
    ("Glm4", HEAD),
    ("SmolLM3", {"num_hidden_layers": 4}),
    ("SeedOss", HEAD),
    ("Ernie4_5", HEAD),
    ("Exaone4", LOCAL),
    ("Starcoder2", {}),
    ("Qwen2Moe", {**EXPERTS, "num_experts": 4, "shared_expert_intermediate_size": 32}),
    ("DeepseekV2", LATENT),
    ("DeepseekV3", {**LATENT, "n_group": 2, "topk_group": 1}),
]
DYNAMIC = {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}
LONGROPE = {
    "rope_type": "longrope",
    "rope_theta": 1e4,
    "short_factor": [1.0] * 8,
    "long_factor": [2.0] * 8,
    "original_max_position_embeddings": 4096,
}
REFUSED: list[tuple[Family, str]] = [
    (("Llama", {**HEAD, "rope_parameters": DYNAMIC}), "'dynamic' RoPE changes with the length"),
    (("Phi3", {"original_max_position_embeddings": 4096, "rope_parameters": LONGROPE}), "'longrope' RoPE changes"),
    (("Ministral3", HEAD), "once position 32767 is in the batch"),
    (("HunYuanDenseV1", HEAD), "do not turn with their position"),
    (("Lfm2", {"layer_types": ["conv", "full_attention"]}), "layers, \\[0\\] do not attend"),
    (("Llama4Text", {**HEAD, "num_local_experts": 2, "intermediate_size_mlp": 64}), "own mask says otherwise"),
    (("Bloom", {"n_head": 4, "n_layer": 2}), "do not attend through AttentionInterface"),
    (("GPT2", {"n_embd": 64, "n_head": 4, "n_layer": 2}), "do not turn with their position"),
    (("StableLm", {}), "does not pass keyword arguments"),
]
NOT_REPLACED = "do not attend through AttentionInterface"
WINDOWED_MOE = {"use_sliding_window": True, "sliding_window": 24}
REFUSED_SLOWLY: list[tuple[Family, str]] = [
    (("OPT", {}), "do not turn with their position"),
    (("Nemotron", {}), "does not pass keyword arguments"),
    (("Mamba", {}), NOT_REPLACED),
    (("Mpt", {"d_model": 64, "n_heads": 4, "n_layers": 2}), NOT_REPLACED),
    (("Falcon", {}), NOT_REPLACED),
    (("GPTJ", {"n_embd": 64, "n_head": 4, "n_layer": 2, "rotary_dim": 8}), NOT_REPLACED),
    (("Jamba", {"num_experts": 2}), NOT_REPLACED),
    (("Qwen3_5Text", {**HEAD, "num_hidden_layers": 4}), NOT_REPLACED),
    (("MiniMax", {**HEAD, "num_hidden_layers": 4, "num_local_experts": 2}), NOT_REPLACED),
    (("Qwen3Next", {**HEAD, **EXPERTS, "num_hidden_layers": 4, "num_experts": 4}), NOT_REPLACED),
    (("Qwen2Moe", {**EXPERTS, **WINDOWED_MOE, "num_experts": 4}), "own mask says otherwise"),
    (("Phimoe", {"num_local_experts": 4, "sliding_window": 24}), "own mask says otherwise"),
]


def label(value: Any) -> str | None:
    """A readable name for a family and its options in the tests' ids."""
    match value:
        case (str(name), dict(options)):
            details = [options["rope_parameters"]["rope_type"]] if "rope_parameters" in options else []
            return "-".join([name, *details])
        case _:
            return ""


slowly = pytest.mark.slow
admitted = [*ADMITTED, *[pytest.param(family, marks=slowly) for family in ADMITTED_SLOWLY]]
refused = [*REFUSED, *[pytest.param(family, reason, marks=slowly) for family, reason in REFUSED_SLOWLY]]


@pytest.mark.parametrize("rotation", list(Rotation))
@pytest.mark.parametrize("family", admitted, ids=label)
def test_an_admitted_family_runs_as_its_own_attention_does(family: Family, rotation: Rotation) -> None:
    name, options = family
    if (name, rotation) == ("DeepseekV2", Rotation.DIRECT):
        pytest.skip("its rotary module returns complex numbers: only composed rotation is possible")
    text = tokens(60)
    model = tiny_model(name, **options)
    expected = own_logits(model, text)
    runner = ModelRunner(model, 512, rotation)
    blocks = [runner.arena.block() for _ in range(3)]
    found = runner.run([Feed(View(blocks[0]), text[:20], logits=Logits.ALL)])
    found += runner.run([Feed(View(*blocks[:2]), text[20:45], logits=Logits.ALL)])
    for token in text[45:]:
        found += runner.run([Feed(View(*blocks), [token])])
    logits = torch.cat([part for part in found if part is not None])
    assert (logits - expected).abs().max() < 2e-4 * expected.abs().max()


@pytest.mark.parametrize("rotation", list(Rotation))
@pytest.mark.parametrize("family", ADMITTED, ids=label)
def test_in_one_layer_any_view_equals_its_tokens_in_a_row(family: Family, rotation: Rotation) -> None:
    """The keys of a single layer do not depend on context, so the model's own forward is the oracle for every view."""
    name, options = family
    model = tiny_model(name, **{**options, "num_hidden_layers": 1})
    own = tiny_model(name, **{**options, "num_hidden_layers": 1})
    runner = ModelRunner(model, 512, rotation)
    first, second, third = (runner.arena.block() for _ in range(3))
    runner.run([Feed(View(block), tokens(30, seed)) for seed, block in enumerate((first, second, third))])
    for view in (View(second, first, third), View(third, Slice(second, 4, 21), first), View(Slice(second, 7), third)):
        expected = own_logits(own, [*view.token_ids(), *tokens(5)])[-5:]
        (found,) = runner.run([Feed(view, tokens(5), logits=Logits.ALL, keep=False)])
        assert found is not None
        assert (found - expected).abs().max() < 2e-4 * expected.abs().max()


@pytest.mark.parametrize("rotation", list(Rotation))
@pytest.mark.parametrize(("family", "reason"), refused, ids=label)
def test_a_family_that_would_run_wrongly_is_refused_and_left_as_it_was(
    family: Family, reason: str, rotation: Rotation
) -> None:
    name, options = family
    model = tiny_model(name, **options)
    attention = model.config._attn_implementation
    with pytest.raises(ModelRefused, match=reason) as caught:
        ModelRunner(model, 256, rotation)
    assert "\n" not in str(caught.value)
    assert model.config._attn_implementation == attention
    assert not any(isinstance(module, IdentityRotary) for module in model.modules())


def test_an_encoder_decoder_model_is_refused() -> None:
    model = transformers.T5ForConditionalGeneration(
        transformers.T5Config(d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=2, vocab_size=50)
    )
    with pytest.raises(ModelRefused, match="encoder-decoder"):
        ModelRunner(model, 256)


@pytest.mark.parametrize("rotation", list(Rotation))
def test_a_model_refused_by_the_self_test_gets_its_rotation_and_attention_back(
    rotation: Rotation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "SELF_TEST_TOLERANCE", {torch.float32: 0.0})
    model = tiny_model()
    rotary, expected = model.model.rotary_emb, own_logits(model, tokens(20))
    with pytest.raises(ModelRefused, match="differ from those of its own attention"):
        ModelRunner(model, 256, rotation)
    assert model.model.rotary_emb is rotary
    assert torch.equal(own_logits(model, tokens(20)), expected)


def test_a_direct_load_that_the_rotary_module_does_not_allow_is_refused_and_undone() -> None:
    model = tiny_model("DeepseekV2", **LATENT)
    rotary = model.model.rotary_emb
    with pytest.raises(ModelRefused, match="does not return"):
        ModelRunner(model, 256, Rotation.DIRECT)
    assert model.model.rotary_emb is rotary
    ModelRunner(model, 256, Rotation.COMPOSED)


def test_a_model_that_another_runner_has_is_refused() -> None:
    model = tiny_model()
    runner = ModelRunner(model, 256)
    with pytest.raises(ModelRefused, match="another ModelRunner has it"):
        ModelRunner(model, 256, Rotation.DIRECT)
    runner.close()
    ModelRunner(model, 256, Rotation.DIRECT)
