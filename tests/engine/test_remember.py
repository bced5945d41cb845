"""Going on with turns that were had elsewhere: the next turn sees them as if they had been had here."""

import pytest
from transformers import PreTrainedTokenizerBase

from engine.conversation import Conversation
from engine.engine import Engine
from engine.errors import ContextFull
from engine.events import EndReason, TurnEnded
from engine.model import HistoryPolicy
from engine.text import user_ids
from tests.engine.scripted import Script, ScriptedRunner
from tests.engine.talk import GREEDY, live_prompts, make_engine, run

SCRIPT = Script("One.\n\nTwo, three.\n\n", "Well, 😀.\n\nSo it is.", (-1.0, 1.0))
HAD = (("what is 12", "It is 12."), ("and 30", ""), ("bye 😀", "Good\n\nbye."))


def going_on(
    tokenizer: PreTrainedTokenizerBase, history: HistoryPolicy, turns: int = 20, longest: int = 2000
) -> tuple[Engine, Conversation]:
    prompts = live_prompts(turns)
    engine = make_engine(
        tokenizer, prompts, ScriptedRunner(tokenizer, prompts, SCRIPT, 16384), longest, history=history
    )
    return engine, engine.open("async", GREEDY)


def transcript(engine: Engine, said: str, answer: str) -> list[int]:
    pieces, tokenizer = engine.model.tokens, engine.model.tokenizer
    words, heard = user_ids(tokenizer, said), user_ids(tokenizer, answer)
    return [*pieces.input_open, *words, *pieces.history_role, *heard, *pieces.history_close]


@pytest.mark.parametrize("history", HistoryPolicy)
def test_what_was_had_elsewhere_is_seen_as_a_transcript_and_the_next_turn_runs(
    tokenizer: PreTrainedTokenizerBase, history: HistoryPolicy
) -> None:
    engine, conversation = going_on(tokenizer, history)
    for said, answer in HAD:
        conversation.remember(said, answer)
    wanted = [token for turn in HAD for token in transcript(engine, *turn)]
    conversation.listen("and now?")
    now = [*engine.model.tokens.input_open, *user_ids(tokenizer, "and now?")]
    assert conversation.context_tokens == len(engine.model.tokens.system) + len(wanted) + len(now)
    conversation.end_input()
    events = run(engine)
    assert isinstance(events[-1], TurnEnded) and events[-1].reason is EndReason.FINISHED
    assert conversation.history_ids[: len(wanted)] == wanted
    assert conversation.remembered_turns == len(HAD) + 1


@pytest.mark.parametrize("history", HistoryPolicy)
def test_the_oldest_are_forgotten_where_the_model_sees_no_more(
    tokenizer: PreTrainedTokenizerBase, history: HistoryPolicy
) -> None:
    engine, conversation = going_on(tokenizer, history, turns=2)
    for said, answer in HAD:
        conversation.remember(said, answer)
    run(engine)
    assert conversation.remembered_turns == 2
    assert conversation.history_ids == [token for turn in HAD[1:] for token in transcript(engine, *turn)]


@pytest.mark.parametrize("history", HistoryPolicy)
def test_long_turns_give_way_and_the_memory_comes_back(
    tokenizer: PreTrainedTokenizerBase, history: HistoryPolicy
) -> None:
    engine, conversation = going_on(tokenizer, history, longest=600)
    for number in range(6):
        conversation.remember(f"{number} " * 150, "yes " * 80)
    conversation.remember("a " * 5000, "b")
    conversation.listen("so?")
    conversation.end_input()
    assert isinstance(run(engine)[-1], TurnEnded)
    assert conversation.remembered_turns <= 2
    with pytest.raises(ContextFull):
        conversation.listen("too long " * 600)
    engine.shut_down()
    assert engine.runner.arena.used_tokens == 0


def test_a_turn_that_has_begun_has_its_past_already(tokenizer: PreTrainedTokenizerBase) -> None:
    _, conversation = going_on(tokenizer, HistoryPolicy.DROP)
    conversation.listen("hello")
    with pytest.raises(RuntimeError, match="has begun"):
        conversation.remember("what", "that")
