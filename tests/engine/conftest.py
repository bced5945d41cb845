"""Tiny Qwen3 models for all tests of the engine's policies, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import PreTrainedTokenizerBase

from engine.loading import LoadedModel, load_model
from tests.engine.tiny_qwen3 import save_tiny_qwen3


@pytest.fixture(scope="session")
def tiny_qwen3_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that goes on for long."""
    return save_tiny_qwen3(tmp_path_factory.mktemp("tiny-qwen3"), seed=2)


@pytest.fixture(scope="session")
def eager_qwen3_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that soon ends its thoughts, its paragraphs and its answer."""
    return save_tiny_qwen3(tmp_path_factory.mktemp("eager-qwen3"), seed=1, eager=2.0)


@pytest.fixture
def tiny_qwen3(tiny_qwen3_folder: Path) -> LoadedModel:
    return load_model(tiny_qwen3_folder, "cpu", torch.float64)


@pytest.fixture
def eager_qwen3(eager_qwen3_folder: Path) -> LoadedModel:
    return load_model(eager_qwen3_folder, "cpu", torch.float64)


@pytest.fixture(scope="session")
def tokenizer(tiny_qwen3_folder: Path) -> PreTrainedTokenizerBase:
    return load_model(tiny_qwen3_folder, "cpu", torch.float32).tokenizer
