"""Training of the bundled model by a recipe anyone can rerun (recipe.py): `launch.py train-demo`.

The model is a plain transformers Qwen3 of a few million parameters. All examples are traces (see rows.py), so one
attention function serves them all. Matrices are trained by Muon, the rest by AdamW
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
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from transformers import AttentionInterface, Qwen3ForCausalLM

from app.demo.batches import Batch, batched, beside, make_batch
from app.demo.mixture import Examples, Share
from app.demo.muon import Muon
from app.demo.paths import demo_folder, demo_prompts
from app.demo.recipe import GOING_ON, QUICK, Recipe, continued, fresh
from app.demo.release import write_release
from app.demo.rows import NO_TARGET
from app.demo.trace_attention import ATTENTION, Layout, spins, trace_attention
from app.errors import InputError
from engine.prompts import read_prompts

if TYPE_CHECKING:
    from app.config import Settings

POOL = 4000  # examples from which batches of like length are made
PROBE_EXAMPLES = 12
COMPILE_FROM_ROWS = 4_000_000  # shorter runs do not win back the minutes it takes
SAVE_EVERY = 200  # steps

log = logging.getLogger(__name__)


def data_hash(recipe: Recipe, examples: Examples, count: int = 2000) -> str:
    """SHA-256 over the first examples the recipe draws: says whether two runs saw the same data."""
    digest = hashlib.sha256()
    for trace in itertools.islice(examples.draw(random.Random(recipe.seed)), count):
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
        self._bfloat16 = fast_bfloat16(device)
        matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and "embed" not in n]
        self._rest = [p for n, p in model.named_parameters() if not (p.dim() == 2 and "embed" not in n)]
        self._optimizers = (
            Muon(matrices, recipe.muon_rate, dtype=torch.bfloat16 if self._bfloat16 else torch.float32),
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
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._bfloat16):
            hidden = self.hidden(batch).flatten(0, 1)[chosen]
            logits = self.model.lm_head(hidden)
        losses = F.cross_entropy(logits.float(), targets[chosen], reduction="none")
        return (losses * weights).sum() / weights.sum()

    @torch.no_grad()
    def losses(self, probes: Mapping[Share, Batch]) -> dict[str, float]:
        """The loss of each batch, without learning from it."""
        return {share.value: round(float(self.loss(batch)), 5) for share, batch in probes.items()}

    def hidden(self, batch: Batch) -> torch.Tensor:
        """Final hidden states [B, N, hidden]."""
        inv_freq = self.model.model.rotary_emb.inv_freq
        out = self.model.model(
            input_ids=batch.tokens.to(self.device),
            position_ids=batch.positions.to(self.device),
            use_cache=False,
            layout=Layout(batch.mask.to(self.device), spins(batch.offsets.to(self.device), inv_freq), batch.bounds),
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


def fast_bfloat16(device: torch.device) -> bool:
    """Does the device multiply bfloat16 faster than float32? Processors without instructions for it are far slower."""
    if device.type != "cpu":
        return True
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def train(
    trainer: Trainer, examples: Examples, checkpoint: Path | None, report_every: int = 25
) -> list[dict[str, Any]]:
    """Run the recipe to its end; returns the log. Saves a checkpoint every 200 steps where a path is given."""
    recipe, started, recent = trainer.recipe, time.monotonic(), []
    journal: list[dict[str, Any]] = [{"resumed_at_row": trainer.rows_seen}] if trainer.rows_seen else []
    rng = random.Random(f"{recipe.seed}:{trainer.rows_seen}") if trainer.rows_seen else random.Random(recipe.seed)
    stream = beside(batched(examples.draw(rng), recipe.batch_rows, pool=POOL, rng=rng))
    probes = probes_of(recipe, examples)
    first = trainer.rows_seen
    while trainer.rows_seen < recipe.rows:
        recent.append(trainer.step(next(stream)))
        if trainer.steps % report_every == 0:
            elapsed = time.monotonic() - started
            entry: dict[str, Any] = {
                "step": trainer.steps,
                "rows": trainer.rows_seen,
                "loss": round(sum(recent) / len(recent), 4),
                "rows_per_s": round((trainer.rows_seen - first) / elapsed),
                "elapsed_s": round(elapsed),
            }
            journal.append(entry)
            log.info("%.1f %%  %s", 100 * trainer.rows_seen / recipe.rows, json.dumps(entry))
            recent.clear()
        if trainer.steps % SAVE_EVERY == 0:
            log.info("loss by kind: %s", json.dumps(trainer.losses(probes)))
            if checkpoint is not None:
                save_atomically(trainer.state(), checkpoint)
    journal.append({"step": trainer.steps, "rows": trainer.rows_seen, "loss_by_kind": trainer.losses(probes)})
    log.info("%s", json.dumps(journal[-1]))
    return journal


def probes_of(recipe: Recipe, examples: Examples) -> dict[Share, Batch]:
    """A batch of each kind of example, always the same ones, to measure the loss on."""
    rng = random.Random("probe")
    return {
        share: make_batch([examples.trace(share, rng) for _ in range(PROBE_EXAMPLES)])
        for share, weight in recipe.shares.items()
        if weight > 0
    }


def save_atomically(state: dict[str, Any], path: Path) -> None:
    """Write beside, then rename, so that an interrupted save never destroys the last one."""
    beside = path.with_suffix(".partial")
    torch.save(state, beside)
    beside.replace(path)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """`launch.py train-demo`: rebuild the bundled model, or go on from a finished one."""
    torch.set_num_threads(settings.threads or 1)
    going_on = getattr(args, "from")
    recipe = QUICK if args.quick else GOING_ON if going_on else Recipe()
    recipe = dataclasses.replace(recipe, seed=settings.seed or recipe.seed, rows=args.tokens or recipe.rows)
    out = args.out or demo_folder()
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out}: there is something else than a folder; name another place")
    recipe, tokenizer, model = continued(recipe, going_on) if going_on else fresh(recipe)
    examples = Examples.of(recipe.shares, tokenizer, read_prompts(demo_prompts()))
    trainer = Trainer(model, recipe, _device(settings.device), compile_layers=recipe.rows > COMPILE_FROM_ROWS)
    checkpoint = out.with_name(f"{out.name}.checkpoint.pt")
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    if args.resume:
        resume(trainer, checkpoint)
    fingerprint = data_hash(recipe, examples)
    journal = train(trainer, examples, checkpoint, report_every=5 if args.quick else 25)
    facts = write_release(out, trainer.model, tokenizer, recipe, fingerprint, journal)
    checkpoint.unlink(missing_ok=True)
    print(f"{out}: {facts['parameters']:,} parameters, weights sha256 {facts['weights_sha256'][:16]}…")
    return 0


def resume(trainer: Trainer, checkpoint: Path) -> None:
    if not checkpoint.exists():
        raise InputError(f"--resume: there is no checkpoint {checkpoint}; leave --resume out to start anew")
    state = torch.load(checkpoint, weights_only=True)
    made, wanted = state["recipe"] | {"rows": 0}, asdict(trainer.recipe) | {"rows": 0}
    if different := sorted(name for name in wanted if made.get(name) != wanted[name]):
        raise InputError(
            f"--resume: {checkpoint} was made with another {', '.join(different)}; use the same (only the length may "
            "change), or start anew"
        )
    trainer.restore(state)


def _device(name: str) -> torch.device:
    return torch.device("cuda" if name == "auto" and torch.cuda.is_available() else "cpu" if name == "auto" else name)
