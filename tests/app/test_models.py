"""From settings to an engine."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from app.config import Settings
from app.errors import SettingsError
from app.models import (
    build_engine,
    choose_device,
    choose_dtype,
    choose_rotation,
    choose_sampling,
    find_prompts,
    with_gate,
)
from engine.errors import ModelNotFound, ModelRefused
from engine.events import StreamName
from engine.rope import Rotation
from engine.sampling import Sampling
from tests.engine.talk import ask, prompts_of, run, text_of
from tests.engine.tiny_qwen3 import MAX_POSITIONS, save_tiny_qwen3

CPU, CARD = torch.device("cpu"), torch.device("cuda")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_qwen3(tmp_path_factory.mktemp("tiny-qwen3"))


def test_a_qwen3_folder_becomes_an_engine_with_qwen3s_prompts(folder: Path) -> None:
    engine = build_engine(Settings(model=str(folder), threads=1))
    assert engine.model.prompts.name == "qwen3"
    assert engine.conversation_tokens == MAX_POSITIONS
    opened = [engine.open() for _ in range(8)]
    ask(opened[0], "hello")
    assert text_of(run(engine, 12), StreamName.THOUGHTS)


def test_kv_tokens_bound_the_arena_and_the_conversations(folder: Path) -> None:
    engine = build_engine(Settings(model=str(folder), threads=1, kv_tokens=4096))
    assert engine.runner.arena.capacity_tokens == 4096
    assert engine.need_tokens("async") <= 4096 < engine.need_tokens("async") + 1000
    engine.open()


def test_a_model_that_is_not_there_is_told_with_the_command_that_fetches_it() -> None:
    with pytest.raises(ModelNotFound, match=r"hf download nobody/nothing"):
        build_engine(Settings(model="nobody/nothing", threads=1))


def prompts_name(**config: str) -> str:
    return find_prompts(SimpleNamespace(**config), "some model").name  # type: ignore[arg-type]


def test_prompts_are_chosen_by_the_name_the_model_was_made_with_or_by_its_architecture() -> None:
    assert prompts_name(model_type="qwen3", sotto_prompts="demo") == "demo"
    assert prompts_name(model_type="qwen3") == "qwen3"
    assert prompts_name(model_type="qwen3_moe") == "qwen3"


def test_a_model_without_prompts_is_refused_with_those_that_have_some() -> None:
    with pytest.raises(ModelRefused, match=r"no prompts for some model \(architecture 'llama'\).*: qwen3, qwen3_moe"):
        prompts_name(model_type="llama")


def test_auto_means_what_suits_the_device() -> None:
    assert (choose_dtype("auto", CPU), choose_dtype("auto", CARD)) == (torch.float32, torch.bfloat16)
    assert choose_rotation("auto") is None and choose_rotation("composed") is Rotation.COMPOSED
    assert choose_dtype("float16", CPU) is torch.float16
    assert choose_rotation("direct") is Rotation.DIRECT
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


def test_sampling_is_the_settings_or_else_what_the_models_makers_recommend() -> None:
    prompts = prompts_of("qwen3")
    assert choose_sampling(Settings(seed=3), prompts) == Sampling(0.6, 0.95, 3)
    assert choose_sampling(Settings(temperature=0, top_p=0.5), prompts) == Sampling(0.0, 0.5, 0)


def test_patience_gate_and_history_are_the_settings_or_else_the_prompts(folder: Path) -> None:
    plain = build_engine(Settings(model=str(folder), threads=1)).model
    assert (plain.patience, plain.history, plain.prompts.gate.inverted) == (0.5, "drop", False)
    wanted = Settings(model=str(folder), threads=1, patience=0.9, history="refresh", gate="behind")
    model = build_engine(wanted).model
    assert (model.patience, model.history) == (0.9, "refresh")
    assert model.tokens.gate_question != plain.tokens.gate_question


def test_a_question_turned_round_that_the_prompts_have_not_is_told() -> None:
    with pytest.raises(SettingsError, match=r"--gate behind: prompts 'demo' have no section \[gate.inversion\]"):
        with_gate(prompts_of("demo"), Settings(gate="behind"))


def test_a_device_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SettingsError, match=r"--device cuda:99: there is no such device"):
        choose_device("cuda:99")
