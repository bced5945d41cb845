"""The lean forward pass: that of the common decoder, over the model's own weights, without a library's wrappers.

    x = embed(tokens);  x += attention(norm(x)), x += mlp(norm(x)) for every layer;  logits = head(norm(x))

At small sizes most of a step is not arithmetic but calls: rotations of one vector, norms in eight operations, layers of
Python. Here projections that read the same input are one product, keys are turned where they are stored, and the last
layer goes on only with rows whose logits are wanted. Whether a model is of this shape is found by looking at its
modules, and proved by comparing logits with its own forward pass when it is loaded (runner.py). Others keep their own.
Shape letters: see engine/__init__.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import Linear
from torch.nn.functional import linear, rms_norm

from engine.attention import attend_rows
from engine.step import Step, Wanted
from engine.traits import LayerTraits
from engine.weights import is_plain, lay_apart, lay_side_by_side

LAYER_PARTS = {"self_attn", "input_layernorm", "post_attention_layernorm", "mlp"}
ATTENTION_PARTS = {"q_proj", "k_proj", "v_proj", "o_proj"}
HEAD_NORMS = {"q_norm", "k_norm"}
MLP_PARTS = {"gate_proj", "up_proj", "down_proj", "act_fn"}
NORM_TOLERANCE = 2e-2  # of one norm, relative; half precision rounds once more in some. The logits prove the rest


class NotLean(Exception):
    """The model is not of the common shape; why, in a few words."""


@dataclass(frozen=True, slots=True, eq=False)
class Norm:
    """x / rms(x) * weight, over the last dimension."""

    weight: Tensor
    epsilon: float

    def __call__(self, x: Tensor) -> Tensor:
        return normed(x, self.weight, self.epsilon)


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """x @ weight.T + bias."""

    weight: Tensor
    bias: Tensor | None

    def __call__(self, x: Tensor) -> Tensor:
        return linear(x, self.weight, self.bias)


@dataclass(frozen=True, slots=True, eq=False)
class HeadNorm:
    """The norms of query and key heads at once. weight: [H + K, D]."""

    weight: Tensor
    epsilon: float

    def __call__(self, heads: Tensor) -> Tensor:
        """heads [T, H + K, D]."""
        return normed(heads, self.weight, self.epsilon)


def normed(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """x [..., D] / rms(x) * weight, in few operations on x itself: each is a call, and dear where x is small."""
    if x.dtype not in (torch.float32, torch.float64):  # a sum of squares needs more digits than these have
        return rms_norm(x, x.shape[-1:], None, epsilon).mul_(weight)
    squares = torch.linalg.vector_norm(x, dim=-1, keepdim=True).square_()
    return (x * squares.div_(x.shape[-1]).add_(epsilon).rsqrt_()).mul_(weight)


@dataclass(frozen=True, slots=True, eq=False)
class LeanLayer:
    """One layer. heads: H and K; act: of the gated MLP, whose product gives [gate | up]."""

    index: int
    heads: tuple[int, int]
    key_dim: int
    before_attention: Norm
    projections: Product
    head_norm: HeadNorm | None
    mixed: Product
    before_mlp: Norm
    gate_and_up: Product
    act: Callable[[Tensor], Tensor]
    down: Product

    def __call__(self, x: Tensor, step: Step, wanted: Wanted | None) -> Tensor:
        """x [T, width] -> the same, or only the wanted rows of it."""
        query_heads, kv_heads = self.heads
        count, turning = len(x), (query_heads + kv_heads) * self.key_dim
        projected = self.projections(self.before_attention(x))
        heads = projected[:, :turning].view(count, -1, self.key_dim)
        if self.head_norm is not None:
            heads = self.head_norm(heads)
        query, key = heads.transpose(0, 1).split(self.heads)
        value = projected[:, turning:].view(count, kv_heads, -1).transpose(0, 1)
        seen = attend_rows(self.index, query, key, value, step, wanted=wanted).flatten(1)
        if wanted is not None:
            x = x.index_select(0, wanted.rows)
        x = x + self.mixed(seen)
        gate, up = self.gate_and_up(self.before_mlp(x)).chunk(2, -1)
        return x + self.down(self.act(gate) * up)


class Lean:
    """The forward pass of one model. Raises `NotLean` if it is of another shape; then nothing has changed."""

    def __init__(self, model: Any, traits: Sequence[LayerTraits]) -> None:
        body: Any = getattr(model, "model", None)
        head: Any = getattr(model, "lm_head", None)
        if not all(hasattr(body, name) for name in ("embed_tokens", "layers", "norm")) or head is None:
            raise NotLean("it has no model.embed_tokens, model.layers, model.norm and lm_head")
        require_untouched(model)
        for module, layer in zip(body.layers, traits, strict=True):
            require_common_shape(module, layer)
        self._embed, self._head, self._norm = body.embed_tokens, head, norm_of(body.norm)
        self._linears: list[Linear] = []
        pairs = enumerate(zip(body.layers, traits, strict=True))
        self._layers = [self._layer(module, layer, index) for index, (module, layer) in pairs]
        if is_plain(head) and head.weight is not getattr(body.embed_tokens, "weight", None):
            self._merge([head])

    def close(self) -> None:
        """Give the model its weights back as they were laid out."""
        lay_apart(self._linears)
        self._linears = []

    def __call__(self, input_ids: Tensor, step: Step, rows: Tensor) -> Tensor:
        """input_ids [T], rows [n] whose logits are wanted -> logits [n, V]."""
        x: Tensor = self._embed(input_ids)
        last = len(self._layers) - 1
        for layer in self._layers:
            x = layer(x, step, step.wanted if layer.index == last else None)
        picked = x.index_select(0, rows if step.wanted is None else step.wanted.order)
        logits: Tensor = self._head(self._norm(picked))
        return logits

    def _merge(self, linears: Sequence[Linear]) -> Product:
        self._linears += linears
        return Product(*lay_side_by_side(linears))

    def _layer(self, module: Any, traits: LayerTraits, index: int) -> LeanLayer:
        attention, mlp = module.self_attn, module.mlp
        heads = (traits.group * traits.shape.kv_heads, traits.shape.kv_heads)
        return LeanLayer(
            index=index,
            heads=heads,
            key_dim=traits.shape.key_dim,
            before_attention=norm_of(module.input_layernorm),
            projections=self._merge([attention.q_proj, attention.k_proj, attention.v_proj]),
            head_norm=head_norm_of(attention, heads),
            mixed=self._merge([attention.o_proj]),
            before_mlp=norm_of(module.post_attention_layernorm),
            gate_and_up=self._merge([mlp.gate_proj, mlp.up_proj]),
            act=mlp.act_fn,
            down=self._merge([mlp.down_proj]),
        )


def require_untouched(model: torch.nn.Module) -> None:
    """Raises `NotLean` if calling the modules does more than their arithmetic: hooks, or several devices."""
    if any(module._forward_hooks or module._forward_pre_hooks for module in model.modules()):
        raise NotLean("somebody hooks into its modules")
    if len({(parameter.device, parameter.dtype) for parameter in model.parameters()}) > 1:
        raise NotLean("its weights are on several devices or of several kinds")


def require_common_shape(layer: Any, traits: LayerTraits) -> None:
    """Raises `NotLean` if the layer is not attention and a gated MLP, each behind a norm."""
    if set(parts_of(layer)) != LAYER_PARTS:
        raise NotLean("its layers are not one attention and one MLP, each behind a norm")
    attention, mlp = parts_of(layer.self_attn), parts_of(layer.mlp)
    if not ATTENTION_PARTS <= set(attention) <= ATTENTION_PARTS | HEAD_NORMS or set(mlp) != MLP_PARTS:
        raise NotLean("its attention or its MLP has other parts than usual")
    linears = [part for name, part in (attention | mlp).items() if name.endswith("_proj")]
    if not all(map(is_plain, linears)):
        raise NotLean("its projections are not plain linear layers")
    if not traits.plain_scores or traits.shape.key_dim != traits.shape.value_dim:
        raise NotLean("its attention has sinks, a softcap or values of another size than keys")
    for module in (layer.input_layernorm, layer.post_attention_layernorm):
        norm_of(module)
    head_norm_of(layer.self_attn, (1, 1))


def parts_of(module: torch.nn.Module) -> dict[str, torch.nn.Module]:
    return {name: part for name, part in module.named_children() if name != "rotary_emb"}


def norm_of(module: Any) -> Norm:
    """The module as an RMS norm; raises `NotLean` if it computes something else."""
    weight, epsilon = getattr(module, "weight", None), epsilon_of(module)
    if not isinstance(weight, Tensor) or weight.dim() != 1 or epsilon is None:
        raise NotLean("a norm of it is no RMS norm")
    norm = Norm(weight.data, epsilon)
    with torch.inference_mode():
        x = torch.linspace(-2, 3, weight.numel(), dtype=weight.dtype, device=weight.device)[None]
        expected = module(x)
        if float((norm(x) - expected).abs().max()) > NORM_TOLERANCE * float(expected.abs().max()):
            raise NotLean("a norm of it is no RMS norm")
    return norm


def epsilon_of(module: Any) -> float | None:
    names = ("variance_epsilon", "eps")
    return next((float(getattr(module, name)) for name in names if hasattr(module, name)), None)


def head_norm_of(attention: Any, heads: tuple[int, int]) -> HeadNorm | None:
    """heads: H and K."""
    modules = list(_norms(attention))
    if not modules:
        return None
    norms = [norm_of(module) for module in modules]
    sizes = {norm.weight.numel() for norm in norms}
    if len(norms) != 2 or len({norm.epsilon for norm in norms}) != 1 or sizes != {attention.head_dim}:
        raise NotLean("its norms of queries and keys are not one per head")
    weights = [norm.weight.expand(count, -1) for norm, count in zip(norms, heads, strict=True)]
    return HeadNorm(torch.cat(weights), norms[0].epsilon)


def _norms(attention: Any) -> Iterator[Any]:
    for name in ("q_norm", "k_norm"):
        if hasattr(attention, name):
            yield getattr(attention, name)
