"""Ten turns with interruptions: later turns see exactly what was said and heard, and every logit is the oracle's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from transformers import PreTrainedTokenizerBase

from engine.conversation import Conversation
from engine.engine import Engine
from engine.events import EndReason, TurnEnded
from engine.methods.thinking import Thinker
from engine.model import HistoryPolicy
from engine.runner import ModelRunner
from engine.text import user_ids
from engine.view import Feed, Logits, View
from tests.engine.models import own_logits
from tests.engine.oracle import Oracle
from tests.engine.replayed import ReplayedRunner, exact_pair
from tests.engine.scripted import Script, ScriptedRunner
from tests.engine.talk import GREEDY, ask, live_prompts, make_engine, run

SCRIPT = Script("One.\n\nTwo, three.\n\n", "Well, 😀.\n\nSo it is.", (-1.0, 1.0))


@dataclass(frozen=True)
class Exchange:
    """A turn. steps: so many after the end of input, None: to its end. heard: characters of the answer that the user
    heard before going on, None: all. late: what the loudspeaker reports afterwards, None: nothing.
    """

    said: Sequence[str]
    steps: int | None = None
    heard: int | None = None
    late: int | None = None


TEN = (
    Exchange(["what is 12"]),
    Exchange(["and", "and 30"], steps=25, heard=7),
    Exchange(["no"], steps=3, heard=0),
    Exchange(["well", "what", "well, what then"], steps=1, heard=0),
    Exchange(["go on"]),
    Exchange(["once more"], heard=5),
    Exchange(["hi", "hello 😀"], heard=9, late=6),
    Exchange(["wait"], steps=0, heard=0),
    Exchange(["and?"], steps=40, heard=999, late=3),
    Exchange(["bye"]),
)


class Memory:
    """What later turns should see, told from what was said, heard and thought."""

    def __init__(self, engine: Engine, method: str) -> None:
        self._tokens, self._model, self._method = engine.model.tokens, engine.model, method
        self._carried: list[int] = []
        self.turns: list[list[int]] = []

    def add(self, said: str, answer: list[int], thoughts: list[int], interrupted: bool) -> None:
        """answer: as heard; thoughts: as read."""
        pieces = self._tokens
        words = [*pieces.input_open, *user_ids(self._model.tokenizer, said)]
        if self._model.history is not HistoryPolicy.KEEP:
            self.turns.append([*words, *pieces.history_role, *answer, *pieces.history_close])
            return
        prefix = pieces.thinker.prefix if self._method == "async" else pieces.think_prefix
        self._carried += [*prefix, *thoughts] if thoughts else []
        seen = [] if interrupted else self._carried
        before, behind, opened = {
            "async": (pieces.writer.role, pieces.writer.split, pieces.writer.prefix),
            "think": (pieces.think_role, (), pieces.answer_prefix),
        }[self._method]
        self.turns.append([*words, *before, *seen, *behind, *opened, *answer, *pieces.history_close])
        if not interrupted:
            self._carried = []

    @property
    def all(self) -> list[int]:
        return [token for turn in self.turns for token in turn]


def talk(engine: Engine, conversation: Conversation, exchanges: Sequence[Exchange]) -> Iterator[Memory]:
    """Plays the exchanges; after each, what should be remembered."""
    memory = Memory(engine, conversation.method)
    for exchange in exchanges:
        for text in exchange.said:
            conversation.listen(text)
            run(engine, 3)
        conversation.end_input()
        turn = conversation._turn
        assert turn is not None and isinstance(turn.thinking, Thinker)
        output, thoughts = turn.output, turn.thinking.stream
        run(engine, 10**6 if exchange.steps is None else exchange.steps)
        running, answer = conversation.running, output.generated
        for heard in (exchange.heard, exchange.late):
            if heard is not None:
                conversation.interrupt(heard, at_s=0.0)
                answer = output.generated[: output.within(heard)]
        run(engine)
        read = len(thoughts.generated) - (not thoughts.shown)  # the newest token may not have been read yet
        memory.add(exchange.said[-1], answer, thoughts.generated[: max(0, read)], running)
        yield memory


@pytest.mark.parametrize("history", HistoryPolicy)
@pytest.mark.parametrize("method", ["async", "think"])
@pytest.mark.parametrize("turns", [3, 20])
def test_after_each_of_ten_turns_exactly_what_was_said_and_heard_is_remembered(
    tokenizer: PreTrainedTokenizerBase, method: str, history: HistoryPolicy, turns: int
) -> None:
    prompts = live_prompts(turns)
    engine = make_engine(tokenizer, prompts, ScriptedRunner(tokenizer, prompts, SCRIPT, 16384), 2000, history=history)
    conversation = engine.open(method, GREEDY)
    for memory in talk(engine, conversation, TEN):
        found, kept = conversation.history_ids, min(turns, len(memory.turns))
        least = min(kept, 8)  # pages that are not full count, so not all of the longest past need be kept
        wanted = [[token for turn in memory.turns[-count:] for token in turn] for count in range(kept, least - 1, -1)]
        assert found in wanted, tokenizer.decode(found) + "\n\n" + tokenizer.decode(wanted[0])


@pytest.fixture(scope="module")
def exact(tokenizer: PreTrainedTokenizerBase) -> Iterator[tuple[ModelRunner, Oracle]]:
    runner, oracle = exact_pair(tokenizer)
    yield runner, oracle
    runner.close()


SHORT = tuple(  # no turn of a model that talks noise goes on for long
    Exchange(e.said, 14 if e.steps is None else e.steps, 99 if e.heard is None else e.heard, e.late) for e in TEN
)


@pytest.mark.parametrize("history", HistoryPolicy)
@pytest.mark.parametrize("method", ["async", "think"])
def test_over_ten_turns_every_logit_is_the_oracles(
    exact: tuple[ModelRunner, Oracle],
    tokenizer: PreTrainedTokenizerBase,
    method: str,
    history: HistoryPolicy,
) -> None:
    runner = ReplayedRunner(*exact)
    engine = make_engine(tokenizer, live_prompts(20), runner, 1000, history=history, read_tokens=5)
    conversation = engine.open(method, GREEDY)
    for memory in talk(engine, conversation, SHORT):
        if history is not HistoryPolicy.KEEP:
            assert conversation.history_ids == memory.all[-len(conversation.history_ids) :]
    assert runner.largest_error < 1e-11 and len(conversation.history_ids) > 100
    engine.shut_down()


@pytest.mark.parametrize("method", ["async", "think"])
def test_a_refreshed_past_is_read_as_the_model_itself_reads_the_transcript(
    exact: tuple[ModelRunner, Oracle], tokenizer: PreTrainedTokenizerBase, method: str
) -> None:
    runner, oracle = exact
    engine = make_engine(tokenizer, live_prompts(20), runner, 1000, history=HistoryPolicy.REFRESH, read_tokens=7)
    conversation = engine.open(method, GREEDY)
    probe = runner.arena.block("probe")
    for memory in talk(engine, conversation, SHORT):
        (found,) = runner.run([Feed(View(conversation._context.past, probe), [7, 8, 9], logits=Logits.ALL, keep=False)])
        assert found is not None
        assert (found - own_logits(oracle.model, [*memory.all, 7, 8, 9])[-3:]).abs().max() < 1e-11
    runner.arena.release(probe)
    engine.shut_down()


def test_an_interrupted_turn_tells_so_once(tokenizer: PreTrainedTokenizerBase) -> None:
    prompts = live_prompts(20)
    engine = make_engine(tokenizer, prompts, ScriptedRunner(tokenizer, prompts, SCRIPT), 400)
    conversation = engine.open("async", GREEDY)
    conversation.listen("hi")
    conversation.end_input()
    events = run(engine, 5)
    for _ in range(3):
        conversation.interrupt(0, at_s=3.0)
    events += run(engine)
    assert [(e.reason, e.at_s) for e in events if isinstance(e, TurnEnded)] == [(EndReason.INTERRUPTED, 3.0)]


@pytest.mark.parametrize("method", ["async", "think"])
def test_a_turn_whose_thoughts_are_too_long_to_keep_loses_its_oldest_thoughts_and_nothing_else(
    tokenizer: PreTrainedTokenizerBase, method: str
) -> None:
    prompts = live_prompts(3)
    thoughts = "".join(f"This is thought {number}.\n\n" for number in range(40))
    runner = ScriptedRunner(tokenizer, prompts, Script(thoughts, "It is so.", (-1.0,)), 16384)
    engine = make_engine(tokenizer, prompts, runner, 1000, history=HistoryPolicy.KEEP)
    conversation = engine.open(method, GREEDY)
    ask(conversation, "what is it")
    run(engine)
    past = tokenizer.decode(conversation.history_ids)
    assert "what is it" in past and "It is so." in past
    assert "thought 39." in past and "thought 1." not in past
    assert len(conversation.history_ids) <= 1000 // 3
    ask(conversation, "go on")
    run(engine)
    engine.close(conversation)
    engine.shut_down()
    assert engine.runner.arena.used_tokens == 0


@pytest.mark.parametrize("history", HistoryPolicy)
@pytest.mark.parametrize("steps", [0, 3, 400])
def test_of_a_turn_that_is_withdrawn_nothing_is_remembered_but_its_thoughts_are_kept(
    tokenizer: PreTrainedTokenizerBase, history: HistoryPolicy, steps: int
) -> None:
    """While its words come, while it is thought about, and when it was answered long ago."""
    prompts = live_prompts(20)
    engine = make_engine(tokenizer, prompts, ScriptedRunner(tokenizer, prompts, SCRIPT), 600, history=history)
    conversation = engine.open("async", GREEDY)
    ask(conversation, "hi")
    run(engine)
    before = conversation.history_ids
    conversation.listen("what is")
    run(engine, 2)
    if steps:
        conversation.end_input()
        run(engine, steps)
    conversation.interrupt(0, at_s=3.0, turn=2, withdrawn=True)
    conversation.interrupt(0, at_s=3.0, turn=2, withdrawn=True)
    run(engine)
    assert conversation.history_ids == before
    kept = {block.name for block in engine.runner.arena.blocks if "thoughts" in block.name}
    assert bool(kept) == (steps < 400 or history is HistoryPolicy.KEEP)
    ask(conversation, "what is it")
    events = run(engine)
    assert isinstance(events[-1], TurnEnded) and len(conversation.history_ids) > len(before)
    engine.close(conversation)
    assert engine.runner.arena.used_tokens == sum(block.length for block in engine.runner.arena.blocks)
    assert {block.name for block in engine.runner.arena.blocks} <= {"system"}
    engine.shut_down()
