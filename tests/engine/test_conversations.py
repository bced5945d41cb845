"""Whole conversations, several at once, whatever their users do at any moment: every logit is the oracle's, no memory
is lost, nobody's words change what another one hears.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerBase

from engine.events import EndReason, StreamEnded, TokenGenerated, TurnEnded
from engine.model import CorrectionPolicy, HistoryPolicy
from engine.runner import ModelRunner
from tests.engine.lives import SLOTS, WORDS, EndInput, Hold, Interrupt, Listen, Lives, Move, Open, Steps, moves
from tests.engine.oracle import Oracle
from tests.engine.replayed import Answered, ReplayedRunner, exact_pair
from tests.engine.scripted import Script, ScriptedRunner
from tests.engine.talk import GREEDY, ask, live_prompts, make_engine, run

LIMIT = 240
EVERYBODY: list[Move] = [Open(0, "async"), Open(1, "interleaved"), Open(2, "hogwild")]
LAST_STEPS: list[Move] = [
    *(Hold(slot, False) for slot in range(SLOTS)),
    *(Listen(slot, 100, (" and",)) for slot in range(SLOTS)),
    *map(EndInput, range(SLOTS)),
    Steps(9),
]
patient = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def exact(tokenizer: PreTrainedTokenizerBase) -> Iterator[tuple[ModelRunner, Oracle]]:
    runner, oracle = exact_pair(tokenizer)
    yield runner, oracle
    runner.close()


rules = st.fixed_dictionaries(
    {"history": st.sampled_from(HistoryPolicy), "corrections": st.sampled_from(CorrectionPolicy)}
)


@settings(patient, max_examples=8)
@given(life=moves, rules=rules, turns=st.sampled_from([0, 2, 20]), read_tokens=st.sampled_from([3, 40, 512]))
def test_whatever_users_do_every_logit_is_the_oracles_and_no_memory_is_lost(
    exact: tuple[ModelRunner, Oracle],
    tokenizer: PreTrainedTokenizerBase,
    life: list[Move],
    rules: dict[str, Any],
    turns: int,
    read_tokens: int,
) -> None:
    runner = ReplayedRunner(*exact)
    engine = make_engine(tokenizer, live_prompts(turns), runner, LIMIT, read_tokens=read_tokens, **rules)
    game = Lives(engine, runner)
    game.play([*EVERYBODY, *life, *LAST_STEPS])
    game.end()
    assert runner.largest_error < 1e-11


def lived(
    runner: ModelRunner, tokenizer: PreTrainedTokenizerBase, life: list[Move], rules: dict[str, Any], only: int | None
) -> dict[int, list[list[Answered]]]:
    """By slot, what each of its conversations computed, one after the other."""
    recorder = ReplayedRunner(runner)
    engine = make_engine(tokenizer, live_prompts(3), recorder, LIMIT, read_tokens=4096, **rules)
    game = Lives(engine, recorder, only)
    game.play(life)
    found = {
        slot: [recorder.answered[one.conversation._account] for one in lives] for slot, lives in enumerate(game.past)
    }
    game.end()
    return found


@settings(patient, max_examples=8)
@given(life=moves, rules=rules, slot=st.integers(0, SLOTS - 1))
def test_nobodys_logits_depend_on_who_else_is_there(
    exact: tuple[ModelRunner, Oracle],
    tokenizer: PreTrainedTokenizerBase,
    life: list[Move],
    rules: dict[str, Any],
    slot: int,
) -> None:
    life = [*EVERYBODY, *life, *LAST_STEPS]
    together = lived(exact[0], tokenizer, life, rules, None)[slot]
    alone = lived(exact[0], tokenizer, life, rules, slot)[slot]
    assert len(together) == len(alone)
    for mine, theirs in zip(together, alone, strict=True):
        assert [(one.target, one.saw) for one in mine] == [(one.target, one.saw) for one in theirs]
        for one, other in zip(mine, theirs, strict=True):
            assert (one.logits - other.logits).abs().max() < 1e-10


def single_streams(life: list[Move]) -> list[Move]:
    """The same life without workers and threads, of which the script knows nothing."""
    several = ("hogwild", "fork-join")
    return [
        replace(move, method="async") if isinstance(move, Open) and move.method in several else move for move in life
    ]


def any_script(question: str) -> Script:
    """Thoughts, an answer and a gate that depend on the question."""
    draw = zlib.crc32(question.encode())
    thoughts = "".join("So it goes on and on. " * (1 + (draw >> number) % 7) + "\n\n" for number in range(draw % 6))
    answer = "".join("Well, 😀 it is. " * (1 + (draw >> number) % 5) + "\n\n" for number in range(draw % 4)) + "End."
    return Script(thoughts, answer, [(-1.0, 1.0)[(draw >> number) & 1] for number in range(9)])


@settings(patient, max_examples=40)
@given(
    life=moves,
    rules=rules,
    turns=st.sampled_from([0, 1, 3, 20]),
    read_tokens=st.sampled_from([1, 3, 7, 50, 512]),
    limit=st.sampled_from([176, 200, 400]),
)
def test_no_life_makes_a_conversation_fail_or_outgrow_its_room(
    tokenizer: PreTrainedTokenizerBase,
    life: list[Move],
    rules: dict[str, Any],
    turns: int,
    read_tokens: int,
    limit: int,
) -> None:
    prompts = live_prompts(turns)
    runner = ReplayedRunner(ScriptedRunner(tokenizer, prompts, any_script, 16384))
    engine = make_engine(tokenizer, prompts, runner, limit, read_tokens=read_tokens, **rules)
    game = Lives(engine, runner)
    game.play(single_streams([*EVERYBODY, *life, *LAST_STEPS]))
    game.end()


def test_many_interruptions_in_a_row_do_not_fill_the_memory_with_nearly_empty_pages(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    prompts = live_prompts(20)
    script = Script("a\n\n" * 99, gate=(-1.0,))
    runner = ReplayedRunner(ScriptedRunner(tokenizer, prompts, script, 8192))
    game = Lives(make_engine(tokenizer, prompts, runner, 1000), runner)
    hasty: list[Move] = [Listen(0, 0, ("hi",)), EndInput(0), Steps(3), Interrupt(0, 0), Steps(2)]
    game.play([Open(0, "async"), *hasty * 70])
    game.end()


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_conversations_come_and_go_and_leave_nothing(tokenizer: PreTrainedTokenizerBase, count: int) -> None:
    prompts, draw = live_prompts(3), random.Random(5)
    engine = make_engine(tokenizer, prompts, ScriptedRunner(tokenizer, prompts, any_script, 16384), LIMIT)
    for _ in range(count):
        conversation = engine.open(draw.choice(["async", "think", "no-think", "interleaved"]), GREEDY)
        if draw.random() < 0.9:
            ask(conversation, draw.choice(WORDS))
            run(engine, draw.randrange(4))
        if draw.random() < 0.4:
            conversation.interrupt(draw.randrange(20), at_s=0.0)
            conversation.listen("more")
            run(engine, draw.randrange(3))
        engine.close(conversation)
        assert engine.runner.arena.used_tokens == 0 and len(engine.runner.arena.blocks) == 1
        assert not engine.conversations and not engine.has_work
    engine.shut_down()
    assert engine.runner.arena.blocks == () and engine.runner.arena.reserved_tokens == 0


@pytest.mark.parametrize("method", ["async", "think", "interleaved"])
@pytest.mark.parametrize("history", HistoryPolicy)
def test_a_conversation_five_times_as_long_as_the_limit_never_ends_for_want_of_room(
    tokenizer: PreTrainedTokenizerBase, method: str, history: HistoryPolicy
) -> None:
    prompts = live_prompts(20)
    script = Script("So it goes on and on.\n\n" * 12, "Well, it is so.\n\n" * 4, (-1.0,))
    runner = ReplayedRunner(ScriptedRunner(tokenizer, prompts, script, 8192))
    engine = make_engine(tokenizer, prompts, runner, 240, history=history)
    conversation = engine.open(method, GREEDY)
    events = []
    for _ in range(7):
        ask(conversation, "and then?")
        events += run(engine)
    written = [event for event in events if isinstance(event, TokenGenerated)]
    assert len(written) > 5 * 240 and runner.longest_view <= 240
    ends = [event.reason for event in events if isinstance(event, StreamEnded | TurnEnded)]
    assert len(ends) == 3 * 7 and {*ends} == {EndReason.FINISHED}
