"""Training of the bundled model, from nothing, by a recipe anyone can rerun: `launch.py train-demo`.

The model is a plain transformers Qwen3 of a few million parameters. All examples are traces (see traces.py), so the
one attention function serves the sequential and the asynchronous ones. Matrices are trained by Muon, the rest by AdamW
(for this model three times fewer tokens than AdamW alone); the learning rate warms up, stays, and decays linearly at
the end.

Source of Muon: K. Jordan et al., 2024, as in torch.optim.Muon. Source of the schedule: warmup-stable-decay (arXiv
2404.06395).
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import itertools
import json
import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from transformers import AttentionInterface, Qwen3Config, Qwen3ForCausalLM

from app.demo.batches import ATTENTION, Batch, batched, spins, trace_attention
from app.demo.paths import demo_folder, demo_prompts
from app.demo.problems import sample_problem
from app.demo.release import write_release
from app.demo.tokenizer import build_tokenizer
from app.demo.traces import NO_TARGET, AsyncTrace, Row, Tokenized, no_think_trace, think_trace
from app.errors import InputError
from engine.prompt_tokens import PromptTokens
from engine.prompts import read_prompts
from engine.text import user_ids

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from app.config import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights. Rows are tokens as the model reads them, paused and asked ones included."""

    seed: int = 1
    rows: int = 20_000_000
    batch_rows: int = 8192
    hidden: int = 256
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    mlp: int = 768
    max_positions: int = 1024
    think_share: float = 0.25
    no_think_share: float = 0.06
    muon_rate: float = 0.01
    adam_rate: float = 3e-3
    warmup_steps: int = 60
    decay_share: float = 0.3
    clip: float = 1.0


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


def examples(
    recipe: Recipe, tokenizer: PreTrainedTokenizerFast, prompts: PromptTokens, rng: random.Random
) -> Iterator[Sequence[Row]]:
    """Endless training traces, never of held-out problems."""

    def encode(text: str) -> tuple[int, ...]:
        return user_ids(tokenizer, text)

    while True:
        item = Tokenized(sample_problem(rng, held_out=False), encode, prompts)
        kind = rng.random()
        if kind < recipe.think_share:
            yield think_trace(item, prompts)
        elif kind < recipe.think_share + recipe.no_think_share:
            yield no_think_trace(item, prompts)
        else:
            yield AsyncTrace(item, prompts, rng).run()


def data_hash(recipe: Recipe, tokenizer: PreTrainedTokenizerFast, prompts: PromptTokens, count: int = 2000) -> str:
    """SHA-256 over the first examples the recipe draws: says whether two runs saw the same data."""
    digest = hashlib.sha256()
    drawn = examples(recipe, tokenizer, prompts, random.Random(recipe.seed))
    for trace in itertools.islice(drawn, count):
        digest.update(repr([(r.token, int(r.kind), r.local, r.born, r.until, r.target) for r in trace]).encode())
    return digest.hexdigest()


class Trainer:
    """Owns the model, its optimizers and the count of rows seen; `step` takes one batch."""

    def __init__(
        self, model: Qwen3ForCausalLM, recipe: Recipe, device: torch.device, compile_layers: bool = True
    ) -> None:
        AttentionInterface.register(ATTENTION, trace_attention)
        model.set_attn_implementation(ATTENTION)
        self.model, self.recipe, self.device = model.to(device), recipe, device
        self.rows_seen, self.steps = 0, 0
        matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and "embed" not in n]
        self._rest = [p for n, p in model.named_parameters() if not (p.dim() == 2 and "embed" not in n)]
        self._optimizers = (
            torch.optim.Muon(matrices, lr=recipe.muon_rate, weight_decay=0.01, momentum=0.95),
            torch.optim.AdamW(self._rest, lr=recipe.adam_rate, betas=(0.9, 0.95), weight_decay=0.0),
        )
        self._rates = (recipe.muon_rate, recipe.adam_rate)
        if compile_layers:
            for layer in model.model.layers:
                layer.compile(dynamic=True)

    def step(self, batch: Batch) -> float:
        """One update; returns the weighted mean loss in nats."""
        loss = self.loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._rest, self.recipe.clip)
        scale = self.rate_scale()
        for optimizer, rate in zip(self._optimizers, self._rates, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * scale
            optimizer.step()
            optimizer.zero_grad()
        self.rows_seen += batch.rows
        self.steps += 1
        return float(loss.detach())

    def loss(self, batch: Batch) -> torch.Tensor:
        """Weighted mean cross-entropy over the rows that have a target."""
        targets = batch.targets.to(self.device).flatten()
        chosen = (targets != NO_TARGET).nonzero()[:, 0]
        weights = batch.weights.to(self.device).flatten()[chosen]
        with torch.autocast(self.device.type, torch.bfloat16):
            hidden = self.hidden(batch).flatten(0, 1)[chosen]
            logits = self.model.lm_head(hidden)
        losses = F.cross_entropy(logits.float(), targets[chosen], reduction="none")
        return (losses * weights).sum() / weights.sum()

    def hidden(self, batch: Batch) -> torch.Tensor:
        """Final hidden states [B, N, hidden]."""
        inv_freq = self.model.model.rotary_emb.inv_freq
        out = self.model.model(
            input_ids=batch.tokens.to(self.device),
            position_ids=batch.positions.to(self.device),
            use_cache=False,
            trace_mask=batch.mask.to(self.device),
            trace_spins=spins(batch.offsets.to(self.device), inv_freq),
            trace_bounds=batch.bounds,
        )
        return out.last_hidden_state

    def rate_scale(self) -> float:
        """Warmup, plateau, linear decay to 2 %."""
        done = self.rows_seen / self.recipe.rows
        decay = min(1.0, max(0.02, (1 - done) / self.recipe.decay_share))
        return min(1.0, (self.steps + 1) / self.recipe.warmup_steps) * decay

    def state(self) -> dict[str, Any]:
        """Everything `restore` needs."""
        return {
            "model": self.model.state_dict(),
            "optimizers": [o.state_dict() for o in self._optimizers],
            "rows_seen": self.rows_seen,
            "steps": self.steps,
            "recipe": asdict(self.recipe),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a saved state of the same recipe."""
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self._optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.rows_seen, self.steps = state["rows_seen"], state["steps"]


def train(
    trainer: Trainer,
    tokenizer: PreTrainedTokenizerFast,
    prompts: PromptTokens,
    checkpoint: Path | None,
    report_every: int = 25,
) -> list[dict[str, float]]:
    """Run the recipe to its end; returns the log. Saves a checkpoint every 200 steps where a path is given."""
    recipe, started, journal, recent = trainer.recipe, time.monotonic(), [], []
    rng = random.Random(f"{recipe.seed}:{trainer.rows_seen}") if trainer.rows_seen else random.Random(recipe.seed)
    stream = batched(examples(recipe, tokenizer, prompts, rng), recipe.batch_rows, pool=1000, rng=rng)
    first = trainer.rows_seen
    while trainer.rows_seen < recipe.rows:
        recent.append(trainer.step(next(stream)))
        if trainer.steps % report_every == 0:
            elapsed = time.monotonic() - started
            entry = {
                "step": trainer.steps,
                "rows": trainer.rows_seen,
                "loss": round(sum(recent) / len(recent), 4),
                "rows_per_s": round((trainer.rows_seen - first) / elapsed),
                "elapsed_s": round(elapsed),
            }
            journal.append(entry)
            log.info("%.1f %%  %s", 100 * trainer.rows_seen / recipe.rows, json.dumps(entry))
            recent.clear()
        if checkpoint is not None and trainer.steps % 200 == 0:
            save_atomically(trainer.state(), checkpoint)
    return journal


def save_atomically(state: dict[str, Any], path: Path) -> None:
    """Write beside, then rename, so that an interrupted save never destroys the last one."""
    beside = path.with_suffix(".partial")
    torch.save(state, beside)
    beside.replace(path)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """`launch.py train-demo`: rebuild the bundled model."""
    torch.set_num_threads(settings.threads or 1)
    recipe = QUICK if args.quick else Recipe()
    recipe = dataclasses.replace(recipe, seed=settings.seed or recipe.seed, rows=args.tokens or recipe.rows)
    out = args.out or demo_folder()
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out}: there is something else than a folder; name another place")
    tokenizer = build_tokenizer(recipe.seed)
    prompts = PromptTokens.of(read_prompts(demo_prompts()), tokenizer)
    trainer = Trainer(new_model(recipe, tokenizer), recipe, _device(settings.device), compile_layers=not args.quick)
    checkpoint = out.with_name(f"{out.name}.checkpoint.pt")
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    if args.resume:
        _resume(trainer, checkpoint)
    fingerprint = data_hash(recipe, tokenizer, prompts)
    journal = train(trainer, tokenizer, prompts, checkpoint, report_every=5 if args.quick else 25)
    facts = write_release(out, trainer.model, tokenizer, recipe, fingerprint, journal)
    checkpoint.unlink(missing_ok=True)
    print(f"{out}: {facts['parameters']:,} parameters, weights sha256 {facts['weights_sha256'][:16]}…")
    return 0


def _resume(trainer: Trainer, checkpoint: Path) -> None:
    if not checkpoint.exists():
        raise InputError(f"--resume: there is no checkpoint {checkpoint}; leave --resume out to start anew")
    state = torch.load(checkpoint, weights_only=True)
    if state["recipe"] != asdict(trainer.recipe):
        raise InputError(f"--resume: {checkpoint} was made with other settings; use the same, or start anew")
    trainer.restore(state)


def _device(name: str) -> torch.device:
    return torch.device("cuda" if name == "auto" and torch.cuda.is_available() else "cpu" if name == "auto" else name)
