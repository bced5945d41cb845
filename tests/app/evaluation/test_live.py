"""`eval --live`: how a question is spoken, what counts, and that late corrections reach the answer."""

from __future__ import annotations

import itertools

import pytest
from transformers import PreTrainedTokenizerBase

from app.demo.problems import LiveProblem
from app.errors import RunError
from app.evaluation.listening import Listening
from app.evaluation.live import listen_to_all
from app.evaluation.live_question import LiveKind, LiveQuestion, SpokenPace, questions_of_all_kinds, spoken
from app.evaluation.live_report import split, summary, table
from engine.engine import Engine
from engine.loading import load_tokenizer
from engine.model import CorrectionPolicy
from engine.sampling import Sampling
from tests.engine.scripted import Script, ScriptedRunner
from tests.engine.talk import make_engine, prompts_of
from tests.engine.tiny_qwen3 import save_tiny_qwen3

QUESTIONS = questions_of_all_kinds(4, seed=1, late=False)
LATE_TOO = questions_of_all_kinds(4, seed=1, late=True)
CORRECTED = [asked.live for asked in QUESTIONS if asked.kind is LiveKind.CORRECTED]
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
    assert [asked.kind for asked in QUESTIONS] == [LiveKind.STEPWISE] * 4 + [LiveKind.COMPLETE] * 4 + [
        LiveKind.CORRECTED
    ] * 4
    assert [asked.kind for asked in LATE_TOO][8:] == [LiveKind.CORRECTED, LiveKind.LATE] * 2
    assert questions_of_all_kinds(4, seed=1, late=False) == QUESTIONS
    assert all((asked.live.correction is not None) == (asked.kind is LiveKind.CORRECTED) for asked in QUESTIONS)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("live", CORRECTED)
def test_a_question_is_spoken_word_by_word_to_its_last(live: LiveProblem, late: bool) -> None:
    said = list(spoken(live, SpokenPace(word_steps=4, late_steps=30), late))
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
    outcomes = listen_to_all(engine, questions, policy, SpokenPace(3, late_steps), Sampling())
    assert [outcome.question for outcome in outcomes] == [asked.live.whole.question for asked in questions]
    assert all(outcome.right for outcome in outcomes)
    assert all(outcome.wait_steps is not None and outcome.wait_steps > 0 for outcome in outcomes)
    assert not engine.conversations
    assert set(split(outcomes)) == {asked.kind for asked in questions}
    assert summary(outcomes)["accuracy"] == 1.0


def test_an_answer_given_before_a_late_correction_is_wrong(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_that_knows(tokenizer, CorrectionPolicy.DROP)
    attempt = Listening(
        0, LiveQuestion(CORRECTED[0], LiveKind.LATE), "drop", SpokenPace(1, 500), engine.open("async", Sampling())
    )
    while not attempt.over:
        attempt.speak()
        for event in engine.step():
            attempt.take(event)
    assert not attempt.outcome().right


def test_an_answer_without_a_token_has_no_wait(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_that_knows(tokenizer, CorrectionPolicy.DROP)
    engine.runner._script = lambda _: SILENT  # type: ignore[attr-defined]
    silent = listen_to_all(engine, QUESTIONS[:2], "drop", SpokenPace(3), Sampling())
    assert [(outcome.answer, outcome.wait_steps) for outcome in silent] == [("", None)] * 2
    assert (summary(silent)["answered"], summary(silent)["wait_steps_p95"]) == (0, None)
    assert table({"drop": silent}).splitlines()[1].split()[-3:-1] == ["–", "–"]


def test_a_failing_engine_is_told_with_its_question(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_that_knows(tokenizer, CorrectionPolicy.DROP)

    def fail(_: object) -> object:
        raise MemoryError("the card is full")

    engine.runner.run = fail  # type: ignore[method-assign,assignment]
    with pytest.raises(RunError, match=r"the engine failed at '.*the card is full"):
        listen_to_all(engine, QUESTIONS[:2], "drop", SpokenPace(3), Sampling())
    assert not engine.conversations
