"""Hugging Face's own ways to generate, for one stream, on the same model and device.

Each gives the milliseconds per token as the difference between a longer and a shorter run, so that preparation does not
count. What does not run here says why in one line; that is a finding, not an error.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import torch
from transformers import DynamicCache, StaticCache

from app.bench.clock import elapsed_ms
from app.bench.scene import TOKEN

TOKENS = 8  # the longer run is so much longer
SHORTER = 2


class Rival(StrEnum):
    """Ways to generate. COMPILED and BATCHING take long to begin, so they are measured only when asked for."""

    GENERATE = "generate"  # its cache grows
    STATIC = "static"  # its cache has a fixed size
    COMPILED = "compile"  # a fixed cache, and torch.compile
    BATCHING = "batching"  # its continuous batching, with the prompt read anew


DEFAULT_RIVALS = (Rival.GENERATE, Rival.STATIC)


def token_ms(rival: Rival, model: Any, context: int) -> float:
    """Milliseconds per token of one stream with so many tokens in view. Raises whatever the library raises."""
    return (_run_ms(rival, model, context, SHORTER + TOKENS) - _run_ms(rival, model, context, SHORTER)) / TOKENS


def reason_of(error: BaseException) -> str:
    """Why it does not run here, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"


def _run_ms(rival: Rival, model: Any, context: int, tokens: int) -> float:
    ids = torch.full((1, context), TOKEN, device=model.device)
    match rival:
        case Rival.GENERATE:
            cache = filled(DynamicCache(config=model.config), model, context - 1)
        case Rival.STATIC | Rival.COMPILED:
            cache = filled(StaticCache(config=model.config, max_cache_len=context + tokens), model, context - 1)
        case Rival.BATCHING:
            return elapsed_ms(_batched(model, ids, tokens), model.device)
    options: dict[str, Any] = {"disable_compile": rival is not Rival.COMPILED}
    return elapsed_ms(
        lambda: model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            past_key_values=cache,
            max_new_tokens=tokens,
            do_sample=False,
            eos_token_id=None,
            pad_token_id=0,
            **options,
        ),
        model.device,
    )


def _batched(model: Any, ids: torch.Tensor, tokens: int) -> Callable[[], object]:
    from transformers import GenerationConfig

    wanted = GenerationConfig(max_new_tokens=tokens, do_sample=False, eos_token_id=-1, pad_token_id=0)
    return lambda: model.generate_batch(inputs=ids.tolist(), generation_config=wanted, progress_bar=False)


def filled(cache: Any, model: Any, tokens: int) -> Any:
    """The cache with noise for so many tokens."""
    config = model.config
    shape = (1, config.num_key_value_heads, tokens, config.head_dim)
    noise = torch.randn(shape, dtype=model.dtype, device=model.device)
    for layer in range(config.num_hidden_layers):
        cache.update(noise, noise, layer)
    return cache
