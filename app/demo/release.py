"""Writes a trained model as a folder that transformers loads: weights, tokenizer, model card, recipe and hashes."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import transformers

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast, Qwen3ForCausalLM

    from app.demo.recipe import Recipe

PROMPTS_KEY = "sotto_prompts"  # in config.json: which prompt file the model was trained with
CARD = Path(__file__).with_name("model_card.md")


def write_release(
    folder: Path,
    model: Qwen3ForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    recipe: Recipe,
    data_sha256: str,
    journal: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Write the folder (bfloat16 weights) and return what training.json says."""
    folder.mkdir(parents=True, exist_ok=True)
    released = model.to("cpu", torch.bfloat16)
    released.set_attn_implementation("sdpa")
    released.generation_config = transformers.GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, do_sample=False, max_new_tokens=400
    )
    setattr(released.config, PROMPTS_KEY, "demo")
    released.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    losses = [entry["loss"] for entry in journal if "loss" in entry]
    facts = {
        "recipe": asdict(recipe),
        "data_sha256": data_sha256,
        "weights_sha256": sha256(folder / "model.safetensors"),
        "parameters": sum(p.numel() for p in released.parameters()),
        "final_loss": losses[-1] if losses else None,
        "loss_by_kind": journal[-1].get("loss_by_kind") if journal else None,
        "log": list(journal)[:: max(1, len(journal) // 60)],
        "versions": {
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "python": platform.python_version(),
        },
        "license": "Apache-2.0",
    }
    (folder / "training.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    card = CARD.read_text(encoding="utf-8").format(
        parameters=f"{facts['parameters']:,}",
        seed=recipe.seed,
        rows=f"{recipe.rows:,}",
        origin=f"weights with SHA-256 `{recipe.started_from}`" if recipe.started_from else "nothing",
        data_sha256=data_sha256,
        weights_sha256=facts["weights_sha256"],
    )
    (folder / "README.md").write_text(card, encoding="utf-8")
    return facts


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
