"""Live input: thinking goes on with the words, and what rests on words taken back is taken back."""

from __future__ import annotations

import pytest
from transformers import PreTrainedTokenizerBase

from engine.corrections import taken_back
from engine.engine import Engine
from engine.events import StreamCut, StreamName
from engine.model import CorrectionPolicy
from tests.engine.scripted import NEVER, Script, ScriptedRunner
from tests.engine.talk import GREEDY, RecordingRunner, live_prompts, make_engine, run

PHRASES = ("no", "no wait", "make that", "scratch that")


@pytest.mark.parametrize(
    ("before", "now", "corrected"),
    [
        ("what is 12", "what is 12 no wait", "12"),
        ("", "what is 12 plus 30, no, wait, 25", "30"),
        ("the red, no wait", "the red, no wait the blue", None),
        ("call Anna", "call Anna, make that Bob", "Anna"),
        ("", "no wait", None),
        ("1.5 and", "1.5 and scratch that", "1.5"),
        ("a no wa", "a nowait", None),
        ("what is 12 no", "what is 12 no wait", None),
    ],
)
def test_a_correction_takes_back_the_last_number_or_word_once(before: str, now: str, corrected: str | None) -> None:
    place = taken_back(before, now, PHRASES)
    assert (place is None) == (corrected is None)
    assert corrected is None or now[place:].startswith(corrected)


def listening(tokenizer: PreTrainedTokenizerBase, script: Script, **options: object) -> tuple[Engine, RecordingRunner]:
    prompts = live_prompts(3)
    runner = RecordingRunner(ScriptedRunner(tokenizer, prompts, script))
    return make_engine(tokenizer, prompts, runner, 400, **options), runner


LONG = Script("on and on " * 20, gate=NEVER)


def test_the_thinker_sees_new_words_in_the_very_next_step(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, runner = listening(tokenizer, LONG)
    conversation = engine.open("async", GREEDY)
    conversation.listen("what")
    run(engine, 6)
    conversation.listen("what is it")
    run(engine, 1)
    read, thought = ([ran for ran in runner.latest if ran.target == name] for name in ("input", "thoughts"))
    assert "what is it" in tokenizer.decode(list(thought[0].saw))
    assert [len(ran.tokens) for ran in read] == [len(tokenizer.encode(" is it"))], "only what is new is read"


@pytest.mark.parametrize("policy", CorrectionPolicy)
@pytest.mark.parametrize("text", ["what is 13", "what is 12, no wait"], ids=["revised", "corrected"])
def test_thoughts_since_the_words_taken_back_are_taken_back_if_wanted(
    tokenizer: PreTrainedTokenizerBase, policy: CorrectionPolicy, text: str
) -> None:
    engine, _ = listening(tokenizer, LONG, corrections=policy)
    conversation = engine.open("async", GREEDY)
    conversation.listen("what is")
    run(engine, 8)
    turn = conversation._turn
    assert turn is not None and turn.thinking is not None and turn.thinking.begun
    stream = turn.thinking.stream  # type: ignore[attr-defined]
    before, heard_in = stream.text, conversation.steps + 1
    conversation.listen("what is 12")
    run(engine, 8)
    assert len(stream.text) > len(before)
    conversation.listen(text)
    cuts = [event for event in run(engine, 1) if isinstance(event, StreamCut)]
    if policy is CorrectionPolicy.KEEP:
        assert not cuts and len(stream.text) > len(before)
    else:
        assert [(cut.stream, cut.characters) for cut in cuts] == [(StreamName.THOUGHTS, len(before))]
        assert stream.text.startswith(before)
        assert all(born < heard_in or born == conversation.steps for born in stream.born)


def test_while_everybody_waits_for_the_user_the_engine_has_nothing_to_do(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, _ = listening(tokenizer, Script("So.\n\n", "Yes."))
    conversation = engine.open("async", GREEDY)
    for text in ("what", "what is it"):
        conversation.listen(text)
        assert engine.has_work
        run(engine, 60)
        assert not engine.has_work and conversation.running
    conversation.end_input()
    assert engine.has_work
    run(engine)
    assert not conversation.running
