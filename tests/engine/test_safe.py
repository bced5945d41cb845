"""`async-safe`: nothing of an answer is heard before the thinker has cleared the request."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from transformers import PreTrainedTokenizerBase

from engine.engine import Engine
from engine.errors import PromptInvalid
from engine.events import (
    ClearanceAnswered,
    EndReason,
    Event,
    StreamEnded,
    StreamName,
    TokenGenerated,
    TurnEnded,
)
from engine.methods.safe import FIRST_PHRASE_TOKENS
from engine.prompts import Prompts, SafetyPieces
from tests.engine.scripted import NEVER, Script, ScriptedRunner
from tests.engine.talk import GREEDY, RecordingRunner, ask, end_of, make_engine, prompts_of, run, text_of

THOUGHTS, OUTPUT = StreamName.THOUGHTS, StreamName.OUTPUT
REFUSAL = "No."
LONG = "So it goes. " * 12
QUESTION = "what is the sum of 12 and 30"


def safe_prompts(head_start_tokens: int = 10, every_steps: int = 7, turns: int = 0) -> Prompts:
    pieces = SafetyPieces(
        source="a test",
        question="(right?)",
        clear=" yes",
        refuse=" no",
        head_start_tokens=head_start_tokens,
        every_steps=every_steps,
        refusal=REFUSAL,
    )
    return prompts_of("demo", turns=turns, every_steps=2).model_copy(update={"safety": pieces})


def scripted(
    tokenizer: PreTrainedTokenizerBase, script: Script, prompts: Prompts | None = None
) -> tuple[Engine, RecordingRunner]:
    prompts = prompts or safe_prompts()
    runner = RecordingRunner(ScriptedRunner(tokenizer, prompts, script))  # type: ignore[arg-type]
    return make_engine(tokenizer, prompts, runner, 500), runner


def asked_steps(runner: RecordingRunner) -> list[int]:
    """The steps, from 1, in which the safety question rode."""
    return [number for number, step in enumerate(runner.of("clearance"), start=1) if step]


def answers(events: Sequence[Event]) -> list[ClearanceAnswered]:
    return [event for event in events if isinstance(event, ClearanceAnswered)]


def output_of(events: Sequence[Event]) -> list[TokenGenerated]:
    return [event for event in events if isinstance(event, TokenGenerated) and event.stream is OUTPUT]


def test_what_was_written_before_the_clearance_is_told_with_it_at_once(tokenizer: PreTrainedTokenizerBase) -> None:
    script = Script(LONG, "Well, hear.\n\nIt is so.", clearance=[None, None, 2.0])
    engine, runner = scripted(tokenizer, script)
    ask(engine.open("async-safe", GREEDY), QUESTION)
    events = run(engine)
    assert asked_steps(runner) == [11, 18, 25]
    (cleared,) = answers(events)
    assert (cleared.step, cleared.log_odds, cleared.cleared) == (25, 2.0, True)
    place = events.index(cleared)
    assert not output_of(events[:place]), "nothing is heard before"
    early = [event for event in output_of(events[place:]) if event.step < 25]
    assert "".join(event.text for event in early) == "Well, hear.\n\n", "the first phrase, and no more"
    assert events[place + 1 : place + 1 + len(early)] == early
    assert {event.at_s for event in early} == {cleared.at_s}
    assert [event.step for event in early] == sorted({event.step for event in early})
    assert text_of(events, OUTPUT) == script.answer and end_of(events) is EndReason.FINISHED


def test_an_endless_first_phrase_is_held_at_its_limit(tokenizer: PreTrainedTokenizerBase) -> None:
    script = Script(LONG * 2, "on and on " * 60, clearance=[None] * 12 + [1.0])
    engine, _ = scripted(tokenizer, script)
    ask(engine.open("async-safe", GREEDY), QUESTION)
    events = run(engine, 95)
    assert answers(events) and sum(event.step < 90 for event in output_of(events)) == FIRST_PHRASE_TOKENS


@pytest.mark.parametrize("gate", [(1.0,), NEVER])
def test_a_refusal_takes_all_back_and_is_the_answer(tokenizer: PreTrainedTokenizerBase, gate: Sequence[float]) -> None:
    engine, _ = scripted(tokenizer, Script(LONG, "Sure!\n\nHere.", gate, [None, -3.0]), safe_prompts(turns=2))
    conversation = engine.open("async-safe", GREEDY)
    ask(conversation, QUESTION)
    events = run(engine)
    (refused,) = answers(events)
    assert not refused.cleared and refused.log_odds == -3.0
    assert text_of(events, OUTPUT) == REFUSAL and end_of(events) is EndReason.FINISHED
    after = events[events.index(refused) + 1 :]
    assert [type(event) for event in after[-2:]] == [StreamEnded, TurnEnded]
    assert {event.step for event in after if not isinstance(event, TurnEnded)} == {refused.step}
    assert "Sure" not in tokenizer.decode(conversation.history_ids)
    assert REFUSAL in tokenizer.decode(conversation.history_ids)
    engine.close(conversation)
    assert engine.runner.arena.used_tokens == 0


@pytest.mark.parametrize(("log_odds", "said"), [(0.0, "Well."), (-0.5, REFUSAL)])
def test_short_thoughts_are_asked_about_once_at_their_end(
    tokenizer: PreTrainedTokenizerBase, log_odds: float, said: str
) -> None:
    script = Script("Hm.\n\n", "Well.", clearance=[log_odds])
    engine, runner = scripted(tokenizer, script, safe_prompts(head_start_tokens=1000))
    ask(engine.open("async-safe", GREEDY), QUESTION)
    events = run(engine)
    (ended,) = (e.step for e in events if isinstance(e, StreamEnded) and e.stream is THOUGHTS)
    assert asked_steps(runner) == [ended + 1]
    assert text_of(events, OUTPUT) == said


def test_an_answer_that_is_complete_before_its_clearance_ends_after_it(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, _ = scripted(tokenizer, Script(LONG, "Yes.", clearance=[None] * 4 + [1.0]))
    ask(engine.open("async-safe", GREEDY), QUESTION)
    events = run(engine)
    assert text_of(events, OUTPUT) == "Yes." and isinstance(events[-1], TurnEnded)
    assert events.index(answers(events)[0]) < events.index(output_of(events)[0])


def test_the_question_stands_behind_the_thoughts_and_leaves_no_trace(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, runner = scripted(tokenizer, Script(LONG, clearance=[None]))
    ask(engine.open("async-safe", GREEDY), QUESTION)
    for _ in range(30):
        engine.step()
        (block,) = (block for block in engine.runner.arena.blocks if block.name == "clearance")
        assert block.length == 0
        ran = {ran.target: tokenizer.decode(list(ran.saw)) for ran in runner.latest}
        if "clearance" in ran:
            assert ran["clearance"] == f"{ran['thoughts']}(right?)"
    assert len(asked_steps(runner)) == 3


def test_new_words_withdraw_the_clearance_of_what_was_not_said(tokenizer: PreTrainedTokenizerBase) -> None:
    def says(question: str) -> Script:
        return Script(LONG, "One.\n\nTwo.\n\nThree.", clearance=[1.0, -1.0])

    prompts = safe_prompts(head_start_tokens=4)
    runner = ScriptedRunner(tokenizer, prompts, says)
    engine = make_engine(tokenizer, prompts, runner, 500)
    conversation = engine.open("async-safe", GREEDY)
    ask(conversation, QUESTION)
    events = run(engine, 9)
    told = text_of(events, OUTPUT)
    assert told and answers(events)[0].cleared
    conversation.listen(f"{QUESTION} and how do I harm them")
    events += run(engine, 12)
    assert text_of(events, OUTPUT) == told
    conversation.end_input()
    events += run(engine)
    assert [answer.cleared for answer in answers(events)] == [True, False]
    assert text_of(events, OUTPUT) == told + REFUSAL


def test_an_interrupted_answer_that_was_held_is_not_remembered(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, _ = scripted(tokenizer, Script(LONG, "Sure!", clearance=[None]), safe_prompts(turns=2))
    conversation = engine.open("async-safe", GREEDY)
    ask(conversation, QUESTION)
    assert not output_of(run(engine, 30))
    conversation.interrupt(100, 0.0)
    run(engine)
    assert "Sure" not in tokenizer.decode(conversation.history_ids)
    engine.close(conversation)
    assert engine.runner.arena.used_tokens == 0


@pytest.mark.parametrize("piece", ["question", "refusal"])
def test_prompts_that_leave_no_room_for_the_clearance_are_an_error(
    tokenizer: PreTrainedTokenizerBase, piece: str
) -> None:
    prompts = safe_prompts()
    assert prompts.safety is not None
    longer = prompts.safety.model_copy(update={piece: "so many words " * 30})
    engine, _ = scripted(tokenizer, Script(), prompts.model_copy(update={"safety": longer}))
    with pytest.raises(PromptInvalid, match=r"'demo' need conversations of \d+ tokens for their clearance"):
        engine.open("async-safe")
    engine.open("async")


def test_prompts_without_the_section_are_refused(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, _ = scripted(tokenizer, Script(), prompts_of("demo"))
    with pytest.raises(PromptInvalid, match=r"no section \[safety\]"):
        engine.open("async-safe")
