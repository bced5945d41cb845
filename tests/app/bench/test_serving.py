"""`bench --serving`: every question is asked once, however many conversations there are, and answers are compared."""

from __future__ import annotations

import pytest
from transformers import PreTrainedTokenizerBase

from app.bench.serving import QUESTIONS, measure, questions, serve
from engine.engine import Engine
from engine.loading import load_tokenizer
from tests.engine.scripted import Script, ScriptedRunner
from tests.engine.talk import make_engine, prompts_of
from tests.engine.tiny_qwen3 import save_tiny_qwen3


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    return load_tokenizer(save_tiny_qwen3(tmp_path_factory.mktemp("tiny-qwen3")))


def engine_that_repeats(tokenizer: PreTrainedTokenizerBase) -> Engine:
    """It answers with the question."""
    prompts = prompts_of("demo")
    runner = ScriptedRunner(tokenizer, prompts, lambda text: Script("So.\n\n", text), 65536)
    return make_engine(tokenizer, prompts, runner, 600)


@pytest.mark.parametrize("at_once", [1, 3, 50])
def test_every_question_is_answered_once_in_its_own_place(tokenizer: PreTrainedTokenizerBase, at_once: int) -> None:
    engine = engine_that_repeats(tokenizer)
    texts = questions(7, seed=1)
    said, steps_ms = serve(engine, texts, at_once, "async")
    assert [tokenizer.decode(one["output"]) for one in said] == texts
    assert len(steps_ms) >= max(len(one["output"]) for one in said) and not engine.conversations


def test_what_is_said_together_is_counted_against_what_is_said_alone(tokenizer: PreTrainedTokenizerBase) -> None:
    rows = measure(engine_that_repeats(tokenizer), [1, 4], "think", seed=0)
    assert [(row.conversations, row.same, row.asked) for row in rows] == [
        (n, 2 * QUESTIONS, 2 * QUESTIONS) for n in (1, 4)
    ]
    assert rows[0].tokens == rows[1].tokens > 0
