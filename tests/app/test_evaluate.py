"""`eval`: what counts as right, how delays are counted, and that it comes to an end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from transformers import PreTrainedTokenizerBase

from app.demo.problems import Problem
from app.errors import RunError
from app.evaluate import SPEECH_STEPS, Outcome, evaluate, held_out_problems, summary, wilson
from engine.engine import Engine
from engine.loading import load_tokenizer
from tests.engine.scripted import Script, ScriptedRunner
from tests.engine.talk import make_engine, prompts_of
from tests.engine.tiny_qwen3 import save_tiny_qwen3

PROBLEMS = held_out_problems(12, seed=1)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    return load_tokenizer(save_tiny_qwen3(tmp_path_factory.mktemp("tiny-qwen3")))


def written(problem: Problem) -> Script:
    """The problem solved as in its own text."""
    return Script("\n\n".join(problem.thoughts) + "\n\n", "\n\n".join(problem.answer))


def engine_that(
    tokenizer: PreTrainedTokenizerBase, solve: Callable[[Problem], Script] = written, kv_tokens: int = 16384
) -> Engine:
    by_question = {problem.question: solve(problem) for problem in PROBLEMS}
    prompts = prompts_of("demo")
    runner = ScriptedRunner(tokenizer, prompts, lambda text: by_question[text], kv_tokens)
    return make_engine(tokenizer, prompts, runner, 800)


@pytest.mark.parametrize("method", ["async", "think", "no-think"])
def test_right_answers_are_right_in_the_order_of_the_problems(tokenizer: PreTrainedTokenizerBase, method: str) -> None:
    told: list[Outcome] = []
    engine = engine_that(tokenizer)
    outcomes = evaluate(engine, method, PROBLEMS, told.append)
    assert [outcome.question for outcome in outcomes] == [problem.question for problem in PROBLEMS]
    assert all(outcome.right and outcome.finished for outcome in outcomes)
    assert sorted(told, key=lambda outcome: outcome.question) == sorted(outcomes, key=lambda outcome: outcome.question)
    assert not engine.conversations


def test_wrong_and_unfinished_answers_are_wrong(tokenizer: PreTrainedTokenizerBase) -> None:
    def solve(problem: Problem) -> Script:
        wrong = Script(answer="I would say it is 123456789.")
        endless = Script(answer="\n\n".join(problem.answer) + " or so" * 500)
        return {0: wrong, 1: endless}.get(PROBLEMS.index(problem), written(problem))

    outcomes = evaluate(engine_that(tokenizer, solve), "no-think", PROBLEMS)
    assert [outcome.right for outcome in outcomes] == [False, False, *[True] * 10]
    assert [outcome.finished for outcome in outcomes][:3] == [True, False, True]
    found = summary(outcomes)
    assert (found["n"], found["unfinished"], found["accuracy"]) == (12, 1, pytest.approx(10 / 12))


def test_thinking_first_is_silent_until_the_thoughts_have_ended(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_that(tokenizer)
    (first,) = evaluate(engine, "think", PROBLEMS[:1])
    thoughts = len(tokenizer.encode(written(PROBLEMS[0]).thoughts, add_special_tokens=False))
    assert first.first_answer_step == first.silence_steps == thoughts + 2  # the end of the thoughts takes a step
    answer = len(tokenizer.encode(written(PROBLEMS[0]).answer, add_special_tokens=False))
    assert answer > 1 and SPEECH_STEPS > 1, "speech outlasts decoding: there is no gap behind the first word"


def test_an_engine_with_room_for_one_solves_one_after_the_other(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_that(tokenizer, kv_tokens=engine_that(tokenizer).need_tokens("async"))
    assert len(evaluate(engine, "async", PROBLEMS)) == len(PROBLEMS)


def test_a_failing_engine_is_an_error_and_not_an_endless_wait(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_that(tokenizer)

    def fail(_: Sequence[Any]) -> Any:
        raise MemoryError("the card is full")

    engine.runner.run = fail  # type: ignore[method-assign]
    with pytest.raises(RunError, match=r"the engine failed at '.*': .*the card is full"):
        evaluate(engine, "async", PROBLEMS)


def test_held_out_problems_are_the_same_for_the_same_seed() -> None:
    assert held_out_problems(12, seed=1) == PROBLEMS != held_out_problems(12, seed=2)


@pytest.mark.parametrize(
    ("right", "total", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)]
)
def test_the_interval_is_wilsons(right: int, total: int, low: float, high: float) -> None:
    assert wilson(right, total) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))
