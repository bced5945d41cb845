"""Houses for conversations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from transformers import PreTrainedTokenizerBase

from engine.loading import load_tokenizer
from tests.app.conversation.talks import House, opened_house
from tests.engine.talk import prompts_of
from tests.engine.tiny_qwen3 import save_tiny_qwen3


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    return load_tokenizer(save_tiny_qwen3(tmp_path_factory.mktemp("tiny-qwen3")))


@pytest.fixture
def house(tokenizer: PreTrainedTokenizerBase) -> Iterator[House]:
    yield from opened_house(tokenizer, prompts_of("demo", turns=5))


@pytest.fixture
def live_house(tokenizer: PreTrainedTokenizerBase) -> Iterator[House]:
    """One whose model thinks about words as they come."""
    yield from opened_house(tokenizer, prompts_of("demo", turns=5, live=True))
