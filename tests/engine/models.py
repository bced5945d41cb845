"""Tiny random models for the engine's tests, and patches that make float64 exact."""

from __future__ import annotations

from typing import Any

import torch
import transformers
from torch import Tensor

SIZES = {
    "vocab_size": 257,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32768,
    "tie_word_embeddings": False,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
YARN = {"rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0, "original_max_position_embeddings": 8192}


def tiny_model(family: str = "Qwen3", dtype: torch.dtype = torch.float32, seed: int = 0, **options: Any) -> Any:
    """A random model whose attention is peaked (larger weights than usual), so that a wrong key shows in the logits."""
    if family == "Qwen3":
        options = {"head_dim": 32, **options}
    config = getattr(transformers, f"{family}Config")(**{**SIZES, **options})
    config._attn_implementation = "eager"
    torch.manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() > 1:
                parameter.copy_(noise * 0.3 / (parameter.shape[-1] / 64) ** 0.5)
            elif "norm" in name:
                parameter.copy_(1 + 0.2 * noise)
    return model.to(dtype).eval()


def exact_model(family: str = "Qwen3", **options: Any) -> Any:
    """A float64 model that really computes in float64 (Hugging Face takes angles, norms, eager softmax in float32)."""
    model = tiny_model(family, torch.float64, **options)
    model.set_attn_implementation("sdpa")
    model.model.rotary_emb = ExactRotary(model.model.rotary_emb)
    for name, module in list(model.named_modules()):
        if type(module).__name__.endswith("RMSNorm"):
            parent, _, child = name.rpartition(".")
            setattr(model.get_submodule(parent), child, ExactNorm(module))
    return model


class ExactRotary(torch.nn.Module):
    def __init__(self, original: Any) -> None:
        super().__init__()
        self.inv_freq = torch.nn.Buffer(original.inv_freq.double(), persistent=False)
        self.attention_scaling = original.attention_scaling

    def forward(self, x: Tensor, position_ids: Tensor) -> tuple[Tensor, Tensor]:
        angles = position_ids[..., None].double() * self.inv_freq
        angles = torch.cat((angles, angles), -1)
        return angles.cos() * self.attention_scaling, angles.sin() * self.attention_scaling


class ExactNorm(torch.nn.Module):
    def __init__(self, original: Any) -> None:
        super().__init__()
        self.weight, self.eps = original.weight, original.variance_epsilon

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)


@torch.inference_mode()
def own_logits(model: Any, tokens: list[int]) -> Tensor:
    """[n, V] from the model as Hugging Face runs it."""
    logits: Tensor = model(input_ids=torch.tensor([tokens]), use_cache=False).logits[0]
    return logits


def tokens(count: int, seed: int = 0) -> list[int]:
    """Random tokens of the tiny vocabulary, without its control tokens."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(3, SIZES["vocab_size"], (count,), generator=generator).tolist()
