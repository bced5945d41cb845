"""The recipe of the bundled model: what decides its weights, and the model before its first step.

A run starts from nothing, or goes on from a finished model's folder: its weights and its tokenizer, with rows for tags
that the tokenizer did not have yet.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from app.demo.mixture import Share, Shares
from app.demo.release import sha256
from app.demo.tokenizer import add_tags, build_tokenizer
from app.errors import InputError

NEW_ROW_SCALE = 0.3  # of a new token's embedding, beside the spread of those that were trained


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights. Rows are tokens as the model reads them, paused and asked ones included.

    Shares are of the examples. started_from: SHA-256 of the weights it went on from; "": from nothing.
    """

    seed: int = 1
    started_from: str = ""
    rows: int = 20_000_000
    batch_rows: int = 8192
    hidden: int = 256
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    mlp: int = 768
    max_positions: int = 1024
    think_share: float = 0.19
    no_think_share: float = 0.03
    async_share: float = 0.34
    live_share: float = 0.31
    threads_share: float = 0.05
    workers_share: float = 0.08
    muon_rate: float = 0.01
    adam_rate: float = 3e-3
    warmup_steps: int = 60
    decay_share: float = 0.3
    clip: float = 1.0

    @property
    def shares(self) -> Shares:
        """The mixture of examples."""
        return {
            Share.THINK: self.think_share,
            Share.NO_THINK: self.no_think_share,
            Share.ASYNC: self.async_share,
            Share.LIVE: self.live_share,
            Share.THREADS: self.threads_share,
            Share.WORKERS: self.workers_share,
        }


GOING_ON = Recipe(rows=8_000_000, batch_rows=4096, muon_rate=0.007, adam_rate=2e-3, warmup_steps=20, decay_share=1.0)
"""Training that goes on from finished weights: gentler, and its rate decays from the first row to the last."""

QUICK = Recipe(
    rows=60_000, batch_rows=2048, hidden=64, layers=2, heads=2, kv_heads=1, head_dim=32, mlp=128, warmup_steps=5
)


def new_model(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> Qwen3ForCausalLM:
    """A Qwen3 with fresh weights: output projections start at zero, so that every layer starts as the identity."""
    torch.manual_seed(recipe.seed)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=recipe.hidden,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.kv_heads,
        head_dim=recipe.head_dim,
        intermediate_size=recipe.mlp,
        max_position_embeddings=recipe.max_positions,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = Qwen3ForCausalLM(config)
    for name, parameter in model.named_parameters():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            torch.nn.init.zeros_(parameter)
        elif parameter.dim() == 2 and "embed" not in name:
            torch.nn.init.normal_(parameter, std=0.6 * parameter.shape[1] ** -0.5)
    return model


def fresh(recipe: Recipe) -> tuple[Recipe, PreTrainedTokenizerFast, Qwen3ForCausalLM]:
    """The recipe with its tokenizer and a new model."""
    tokenizer = build_tokenizer(recipe.seed)
    return recipe, tokenizer, new_model(recipe, tokenizer)


def continued(recipe: Recipe, folder: Path) -> tuple[Recipe, PreTrainedTokenizerFast, Qwen3ForCausalLM]:
    """The tokenizer and the model of a folder, with all tags, and the recipe as it then is.

    Raises InputError where the folder holds no such model.
    """
    weights = folder / "model.safetensors"
    if not weights.exists() or not (folder / "tokenizer.json").exists():
        raise InputError(
            f"--from {folder}: there is no model and tokenizer in it; name a folder train-demo has written"
        )
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
    model = Qwen3ForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    known = model.config.vocab_size
    add_tags(tokenizer)
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    rows = model.get_input_embeddings().weight.data
    generator = torch.Generator().manual_seed(recipe.seed)
    new = torch.randn(rows[known:].shape, generator=generator)
    rows[known:] = new * rows[:known].std() * NEW_ROW_SCALE
    config = model.config
    recipe = dataclasses.replace(
        recipe,
        hidden=config.hidden_size,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        kv_heads=config.num_key_value_heads,
        head_dim=config.head_dim,
        mlp=config.intermediate_size,
        max_positions=config.max_position_embeddings,
        started_from=sha256(weights),
    )
    return recipe, tokenizer, model
