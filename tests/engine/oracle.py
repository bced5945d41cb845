"""An independent oracle: what a step over shared blocks means, computed without any of the engine's code.

Keys are kept unrotated. For every row, the view's keys are laid out in order, all are rotated by the positions that the
view gives them, and ordinary causal attention follows. For Qwen3-like models in float64.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor


@dataclass(eq=False)
class OracleBlock:
    """keys[layer], values[layer]: one [kv_heads, head_dim] tensor per token."""

    layers: int
    keys: list[list[Tensor]] = field(init=False)
    values: list[list[Tensor]] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = [[] for _ in range(self.layers)]
        self.values = [[] for _ in range(self.layers)]

    @property
    def length(self) -> int:
        return len(self.keys[-1])

    def crop(self, length: int) -> None:
        for stored in (*self.keys, *self.values):
            del stored[length:]


@dataclass(frozen=True)
class OracleFeed:
    """slices: (block, start, stop or None), the last one being appended to."""

    slices: list[tuple[OracleBlock, int, int | None]]
    tokens: list[int]
    sees_now: bool


class Oracle:
    def __init__(self, model: Any) -> None:
        self.model = model
        rotary = model.model.rotary_emb
        rotary = getattr(rotary, "original", rotary)
        self.frequencies = rotary.inv_freq.double()
        self.gain = float(rotary.attention_scaling)

    def block(self) -> OracleBlock:
        return OracleBlock(len(self.model.model.layers))

    @torch.inference_mode()
    def run(self, feeds: list[OracleFeed]) -> list[Tensor]:
        """Appends every feed's tokens to its last block; returns each feed's logits [n, V]."""
        before = {block: block.length for feed in feeds for block, _, _ in feed.slices}
        hidden = [self.model.model.embed_tokens(torch.tensor(feed.tokens)) for feed in feeds]
        for index, layer in enumerate(self.model.model.layers):
            queries = [self.store(feed, layer, index, state) for feed, state in zip(feeds, hidden, strict=True)]
            for number, feed in enumerate(feeds):
                keys, values = self.lay_out(feed, index, before)
                mixed = layer.self_attn.o_proj(self.attend(layer.self_attn, queries[number], keys, values))
                state = hidden[number] + mixed
                hidden[number] = state + layer.mlp(layer.post_attention_layernorm(state))
        return [self.model.lm_head(self.model.model.norm(state)) for state in hidden]

    def store(self, feed: OracleFeed, layer: Any, index: int, state: Tensor) -> Tensor:
        """Project the feed's tokens; keep their keys and values; return the queries [n, heads, dim]."""
        attention, inputs = layer.self_attn, layer.input_layernorm(state)
        shape = (len(feed.tokens), -1, attention.head_dim)
        query = attention.q_norm(attention.q_proj(inputs).view(shape))
        block = feed.slices[-1][0]
        block.keys[index] += list(attention.k_norm(attention.k_proj(inputs).view(shape)))
        block.values[index] += list(attention.v_proj(inputs).view(shape))
        return query

    def lay_out(self, feed: OracleFeed, index: int, before: dict[OracleBlock, int]) -> tuple[Tensor, Tensor]:
        """The view's keys and values in order, [n, kv_heads, dim]."""
        keys: list[Tensor] = []
        values: list[Tensor] = []
        target = feed.slices[-1][0]
        for block, start, stop in feed.slices:
            visible = len(block.keys[index]) if feed.sees_now or block is target else before[block]
            end = visible if stop is None else min(stop, visible)
            keys += block.keys[index][start:end]
            values += block.values[index][start:end]
        return torch.stack(keys), torch.stack(values)

    def attend(self, attention: Any, query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        places = torch.arange(len(keys))
        own_places = places[-len(query) :]
        query, keys = self.rotate(query, own_places), self.rotate(keys, places)
        group = query.shape[1] // keys.shape[1]
        keys, values = keys.repeat_interleave(group, 1), values.repeat_interleave(group, 1)
        scores = torch.einsum("thd,chd->htc", query, keys) * attention.scaling
        scores = scores.masked_fill(places[None] > own_places[:, None], -torch.inf)
        return torch.einsum("htc,chd->thd", scores.softmax(-1), values).flatten(1)

    def rotate(self, x: Tensor, places: Tensor) -> Tensor:
        """x [n, heads, dim] as complex numbers times e^(i * place * frequency)."""
        first, second = x.chunk(2, -1)
        turn = torch.polar(torch.ones(len(places), len(self.frequencies)).double(), places[:, None] * self.frequencies)
        turned = torch.complex(first, second) * turn[:, None] * self.gain
        return torch.cat((turned.real, turned.imag), -1)
