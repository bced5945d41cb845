"""`eval --live`: how a question is spoken, what counts, and that late corrections reach the answer."""

from __future__ import annotations

import itertools

import pytest
from transformers import PreTrainedTokenizerBase

from app.demo.problems import LiveProblem
from app.evaluation.live import (
    Asked,
    Attempt,
    Kind,
    Pace,
    listen_to_all,
    questions_of_all_kinds,
    split,
    spoken,
    summary,
)
from engine.engine import Engine
from engine.loading import load_tokenizer
from engine.model import CorrectionPolicy
from engine.sampling import Sampling
from tests.engine.scripted import Script, ScriptedRunner
from tests.engine.talk import make_engine, prompts_of
from tests.engine.tiny_qwen3 import save_tiny_qwen3

QUESTIONS = questions_of_all_kinds(4, seed=1, late=False)
LATE_TOO = questions_of_all_kinds(4, seed=1, late=True)
CORRECTED = [asked.live for asked in QUESTIONS if asked.kind is Kind.CORRECTED]
SILENT = Script("", "")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    return load_tokenizer(save_tiny_qwen3(tmp_path_factory.mktemp("tiny-qwen3")))


def engine_that_knows(tokenizer: PreTrainedTokenizerBase, corrections: CorrectionPolicy) -> Engine:
    """It has nothing to say to half a question, and is right about a whole one."""
    known = {
        asked.live.whole.question: Script(
            "\n\n".join(asked.live.whole.thoughts) + "\n\n", "\n\n".join(asked.live.whole.answer)
        )
        for asked in QUESTIONS
    }
    prompts = prompts_of("demo")
    prompts = prompts.model_copy(update={"input": prompts.input.model_copy(update={"live": True})})
    runner = ScriptedRunner(tokenizer, prompts, lambda text: known.get(text, SILENT), 16384)
    return make_engine(tokenizer, prompts, runner, 800, corrections=corrections)


def test_there_are_so_many_questions_of_each_kind_and_the_same_for_a_seed() -> None:
    assert [asked.kind for asked in QUESTIONS] == [Kind.STEPWISE] * 4 + [Kind.COMPLETE] * 4 + [Kind.CORRECTED] * 4
    assert [asked.kind for asked in LATE_TOO][8:] == [Kind.CORRECTED, Kind.LATE] * 2
    assert questions_of_all_kinds(4, seed=1, late=False) == QUESTIONS
    assert all((asked.live.correction is not None) == (asked.kind is Kind.CORRECTED) for asked in QUESTIONS)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("live", CORRECTED)
def test_a_question_is_spoken_word_by_word_to_its_last(live: LiveProblem, late: bool) -> None:
    said = list(spoken(live, Pace(word_steps=4, late_steps=30), late))
    assert said[-1].text == live.whole.question and said[-1].over
    assert all(later.text.startswith(earlier.text) for earlier, later in itertools.pairwise(said))
    assert [one.over for one in said[:-1]].count(True) == late
    gaps = [later.step - earlier.step for earlier, later in itertools.pairwise(said)]
    assert set(gaps) == ({4, 30} if late else {4})


@pytest.mark.parametrize("policy", ["keep", "drop", "whole"])
@pytest.mark.parametrize("late_steps", [None, 1])
def test_who_knows_the_answer_is_right_under_every_policy(
    tokenizer: PreTrainedTokenizerBase, policy: str, late_steps: int | None
) -> None:
    rule = CorrectionPolicy.KEEP if policy == "keep" else CorrectionPolicy.DROP
    engine, questions = engine_that_knows(tokenizer, rule), LATE_TOO if late_steps else QUESTIONS
    outcomes = listen_to_all(engine, questions, policy, Pace(3, late_steps), Sampling())
    assert [outcome.question for outcome in outcomes] == [asked.live.whole.question for asked in questions]
    assert all(outcome.right for outcome in outcomes)
    assert all(outcome.wait_steps > 0 for outcome in outcomes)
    assert not engine.conversations
    assert set(split(outcomes)) == {asked.kind for asked in questions}
    assert summary(outcomes)["accuracy"] == 1.0


def test_an_answer_given_before_a_late_correction_is_wrong(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_that_knows(tokenizer, CorrectionPolicy.DROP)
    attempt = Attempt(Asked(CORRECTED[0], Kind.LATE), "drop", Pace(1, 500), engine.open("async", Sampling()))
    while not attempt.over:
        attempt.speak()
        for event in engine.step():
            attempt.take(event)
    assert not attempt.outcome().right
