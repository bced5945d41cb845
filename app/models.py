"""From the settings to a running engine: which model, which prompts, how much memory, which device."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from app.config import AUTO, Settings
from app.demo.paths import ASSETS, demo_folder
from app.demo.release import PROMPTS_KEY
from app.errors import RunError, SettingsError
from app.memory import kv_budget, tokens_that_fit
from audio.asr.transcript import digits
from engine.arena import whole_pages
from engine.engine import Engine
from engine.errors import ModelRefused
from engine.loading import LoadedModel, load_model
from engine.methods import METHODS
from engine.model import CorrectionPolicy, EngineSettings, HistoryPolicy, Model
from engine.prompt_tokens import PromptTokens
from engine.prompts import Layout, Prompts, read_prompts
from engine.rope import Rotation
from engine.runner import ModelRunner
from engine.sampling import Sampling

if TYPE_CHECKING:
    from transformers import PretrainedConfig

DEMO = "demo"
LONGEST_CONVERSATION_TOKENS = 8192

log = logging.getLogger(__name__)


def build_engine(settings: Settings, clock: Callable[[], float] = time.monotonic) -> Engine:
    """Load the model of the settings and make its engine. Raises EngineError or SettingsError."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # stderr is ours
    transformers_logging.set_verbosity_error()  # our own checks say what is wrong, in one line
    device = choose_device(settings.device)
    if device.type == "cpu":
        torch.set_num_threads(settings.threads or default_threads(settings.model))
    loaded = load_model(model_place(settings.model), device, choose_dtype(settings.dtype, device))
    prompts = with_gate(with_workers(find_prompts(loaded.model.config, loaded.name), settings), settings)
    tokens = PromptTokens.of(prompts, loaded.tokenizer)
    wanted = EngineSettings(
        read_tokens=settings.read_tokens,
        history=None if settings.history == AUTO else HistoryPolicy(settings.history),
        corrections=CorrectionPolicy(settings.corrections),
        patience=settings.patience,
    )

    longest = max(tokens.least_tokens, min(LONGEST_CONVERSATION_TOKENS, _positions(loaded)))
    model = Model.of(loaded.tokenizer, prompts, tokens, len(loaded.tokenizer), longest, wanted)
    method = METHODS[settings.method]
    method.check(model)

    def need(conversation_tokens: int) -> int:
        one = method.need_tokens(replace(model, limit_tokens=conversation_tokens))
        return whole_pages(len(tokens.system)) + whole_pages(one)

    fits = tokens_that_fit(device, _bytes_per_token(loaded))
    longest, kv_tokens = kv_budget(settings.kv_tokens, fits, tokens.least_tokens, longest, need)
    runner = ModelRunner(loaded.model, kv_tokens, choose_rotation(settings.rotation))
    log.info("%s on %s, %d key/value tokens, prompts %s", loaded.name, device, kv_tokens, prompts.name)
    return Engine(runner, loaded.tokenizer, prompts, replace(wanted, conversation_tokens=longest), clock)


def with_workers(prompts: Prompts, settings: Settings) -> Prompts:
    """The prompts with as many Hogwild! workers, laid out, as the settings ask for."""
    changes: dict[str, object] = {}
    if settings.workers is not None:
        changes["workers"] = settings.workers
    if settings.layout != AUTO:
        changes["layout"] = Layout(settings.layout)
    if not changes or prompts.hogwild is None:
        return prompts
    return prompts.model_copy(update={"hogwild": prompts.hogwild.model_copy(update=changes)})


def with_gate(prompts: Prompts, settings: Settings) -> Prompts:
    """The prompts with the gate's question as the settings ask for. Raises SettingsError if they have none turned
    round.
    """
    if settings.gate == AUTO:
        return prompts
    inverted = settings.gate == "behind"
    if inverted and prompts.gate.inversion is None:
        raise SettingsError(
            f"--gate behind: prompts {prompts.name!r} have no section [gate.inversion]; use --gate ahead"
        )
    return prompts.model_copy(update={"gate": prompts.gate.model_copy(update={"inverted": inverted})})


def model_place(name: str) -> str | Path:
    """The folder or name to load; `demo` is the bundled model."""
    if name != DEMO:
        return name
    if not (demo_folder() / "config.json").is_file():
        raise RunError(f"the bundled model is not in {demo_folder()}; make it with: python launch.py train-demo")
    return demo_folder()


def find_prompts(config: PretrainedConfig, name: str) -> Prompts:
    """The prompts a model was made with, or those for its architecture. Raises ModelRefused if there are none."""
    named = getattr(config, PROMPTS_KEY, None)
    known = [read_prompts(path) for path in sorted((ASSETS / "prompts").glob("*.toml"))]
    for prompts in known:
        if prompts.name == named or (named is None and config.model_type in prompts.model_types):
            return prompts
    families = sorted({family for prompts in known for family in prompts.model_types})
    raise ModelRefused(
        f"there are no prompts for {name} (architecture {config.model_type!r}); there are some for: "
        f"{', '.join(families)}; a prompt file for it would go to assets/prompts"
    )


def choose_device(name: str) -> torch.device:
    """The device of the settings; `auto` takes a CUDA GPU if there is one. Raises SettingsError for one that is not
    there.
    """
    if name == AUTO:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(device.type, False) or (device.index or 0) >= max(1, torch.cuda.device_count()):
        raise SettingsError(f"--device {name}: there is no such device on this machine; use --device auto")
    return device


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """`auto` is float32 on a CPU and bfloat16 elsewhere."""
    if name == AUTO:
        return torch.float32 if device.type == "cpu" else torch.bfloat16
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[name]


def choose_rotation(name: str) -> Rotation | None:
    """`auto` leaves it to the engine, which then may run the lean forward pass; else the model's own rotates so."""
    if name == AUTO:
        return None
    return Rotation.DIRECT if name == "direct" else Rotation.COMPOSED


def choose_sampling(settings: Settings, prompts: Prompts) -> Sampling:
    """The settings' sampling; what they leave open is what the model's makers recommend."""
    temperature, top_p = settings.temperature, settings.top_p
    return Sampling(
        prompts.sampling.temperature if temperature is None else temperature,
        prompts.sampling.top_p if top_p is None else top_p,
        settings.seed,
    )


def default_threads(model: str) -> int:
    """The bundled model is too small to gain from more than one thread, and speech needs the others."""
    return 1 if model == DEMO else torch.get_num_threads()


def _positions(loaded: LoadedModel) -> int:
    config: Any = loaded.model.config.get_text_config()
    return int(getattr(config, "max_position_embeddings", None) or LONGEST_CONVERSATION_TOKENS)


def _bytes_per_token(loaded: LoadedModel) -> int:
    config: Any = loaded.model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return int(2 * config.num_hidden_layers * heads * dim * loaded.model.dtype.itemsize)


def spelling(prompts: Prompts) -> Callable[[str], str]:
    """The user's words as the model reads them: with its numbers in digits, if it was trained so."""
    return digits if prompts.input.digits else str
