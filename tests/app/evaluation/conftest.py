"""A tiny tokenizer for all tests of `eval`."""

from __future__ import annotations

import pytest
from transformers import PreTrainedTokenizerBase

from engine.loading import load_tokenizer
from tests.engine.tiny_qwen3 import save_tiny_qwen3


@pytest.fixture(scope="package")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    return load_tokenizer(save_tiny_qwen3(tmp_path_factory.mktemp("tiny-qwen3")))
