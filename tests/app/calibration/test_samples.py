"""Where labelled answers of the gate come from: real turns of an engine that follows a script."""

from __future__ import annotations

import random

import pytest
from transformers import PreTrainedTokenizerBase

from app.calibration.samples import NEARLY_ALL, Asked, by_outcome, by_paragraphs, patience_at, turns
from app.demo.problems import SUM_FAMILIES, Problem, sample_problem
from engine.engine import Engine
from engine.events import GateAnswered, StreamEnded, StreamName, TokenGenerated
from engine.loading import load_tokenizer
from engine.prompts import Prompts
from tests.engine.scripted import Script, ScriptedRunner
from tests.engine.talk import GREEDY, make_engine, prompts_of
from tests.engine.tiny_qwen3 import save_tiny_qwen3

RNG = random.Random(3)
PROBLEMS = [sample_problem(RNG, held_out=False, families=SUM_FAMILIES) for _ in range(6)]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    return load_tokenizer(save_tiny_qwen3(tmp_path_factory.mktemp("tiny-qwen3")))


def engine_of(
    tokenizer: PreTrainedTokenizerBase, scripts: dict[str, Script], prompts: Prompts | None = None, limit: int = 1200
) -> Engine:
    prompts = prompts or prompts_of("demo")
    runner = ScriptedRunner(tokenizer, prompts, lambda text: scripts[text], 40_000)
    return make_engine(tokenizer, prompts, runner, limit)


def own_words(problem: Problem, gate: tuple[float, ...]) -> Script:
    return Script("\n\n".join(problem.thoughts) + "\n\n", "\n\n".join(problem.answer), gate)


def test_answers_are_labelled_by_the_paragraphs_the_answer_rests_on(tokenizer: PreTrainedTokenizerBase) -> None:
    """A gate that always says yes is ahead only by chance; its labels are recounted from the events."""
    engine = engine_of(tokenizer, {one.question: own_words(one, (-1.0, 2.0)) for one in PROBLEMS})
    samples = by_paragraphs(engine, PROBLEMS, GREEDY)
    assert {one.turn for one in samples} == set(range(len(PROBLEMS)))
    assert {one.ahead for one in samples} == {True, False} and {one.log_odds for one in samples} == {-1.0, 2.0}
    assert not engine.conversations
    for number, events in turns(engine, [Asked(one.question, 0.5) for one in PROBLEMS], GREEDY):
        expected = []
        done = {StreamName.THOUGHTS: [0], StreamName.OUTPUT: [0]}  # steps in which paragraphs were completed
        for event in events:
            if isinstance(event, TokenGenerated) and event.text.endswith("\n\n"):
                done[event.stream].append(event.step)
        for event in events:
            if isinstance(event, GateAnswered):
                thoughts, said = (sum(0 < step < event.step for step in steps) for steps in done.values())
                expected.append(thoughts >= PROBLEMS[number].needs[said])
        assert [one.ahead for one in samples if one.turn == number] == expected


def test_turns_in_other_paragraphs_than_the_problem_are_left_out(tokenizer: PreTrainedTokenizerBase) -> None:
    scripts = {one.question: own_words(one, (-1.0, 2.0)) for one in PROBLEMS[1:]}
    scripts[PROBLEMS[0].question] = Script("So.\n\n", "It is 5.", (1.0,))
    samples = by_paragraphs(engine_of(tokenizer, scripts), PROBLEMS, GREEDY)
    assert {one.turn for one in samples} == set(range(1, len(PROBLEMS)))


def test_with_nearly_all_patience_the_gate_is_asked_and_stays_closed(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_of(tokenizer, {"hi": Script("So.\n\n" * 5, "Well.", (-3.0, 30.0))})
    ((_, events),) = turns(engine, [Asked("hi", NEARLY_ALL)], GREEDY)
    answers = [event for event in events if isinstance(event, GateAnswered)]
    (ended,) = (
        event.step for event in events if isinstance(event, StreamEnded) and event.stream is StreamName.THOUGHTS
    )
    assert len(answers) >= 4 and not any(event.open for event in answers)
    assert all(event.step > ended for event in events if getattr(event, "stream", None) is StreamName.OUTPUT)


@pytest.mark.parametrize("log_odds", [-30.0, -4.0, 0.0, 0.3, 13.0, 25.0])
@pytest.mark.parametrize("bias_scale", [(0.0, 1.0), (2.0, 0.3)])
def test_the_gate_can_be_set_to_open_at_just_these_log_odds(
    tokenizer: PreTrainedTokenizerBase, log_odds: float, bias_scale: tuple[float, float]
) -> None:
    prompts = prompts_of("demo", bias=bias_scale[0], scale=bias_scale[1])
    gate = (log_odds - 0.1, log_odds - 0.01, log_odds)
    engine = engine_of(tokenizer, {"hi": Script("So.\n\n" * 5, "Well.", gate)}, prompts)
    ((_, events),) = turns(engine, [Asked("hi", patience_at(engine, log_odds))], GREEDY)
    opened = [event.open for event in events if isinstance(event, GateAnswered)]
    assert opened[:3] == [False, False, True]


def test_outcomes_label_the_moment_at_which_the_answer_was_begun(tokenizer: PreTrainedTokenizerBase) -> None:
    """Question 0 is never answered rightly, so it teaches nothing; the others are."""
    gate = (-2.0, -1.0, 1.0, 2.0)
    scripts = {f"q{number}": Script("So.\n\n" * 5, f"It is {number}.", gate) for number in range(9)}
    engine = engine_of(tokenizer, scripts)
    asked: list[int] = []

    def is_right(number: int, answer: str) -> bool:
        asked.append(number)
        return number != 0 and answer == f"It is {number}."

    samples = by_outcome(engine, list(scripts), is_right, GREEDY, seed=4)
    assert [one.turn for one in samples] == list(range(1, 9)) and all(one.ahead for one in samples)
    assert {one.log_odds for one in samples} <= {*gate} and len({one.log_odds for one in samples}) > 1
    assert sorted(asked) == sorted([*range(9), *range(1, 9)])


def test_a_question_that_is_too_long_is_left_out(tokenizer: PreTrainedTokenizerBase) -> None:
    scripts = {"hi": Script(), "long " * 400: Script()}
    engine = engine_of(tokenizer, scripts, limit=400)
    assert [number for number, _ in turns(engine, [Asked(text, 0.5) for text in scripts], GREEDY)] == [0]
    assert not engine.conversations
