"""Named shapes of random models, and what they take of the memory. Pure but for making the model.

Source of the real shapes: the config.json of Qwen3-0.6B, Qwen3-8B and Qwen3-32B.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from app.errors import RunError

if TYPE_CHECKING:
    import torch

MAX_POSITIONS = 40_960
GIBIBYTE = 2**30


@dataclass(frozen=True, slots=True)
class Shape:
    """A Qwen3 by its sizes."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    tie_word_embeddings: bool = False

    @property
    def weights_read(self) -> int:
        """Parameters that every step reads: all but the table of embeddings, of which it reads a few rows."""
        heads = 2 * self.num_attention_heads + 2 * self.num_key_value_heads
        layer = self.hidden_size * (heads * self.head_dim + 3 * self.intermediate_size)
        return self.num_hidden_layers * layer + self.vocab_size * self.hidden_size

    @property
    def weights(self) -> int:
        """Parameters in all, norms left out."""
        return self.weights_read + (0 if self.tie_word_embeddings else self.vocab_size * self.hidden_size)

    @property
    def values_per_token(self) -> int:
        """Numbers that are stored for a token's keys and values."""
        return 2 * self.num_hidden_layers * self.num_key_value_heads * self.head_dim


SHAPES = {
    "demo": Shape(2048, 256, 640, 6, 8, 4, 32),
    "46m": Shape(8192, 512, 1536, 12, 8, 4, 64),
    "0.6b": Shape(151_936, 1024, 3072, 28, 16, 8, 128, tie_word_embeddings=True),
    "8b": Shape(151_936, 4096, 12_288, 36, 32, 8, 128),
    "32b": Shape(151_936, 5120, 25_600, 64, 64, 8, 128),
}


def shape_of(config: Any) -> Shape:
    """A real model's, as far as its bytes go."""
    heads = config.num_attention_heads
    return Shape(
        vocab_size=config.vocab_size,
        hidden_size=config.hidden_size,
        intermediate_size=config.intermediate_size,
        num_hidden_layers=config.num_hidden_layers,
        num_attention_heads=heads,
        num_key_value_heads=getattr(config, "num_key_value_heads", None) or heads,
        head_dim=getattr(config, "head_dim", None) or config.hidden_size // heads,
        tie_word_embeddings=bool(getattr(config, "tie_word_embeddings", False)),
    )


def require_memory(name: str, shape: Shape, copies: int, kv_tokens: int, bytes_each: int, free: int | None) -> None:
    """Raises RunError if so many copies of the model, and keys and values of so many tokens, are more than is free."""
    needed = bytes_each * (copies * shape.weights + kv_tokens * shape.values_per_token)
    if free is not None and needed > free:
        raise RunError(
            f"shape {name} needs {needed / GIBIBYTE:.1f} GiB ({copies} × {shape.weights / 1e9:.2f} billion weights, "
            f"{kv_tokens} tokens), but {free / GIBIBYTE:.1f} GiB are free; choose a smaller shape or context, or "
            "--dtype bfloat16"
        )


def new_model(shape: Shape, dtype: torch.dtype, device: torch.device) -> Any:
    """A Qwen3 of that shape with random weights, made where it is to run."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    config = Qwen3Config(
        **asdict(shape), max_position_embeddings=MAX_POSITIONS, attn_implementation="sdpa", dtype=dtype
    )
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(dtype)
        with device:
            model = Qwen3ForCausalLM(config)
    finally:
        torch.set_default_dtype(before)
    return model.eval()
