"""Admission: find out how a model rotates queries and keys, and refuse what would run wrongly on shared blocks.

All by observation. With attention replaced by a function that returns zeros, nothing mixes positions; so the same
token at position p must reach every layer's attention as its rotation by p. Any other dependence on position (ALiBi,
learned positions, length-dependent RoPE, recurrent or convolutional layers, queries scaled by position) shows as a
difference.
The model is left as it was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from engine.arena import LayerShape
from engine.errors import ModelRefused
from engine.probe import Call, Probe, hides_all_but_window, observe
from engine.rope import Pairing, Rope, make_spin
from engine.rotary import own_rotary
from engine.traits import LayerTraits, ModelTraits

NEAR_POSITIONS = (0, 1, 2, 3, 17, 100)
LENGTH_DEPENDENT_ROPE = {"dynamic", "longrope"}
# Arguments of an attention call whose meaning the engine implements, or that carry none.
KNOWN_ARGUMENTS = {
    "cache_position", "dropout", "is_causal", "logits_to_keep", "output_attentions", "output_hidden_states",
    "output_router_logits", "position_ids", "return_dict", "s_aux", "scaling", "sliding_window", "softcap", "step",
    "use_cache",
}  # fmt: skip
ROTATION_TOLERANCE = {torch.bfloat16: 3e-2, torch.float16: 5e-3}  # relative; else 2e-4
ANGLE_ROUNDING = 5e-7  # relative error per position of angles that models compute in float32


def inspect_model(model: Any) -> ModelTraits:
    """Observe the model; raises `ModelRefused` with the reason."""
    config = model.config.get_text_config()
    refuse_by_config(model, config)
    limit = getattr(config, "max_position_embeddings", None)
    far = (limit or 4096) - 1
    near_positions = list(NEAR_POSITIONS)
    far_positions = [*NEAR_POSITIONS, far // 2, far]
    with own_rotary(model):
        near_calls = observed_calls(model, Probe.PLAIN, near_positions)
        far_calls = observed_calls(model, Probe.PLAIN, far_positions)
        masked_calls = observed_calls(model, Probe.MASKED, range(8))
        candidates = list(frequency_buffers(model))
    layers = []
    for near, distant, masked in zip(near_calls, far_calls, masked_calls, strict=True):
        require_plain_call(model, near)
        rope = find_rope(model, near, near_positions, candidates)
        require_same_rope_far_away(model, distant, rope, far_positions)
        layers.append(layer_traits(near, rope))
        require_window_mask(model, masked, layers[-1].window, far)
    return ModelTraits(tuple(layers), near_calls[0].key.dtype, int(config.vocab_size), limit and int(limit))


def refusal(model: Any, reason: str) -> ModelRefused:
    return ModelRefused(f"{type(model).__name__} cannot run on shared blocks: {reason}")


def refuse_by_config(model: Any, config: Any) -> None:
    """What a model says of itself and a probe at one length could not show."""
    if getattr(config, "is_encoder_decoder", False):
        raise refusal(model, "it is an encoder-decoder model; choose a decoder-only one")
    parameters = getattr(config, "rope_parameters", None) or {}
    nested = [value for value in parameters.values() if isinstance(value, dict)]
    kinds = {str(entry.get("rope_type")) for entry in [parameters, *nested]}
    for kind in sorted(kinds & LENGTH_DEPENDENT_ROPE):
        raise refusal(
            model,
            f"its {kind!r} RoPE changes with the length of the sequence, so stored keys cannot be reused; "
            "set another rope_type in the model's config.json",
        )


def observed_calls(model: Any, kind: Probe, positions: Sequence[int]) -> list[Call]:
    """The attention call of every layer, in order; raises `ModelRefused` if some layer does not make one."""
    try:
        calls = observe(model, kind, positions)
    except Exception as error:  # whatever a foreign model raises, the answer is the same
        found = f"{type(error).__name__}: {str(error)[:200]}"
        raise refusal(model, f"it does not run with another attention function ({found})") from error
    require_every_layer(model, calls, model.config.get_text_config().num_hidden_layers)
    return calls


def require_every_layer(model: Any, calls: Sequence[Call], layer_count: int) -> None:
    layers = [getattr(call.module, "layer_idx", None) for call in calls]
    if layers != list(range(layer_count)):
        missing = sorted(set(range(layer_count)) - {layer for layer in layers if layer is not None})
        raise refusal(
            model,
            f"of its {layer_count} layers, {missing or layers} do not attend through AttentionInterface "
            "(linear, convolutional or recurrent layers, ALiBi, or an attention of their own)",
        )


def require_plain_call(model: Any, call: Call) -> None:
    """The layer is causal attention with arguments the engine knows."""
    layer = call.module.layer_idx
    if call.mask is not None:
        raise refusal(model, f"layer {layer} is given an attention mask")
    if call.arguments.get("is_causal") is False or not getattr(call.module, "is_causal", True):
        raise refusal(model, f"layer {layer} is not causal")
    unknown = sorted(
        name for name, value in call.arguments.items() if name not in KNOWN_ARGUMENTS and value is not None
    )
    if unknown:
        raise refusal(model, f"layer {layer} passes attention arguments of unknown meaning: {', '.join(unknown)}")
    if call.query.shape[-1] != call.key.shape[-1] or call.query.shape[0] % call.key.shape[0]:
        raise refusal(model, f"layer {layer} has queries {tuple(call.query.shape)} and keys {tuple(call.key.shape)}")


def require_window_mask(model: Any, call: Call, window: int | None, far: int) -> None:
    """The model's own mask hides what the engine hides: later tokens, and those `window` or more tokens back."""
    if call.mask is None or not hides_all_but_window(call.mask, window, far):
        seen = "all earlier tokens" if window is None else f"the last {window} tokens"
        raise refusal(
            model,
            f"layer {call.module.layer_idx} should see {seen}, but the model's own mask says otherwise "
            "(chunked or two-way attention, or a window that is not passed on)",
        )


def frequency_buffers(model: Any) -> Iterator[tuple[Tensor, float]]:
    """Every table of rotary frequencies in the model (float64) with the gain the model applies with it."""
    for module in model.modules():
        tables = dict(module.named_buffers(recurse=False))
        if not any("inv_freq" in name for name in tables) and isinstance(getattr(module, "inv_freq", None), Tensor):
            tables["inv_freq"] = module.inv_freq
        for name, table in tables.items():
            if name.endswith("inv_freq") and "original" not in name:
                shared_gain = getattr(module, "attention_scaling", 1.0)
                gain = getattr(module, name.replace("inv_freq", "attention_scaling"), shared_gain)
                yield table.double(), float(gain) if isinstance(gain, int | float) else 1.0


def rope_candidates(head_dim: int, tables: Sequence[tuple[Tensor, float]], device: torch.device) -> Iterator[Rope]:
    """Every way the model's frequencies could lie in its heads; last, no rotation at all."""
    for frequencies, gain in tables:
        rest = head_dim - 2 * frequencies.numel()
        if rest >= 0:
            for pairing in Pairing:
                for first_dim in sorted({0, rest}):
                    yield Rope(frequencies, pairing, head_dim, first_dim, gain)
    yield Rope(torch.zeros(0, dtype=torch.float64, device=device), Pairing.HALVES, head_dim)


def find_rope(model: Any, call: Call, positions: Sequence[int], tables: Sequence[tuple[Tensor, float]]) -> Rope:
    """The rotation that explains the layer's queries and keys; raises `ModelRefused` if none does."""
    tolerance = ROTATION_TOLERANCE.get(call.query.dtype, 2e-4)
    for rope in rope_candidates(call.query.shape[-1], tables, call.query.device):
        if rotation_error(call, rope, positions) < tolerance:
            return rope
    layer = call.module.layer_idx
    raise refusal(
        model,
        f"in layer {layer} queries and keys do not turn with their position as plain RoPE does "
        "(no or learned positions, ALiBi, a norm after the rotation, or scaling by position)",
    )


def require_same_rope_far_away(model: Any, call: Call, rope: Rope, positions: Sequence[int]) -> None:
    tolerance = max(ROTATION_TOLERANCE.get(call.query.dtype, 2e-4), ANGLE_ROUNDING * max(positions))
    if not rotation_error(call, rope, positions) < tolerance:
        raise refusal(
            model,
            f"layer {call.module.layer_idx} rotates differently once position {max(positions)} is in the batch "
            "(frequencies that depend on the length, or queries scaled by position)",
        )


def rotation_error(call: Call, rope: Rope, positions: Sequence[int]) -> float:
    """How far q and k at all positions are from those at position 0 turned by `rope`, relative to the largest entry."""
    seen = torch.cat([call.query, call.key]).double()
    angles = torch.tensor(positions, dtype=torch.float64, device=seen.device)
    expected = make_spin(rope, angles, torch.float64).apply(seen[:, :1].expand_as(seen))
    return float((expected - seen).abs().max() / seen.abs().max().clamp_min(1e-9))


def layer_traits(call: Call, rope: Rope) -> LayerTraits:
    kv_heads, _, key_dim = call.key.shape
    scale, window = call.arguments.get("scaling"), call.arguments.get("sliding_window")
    return LayerTraits(
        rope=rope,
        shape=LayerShape(kv_heads, key_dim, call.value.shape[-1]),
        group=call.query.shape[0] // kv_heads,
        scale=float(key_dim**-0.5 if scale is None else scale),
        window=None if window is None else int(window),
        plain_scores=all(call.arguments.get(name) is None for name in ("softcap", "s_aux"))
        and getattr(call.module, "sinks", None) is None,
    )
