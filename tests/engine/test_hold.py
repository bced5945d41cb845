"""Hold: a writer that is far enough ahead of the mouth pauses at the end of a clause, and loses nothing."""

from __future__ import annotations

import pytest
from transformers import PreTrainedTokenizerBase

from engine.engine import Engine
from engine.events import Event, StreamName
from engine.methods.base import HELD_TOKENS
from tests.engine.scripted import ALWAYS, NEVER, Script, ScriptedRunner
from tests.engine.talk import GREEDY, ask, make_engine, prompts_of, run, text_of

OUTPUT, THOUGHTS = StreamName.OUTPUT, StreamName.THOUGHTS
SINGLE = ("async", "interleaved", "think", "no-think")  # methods whose streams the script knows
SCRIPT = Script("So it goes.\n\n" * 20, "One, two and three.\n\nIt is 3.5, then four. Done", ALWAYS)


def engine_of(tokenizer: PreTrainedTokenizerBase, script: Script) -> Engine:
    prompts = prompts_of("demo")
    return make_engine(tokenizer, prompts, ScriptedRunner(tokenizer, prompts, script), 400)


def until(engine: Engine, written: str) -> list[Event]:
    """Steps until the answer is so far."""
    events: list[Event] = []
    while text_of(events, OUTPUT) != written:
        assert engine.has_work and len(text_of(events, OUTPUT)) < len(written)
        events += engine.step()
    return events


@pytest.mark.parametrize("method", SINGLE)
@pytest.mark.parametrize(
    ("at", "pauses_at"),
    [
        ("", ""),
        ("One", "One,"),
        ("One,", "One,"),
        ("One, two and", "One, two and three.\n\n"),
        ("One, two and three.\n\nIt is 3.", "One, two and three.\n\nIt is 3.5, then four."),
    ],
)
def test_a_held_writer_pauses_at_the_end_of_a_clause_and_goes_on_where_it_stopped(
    tokenizer: PreTrainedTokenizerBase, method: str, at: str, pauses_at: str
) -> None:
    engine = engine_of(tokenizer, SCRIPT)
    conversation = engine.open(method, GREEDY, patience=0.0)
    ask(conversation, "hi")
    events = until(engine, at)
    conversation.hold(True)
    events += run(engine)
    assert text_of(events, OUTPUT) == pauses_at and conversation.running and not conversation.has_work
    conversation.hold(False)
    assert conversation.has_work
    events += run(engine)
    assert text_of(events, OUTPUT) == SCRIPT.answer and not conversation.running


@pytest.mark.parametrize("method", ["async", "interleaved"])
def test_the_thoughts_go_on_meanwhile(tokenizer: PreTrainedTokenizerBase, method: str) -> None:
    engine = engine_of(tokenizer, SCRIPT)
    conversation = engine.open(method, GREEDY, patience=0.0)
    ask(conversation, "hi")
    events = until(engine, "One,")
    before = text_of(events, THOUGHTS)
    conversation.hold(True)
    events += run(engine)
    assert text_of(events, THOUGHTS) == SCRIPT.thoughts != before


def test_where_no_clause_ends_the_writer_pauses_all_the_same(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_of(tokenizer, Script(answer="on and " * 200, gate=NEVER))
    conversation = engine.open("no-think", GREEDY)
    ask(conversation, "hi")
    run(engine, 9)
    conversation.hold(True)
    more = text_of(run(engine), OUTPUT)
    assert 0 < len(tokenizer.encode(more, add_special_tokens=False)) <= HELD_TOKENS


def test_a_hold_ends_with_its_turn_and_comes_too_late_for_another(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_of(tokenizer, SCRIPT)
    conversation = engine.open("no-think", GREEDY)
    conversation.hold(True)  # nothing runs
    ask(conversation, "hi")
    run(engine, 3)
    conversation.hold(True)
    conversation.interrupt(0, at_s=0.0)
    ask(conversation, "hi again")
    conversation.hold(True, turn=1)
    assert text_of(run(engine), OUTPUT) == SCRIPT.answer


def test_words_that_come_while_it_is_held_are_heard_and_answered(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_of(tokenizer, SCRIPT)
    conversation = engine.open("async", GREEDY, patience=0.0)
    ask(conversation, "hi")
    events = until(engine, "One,")
    conversation.hold(True)
    run(engine)
    conversation.listen("hi there")
    run(engine)
    conversation.end_input()
    events += run(engine)
    conversation.hold(False)
    events += run(engine)
    assert text_of(events, OUTPUT) == SCRIPT.answer
