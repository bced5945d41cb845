"""What patience, a calibrated gate and a question turned round make of an `async` turn."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError
from transformers import PreTrainedTokenizerBase

from engine.engine import Engine
from engine.events import Event, GateAnswered, StreamEnded, StreamName, TokenGenerated
from engine.prompts import InvertedPieces, Prompts
from tests.engine.scripted import Script, ScriptedRunner
from tests.engine.talk import GREEDY, ask, make_engine, prompts_of, run, text_of

OUTPUT, THOUGHTS = StreamName.OUTPUT, StreamName.THOUGHTS
SCRIPT = Script("One.\n\nTwo.\n\nThree.\n\nFour.\n\n", "Well.\n\nIt is so.", gate=(-1.0, 0.5, 2.0))


def engine_of(tokenizer: PreTrainedTokenizerBase, prompts: Prompts, **options: object) -> Engine:
    return make_engine(tokenizer, prompts, ScriptedRunner(tokenizer, prompts, SCRIPT), 400, **options)


def first_step(events: list[Event], stream: StreamName) -> int:
    return next(event.step for event in events if isinstance(event, TokenGenerated) and event.stream is stream)


def answers(events: list[Event]) -> list[GateAnswered]:
    return [event for event in events if isinstance(event, GateAnswered)]


def turn(engine: Engine, patience: float | None) -> list[Event]:
    conversation = engine.open("async", GREEDY, patience)
    ask(conversation, "hi")
    events = run(engine)
    engine.close(conversation)
    assert text_of(events, OUTPUT) == SCRIPT.answer
    return events


def test_more_patience_means_a_later_answer(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_of(tokenizer, prompts_of("demo"))
    turns = [turn(engine, patience) for patience in (0.0, 0.2, 0.5, 0.8, 0.9, 1.0)]
    begins = [first_step(events, OUTPUT) for events in turns]
    assert begins == sorted(begins) and len({*begins}) == 5  # none of the three answers is sure enough for 0.9
    assert not answers(turns[0]) and not answers(turns[-1])


def test_without_patience_the_answer_begins_with_the_thoughts_and_with_all_of_it_after_them(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    engine = engine_of(tokenizer, prompts_of("demo"))
    events = turn(engine, 0.0)
    assert first_step(events, OUTPUT) == first_step(events, THOUGHTS)
    events = turn(engine, 1.0)
    (ended,) = (event.step for event in events if isinstance(event, StreamEnded) and event.stream is THOUGHTS)
    assert first_step(events, OUTPUT) == ended + 1


def test_a_conversations_patience_goes_before_the_settings_and_theirs_before_the_prompts(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    prompts = prompts_of("demo", patience=0.3)
    assert engine_of(tokenizer, prompts).open().patience == 0.3
    engine = engine_of(tokenizer, prompts, patience=0.6)
    assert (engine.open().patience, engine.open(patience=0.0).patience) == (0.6, 0.0)
    for wrong in (-0.1, 1.5, math.nan):
        with pytest.raises(ValueError, match="patience must be from 0 to 1"):
            engine.open(patience=wrong)
    assert len(engine.conversations) == 2


def test_patience_can_be_changed_for_the_next_turn(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_of(tokenizer, prompts_of("demo"))
    conversation = engine.open("async", GREEDY, patience=1.0)
    ask(conversation, "hi")
    conversation.patience = 0.0
    assert first_step(run(engine), OUTPUT) > 1  # the turn at hand goes on as it began
    ask(conversation, "and")
    assert first_step(run(engine), OUTPUT) == 1
    with pytest.raises(ValueError, match="patience must be"):
        conversation.patience = 2.0


def test_the_gate_is_told_as_the_model_said_it_and_judged_as_it_is_calibrated(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    engine = engine_of(tokenizer, prompts_of("demo", bias=1.0, scale=2.0))
    found = answers(turn(engine, None))
    assert [event.log_odds for event in found[:3]] == [-1.0, 0.5, 2.0]
    assert [event.open for event in found[:3]] == [False, False, True]
    assert found[2].probability == pytest.approx(1 / (1 + math.exp(-2.0)))


def test_a_question_turned_round_is_asked_with_its_own_words_and_yes_means_wait(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    inversion = InvertedPieces(question="(behind?)", bias=-1.5)
    prompts = prompts_of("demo", inverted=True, inversion=inversion)
    engine = engine_of(tokenizer, prompts)
    asked = tokenizer.encode("(behind?)", add_special_tokens=False)
    assert list(engine.model.tokens.gate_question) == asked
    found = answers(turn(engine, None))
    assert [event.log_odds for event in found[:2]] == [1.0, -0.5]
    assert found[0].open and found[0].probability > 0.9


def test_a_question_turned_round_that_is_not_there_is_told() -> None:
    demo = prompts_of("demo").model_dump()
    with pytest.raises(ValidationError, match=r"needs a section \[gate.inversion\] with its question"):
        Prompts.model_validate(demo | {"gate": demo["gate"] | {"inverted": True}})
