"""Hogwild! workers: who sees what, when they rest, end and are asked, and that they are exact and fit their room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from random import Random
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from engine.block import Block
from engine.engine import Engine
from engine.errors import PromptInvalid
from engine.events import (
    ConversationFailed,
    EndReason,
    Event,
    StreamCompacted,
    StreamCut,
    StreamEnded,
    StreamName,
    TokenGenerated,
)
from engine.generation import Generation, Moment
from engine.methods.hogwild import HogwildTurn
from engine.methods.workers import Headings, Workers
from engine.model import HistoryPolicy
from engine.prompt_tokens import HogwildTokens
from engine.prompts import Layout, Prompts
from engine.rope import Rotation
from engine.runner import ModelRunner
from engine.sampling import Sampler
from engine.text import piece_ids
from engine.view import Feed, Sees, View
from tests.engine.models import exact_model
from tests.engine.oracle import Oracle, OracleBlock, OracleFeed
from tests.engine.published import cases, published_runner
from tests.engine.scripted import ALWAYS
from tests.engine.scripted_workers import END, REST, DiceWorkers, ScriptedWorkers, hogwild_prompts
from tests.engine.talk import GREEDY, RecordingRunner, ask, end_of, make_engine, prompts_of, run, text_of, tokens_of
from tests.engine.test_published import compare, last_row

THOUGHTS, OUTPUT = StreamName.THOUGHTS, StreamName.OUTPUT
QUESTION = "add these"
USER = f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n"
BEFORE = f"{USER}\n\n...<|im_end|>\n<|im_start|>assistant\n<think>"  # of the answer only its prefix stands

Lanes = Mapping[str, Sequence[str | object]]


def scripted(
    tokenizer: PreTrainedTokenizerBase, prompts: Prompts, lanes: Lanes, room: int = 400, **options: Any
) -> tuple[Engine, RecordingRunner]:
    """An engine whose workers follow scripts, and the record of its steps."""
    said = {name: options.pop(name) for name in ("answer", "gate") if name in options}
    runner = RecordingRunner(ScriptedWorkers(tokenizer, prompts, lanes, **said))
    return make_engine(tokenizer, prompts, runner, conversation_tokens=room, **options), runner


def lane_text(events: Sequence[Event], lane: str) -> str:
    return "".join(e.text for e in events if isinstance(e, TokenGenerated) and e.lane == lane)


def ends(events: Sequence[Event]) -> list[tuple[str, EndReason, int]]:
    """Lane, reason and step of every stream of thoughts that ended."""
    return [(e.lane, e.reason, e.step) for e in events if isinstance(e, StreamEnded) and e.stream is THOUGHTS]


def seen(tokenizer: PreTrainedTokenizerBase, runner: RecordingRunner, step: int = -1) -> dict[str, str]:
    """What each stream saw in this step, its own newest tokens included."""
    return {ran.target: tokenizer.decode(list(ran.saw)) for ran in runner.steps[step]}


# -- who sees what

# After step 10 worker 1 has one paragraph and some letters, worker 2 two, worker 3 none.
LETTERS: Lanes = {"1": ["ab\n\n", "cdefghij"], "2": ["k\n\n", "l\n\n", "mnopqrst"], "3": ["u" * 30]}


def three(tokenizer: PreTrainedTokenizerBase, layout: Layout, steps: int = 10) -> tuple[RecordingRunner, list[Event]]:
    engine, runner = scripted(tokenizer, hogwild_prompts(layout, workers=3), LETTERS)
    ask(engine.open("hogwild", GREEDY), QUESTION)
    events: list[Event] = []
    while not events or events[-1].step < steps:  # type: ignore[union-attr]
        events += run(engine, 1)
    return runner, events


def fed(events: Sequence[Event], lane: str) -> str:
    """What stands in the lane's blocks: all that was generated but for the newest token."""
    tokens = [e for e in events if isinstance(e, TokenGenerated) and e.lane == lane]
    return "".join(event.text for event in tokens if event.step < events[-1].step)  # type: ignore[union-attr]


def test_in_the_contiguous_layout_a_worker_sees_the_others_texts_before_its_own(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    runner, events = three(tokenizer, Layout.CONTIGUOUS)
    texts = {lane: f"W{lane}: {fed(events, lane)}" for lane in "123"}
    found = seen(tokenizer, runner)
    for lane in "123":
        others = "".join(texts[other] for other in "123" if other != lane)
        assert found[f"thoughts {lane}"] == BEFORE + others + texts[lane]
    assert texts["2"].count("\n\n") == 2 and texts["1"].count("\n\n") == 1


def test_in_the_interleaved_layout_a_worker_sees_finished_paragraphs_only(tokenizer: PreTrainedTokenizerBase) -> None:
    runner, events = three(tokenizer, Layout.INTERLEAVED)
    found, (past, current) = seen(tokenizer, runner), paragraphs(events)
    for lane in "123":
        assert found[f"thoughts {lane}"] == f"{BEFORE}PAST\n{past}OWN\n{current[lane]}"


def test_in_the_combined_layout_a_worker_sees_them_and_what_the_others_write(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    runner, events = three(tokenizer, Layout.COMBINED)
    found, (past, current) = seen(tokenizer, runner), paragraphs(events)
    for lane in "123":
        others = "".join(current[other] for other in "123" if other != lane)
        assert found[f"thoughts {lane}"] == f"{BEFORE}PAST\n{past}OTHERS\n{others}OWN\n{current[lane]}"


def paragraphs(events: Sequence[Event]) -> tuple[str, dict[str, str]]:
    """Finished paragraphs in the order of their ends, and the unfinished ones; each begins with its worker's name."""
    current, past = {lane: f"W{lane}: " for lane in "123"}, ""
    latest = events[-1].step  # type: ignore[union-attr]
    for event in events:
        if isinstance(event, TokenGenerated) and event.step < latest:
            current[event.lane] += event.text
            if event.text.endswith("\n\n"):
                past += current[event.lane]
                current[event.lane] = f"W{event.lane}: "
    assert [part[:2] for part in past.split("\n\n")[:-1]] == ["W2", "W1", "W2"]
    return past, current


@pytest.mark.parametrize("layout", Layout)
def test_the_writer_sees_finished_paragraphs_then_current_ones_and_the_question_stands_behind_worker_one(
    tokenizer: PreTrainedTokenizerBase, layout: Layout
) -> None:
    lanes = {**LETTERS, "1": ["ab\n\n", END]}
    engine, runner = scripted(tokenizer, hogwild_prompts(layout, workers=3), lanes, gate=ALWAYS)
    ask(engine.open("hogwild", GREEDY), QUESTION)
    run(engine)
    steps = [seen(tokenizer, runner, step) for step in range(len(runner.steps))]
    asked = [found for found in steps if "question" in found]
    assert asked and all(found["question"] == found["thoughts 1"] + "(ready?)" for found in asked)
    *_, written = (found["output"] for found in steps if "output" in found)
    thoughts = written.removeprefix(f"{USER}<think>\n").split("...\n</think>")[0]
    assert not any(heading in thoughts for heading in ("PAST", "OTHERS", "OWN"))
    if layout is Layout.CONTIGUOUS:
        assert thoughts == "W1: ab\n\nW2: k\n\nlW3: uuu"
    else:
        assert thoughts == "W2: k\n\nW1: ab\n\nW1: W2: lW3: uuu"


@pytest.mark.parametrize("layout", [Layout.INTERLEAVED, Layout.COMBINED])
def test_a_finished_paragraph_is_not_computed_again(tokenizer: PreTrainedTokenizerBase, layout: Layout) -> None:
    """Its last token is run in the step in which the next paragraph begins; everybody sees both from then on."""
    runner, events = three(tokenizer, layout)
    (end,) = (e.step for e in events if isinstance(e, TokenGenerated) and e.lane == "1" and e.text.endswith("\n\n"))
    reading = len(runner.steps) - 10
    feeds = [ran for ran in runner.steps[reading + end] if ran.target == "thoughts 1"]
    assert [tokenizer.decode(list(ran.tokens)) for ran in feeds] == ["\n\n", "W1: "]
    assert feeds[0].logits is None
    assert "W1: ab\n\n" in seen(tokenizer, runner, reading + end)["thoughts 3"]
    for lane in "123":
        ran = [
            tokenizer.decode(list(r.tokens)) for step in runner.steps for r in step if r.target == f"thoughts {lane}"
        ]
        finished = fed(events, lane).count("\n\n")
        assert "".join(ran) == f"W{lane}: " + fed(events, lane).replace("\n\n", f"\n\nW{lane}: ")
        assert finished == ran.count("\n\n")


# -- when they rest and end


@pytest.mark.parametrize("layout", Layout)
def test_one_worker_that_has_the_answer_ends_the_thoughts_of_all(
    tokenizer: PreTrainedTokenizerBase, layout: Layout
) -> None:
    lanes: Lanes = {"1": ["a" * 50], "2": ["bc", END], "3": ["d" * 50]}
    engine, runner = scripted(tokenizer, hogwild_prompts(layout, workers=3), lanes)
    ask(engine.open("hogwild", GREEDY), QUESTION)
    events = run(engine)
    assert ends(events) == [(lane, EndReason.FINISHED, 3) for lane in "123"]
    assert [lane_text(events, lane) for lane in "123"] == ["aaa", "bc", "dd"]
    assert text_of(events, OUTPUT) == "Done." and end_of(events) is EndReason.FINISHED
    assert "W1: aaaW2: bcW3: dd" in seen(tokenizer, runner)["output"]


def test_who_rests_is_fed_again_beside_the_last_token_of_anybodys_paragraph(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    lanes: Lanes = {"1": ["ab\n\n", REST, "c\n\n", END], "2": [REST, "de\n\n", REST, REST]}
    engine, runner = scripted(tokenizer, hogwild_prompts(Layout.CONTIGUOUS), lanes)
    ask(engine.open("hogwild", GREEDY), QUESTION)
    events = run(engine)
    names = ("thoughts 1", "thoughts 2")
    rows = [
        [tokenizer.decode(list(ran.tokens)) for name in names for ran in step if ran.target == name]
        for step in runner.steps
    ]
    assert [row for row in rows if row] == [
        ["W1: ", "W2: "],  # 1: "a"; 2 rests
        ["a"],
        ["b"],  # the paragraph's last token is chosen
        ["\n\n", "W2: "],  # 1 rests; 2: "d"
        ["d"],
        ["e"],
        ["\n\n", "\n\n"],  # 1: "c"; 2 rests
        ["c"],
        ["\n\n", "\n\n"],  # 1 has the answer
    ]
    assert "W1: ab\n\nW2: " in seen(tokenizer, runner, rows.index(["\n\n", "W2: "]))["thoughts 2"]
    assert ends(events) == [("1", EndReason.FINISHED, 9), ("2", EndReason.FINISHED, 9)]


def test_a_paragraph_completed_in_the_same_step_wakes_one_that_rests_only_now(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    lanes: Lanes = {"1": ["a\n\n", "b" * 9], "2": ["c", REST, "d\n\n"]}
    engine, _ = scripted(tokenizer, hogwild_prompts(Layout.COMBINED), lanes)
    ask(engine.open("hogwild", GREEDY), QUESTION)
    events = run(engine)
    steps = [event.step for event in events if isinstance(event, TokenGenerated) and event.lane == "2"]
    assert steps[:2] == [1, 3]


@pytest.mark.parametrize("layout", Layout)
def test_when_all_rest_there_is_nothing_left_to_think(tokenizer: PreTrainedTokenizerBase, layout: Layout) -> None:
    lanes: Lanes = {"1": ["a\n\n", REST, REST, REST], "2": [REST] * 5}
    engine, _ = scripted(tokenizer, hogwild_prompts(layout), lanes)
    ask(engine.open("hogwild", GREEDY), QUESTION)
    events = run(engine)
    assert {reason for _, reason, _ in ends(events)} == {EndReason.FINISHED}
    assert (lane_text(events, "1"), lane_text(events, "2"), text_of(events, OUTPUT)) == ("a\n\n", "", "Done.")


def test_without_a_token_for_it_nobody_rests(tokenizer: PreTrainedTokenizerBase) -> None:
    prompts = hogwild_prompts(Layout.COMBINED, rest="")
    engine, _ = scripted(tokenizer, prompts, {"1": ["a" * 5, END], "2": ["b" * 9]})
    ask(engine.open("hogwild", GREEDY), QUESTION)
    assert [lane for lane, _, _ in ends(run(engine))] == ["1", "2"]


@pytest.mark.parametrize("layout", Layout)
def test_the_budget_of_thoughts_is_that_of_all_workers_together(
    tokenizer: PreTrainedTokenizerBase, layout: Layout
) -> None:
    lanes: Lanes = {lane: ["a\n\n" * 99] for lane in "123"}
    engine, _ = scripted(tokenizer, hogwild_prompts(layout, workers=3), lanes, thought_tokens=50)
    ask(engine.open("hogwild", GREEDY), QUESTION)
    events = run(engine)
    assert len(tokens_of(events, THOUGHTS)) == 50
    assert [reason for _, reason, _ in ends(events)] == [EndReason.LIMIT] * 3
    assert end_of(events) is EndReason.FINISHED


@pytest.mark.parametrize("layout", Layout)
def test_words_that_come_after_the_end_find_every_thought_once(
    tokenizer: PreTrainedTokenizerBase, layout: Layout
) -> None:
    lanes: Lanes = {"1": ["a\n\n", "c" * 9], "2": ["b", END, "d", END]}
    engine, runner = scripted(tokenizer, hogwild_prompts(layout), lanes, answer="so " * 20)
    conversation = engine.open("hogwild", GREEDY)
    ask(conversation, QUESTION)
    while conversation.steps < 4:
        run(engine, 1)
    assert "<think>\nW1: a\n\nW2: b..." in seen(tokenizer, runner)["output"]
    conversation.listen(f"{QUESTION} please")
    conversation.end_input()
    events = run(engine)
    past = "" if layout is Layout.CONTIGUOUS else "W1: "
    assert f"<think>\nW1: a\n\n{past}ccW2: bd..." in seen(tokenizer, runner)["output"]
    assert end_of(events) is EndReason.FINISHED


# -- the question about redundant work


@pytest.mark.parametrize("layout", Layout)
def test_a_worker_is_asked_at_the_beginning_of_a_paragraph_every_so_many_tokens(
    tokenizer: PreTrainedTokenizerBase, layout: Layout
) -> None:
    lanes: Lanes = {"1": ["ab\n\n", "cd\n\n", "ef\n\n", "gh\n\n", "ij\n\n"], "2": [REST] * 9}
    prompts = hogwild_prompts(layout, check="Again? ", check_every_tokens=5)
    engine, runner = scripted(tokenizer, prompts, lanes)
    ask(engine.open("hogwild", GREEDY), QUESTION)
    events = run(engine)
    assert lane_text(events, "1") == "ab\n\ncd\n\nAgain? ef\n\ngh\n\nAgain? ij\n\n"
    check = [tokenizer.decode(list(ran.tokens)) for step in runner.of("thoughts 1", generating=True) for ran in step]
    prefix = "\n\n" if layout is Layout.CONTIGUOUS else "W1: "
    assert check.count(f"{prefix}Again? ") == 2


# -- live input


@pytest.mark.parametrize("layout", Layout)
def test_while_the_user_speaks_the_answer_means_rest_and_new_words_wake_all(
    tokenizer: PreTrainedTokenizerBase, layout: Layout
) -> None:
    lanes: Lanes = {"1": ["a", END, "b\n\n", REST, "c", END], "2": [REST, REST, REST, "d", "d", "d"]}
    engine, runner = scripted(tokenizer, hogwild_prompts(layout, live=True), lanes)
    conversation = engine.open("hogwild", GREEDY)
    conversation.listen("add")
    events = run(engine)
    assert lane_text(events, "1") == "a" and not engine.has_work and not ends(events)
    conversation.listen(QUESTION)
    events += run(engine)
    assert lane_text(events, "1") == "ab\n\n" and not engine.has_work and not ends(events)
    assert all(QUESTION in text for name, text in seen(tokenizer, runner).items() if name.startswith("thoughts"))
    conversation.end_input()
    events += run(engine)
    assert lane_text(events, "1") == "ab\n\nc" and lane_text(events, "2") == "d"
    assert [lane for lane, _, _ in ends(events)] == ["1", "2"] and text_of(events, OUTPUT) == "Done."


# -- taking thoughts back


@pytest.mark.parametrize(("layout", "step"), [*product(Layout, (1, 2, 3, 7, 12, 20, 29, 30))])
def test_thoughts_taken_back_are_thought_again_in_the_same_way(
    eager: tuple[PreTrainedTokenizerBase, Any], layout: Layout, step: int
) -> None:
    tokenizer, model = eager
    runner = ModelRunner(model, 8192)
    engine = make_engine(tokenizer, hogwild_prompts(layout, workers=3, live=True), runner, 400)
    conversation = engine.open("hogwild", GREEDY)
    conversation.listen("what is 2 plus 2")
    events = run(engine, 31)
    turn = conversation._turn
    assert isinstance(turn, HogwildTurn) and conversation.steps >= 30
    if layout is not Layout.CONTIGUOUS:
        assert sum(len(worker.finished) for worker in turn.thinking.workers) > 2
    thought = [event for event in events if isinstance(event, TokenGenerated)]
    kept = {lane: sum(len(e.text) for e in thought if e.lane == lane and e.step < step) for lane in "123"}
    cut = turn.take_back(step, 0, Moment(conversation.steps + 1, 0.0))
    assert {event.lane: event.characters for event in cut if isinstance(event, StreamCut)} == kept
    latest, conversation.steps = conversation.steps, step - 1
    again = [event for event in run(engine, latest - step + 1) if isinstance(event, TokenGenerated)]
    assert [(e.lane, e.step, e.token) for e in again] == [(e.lane, e.step, e.token) for e in thought if e.step >= step]
    engine.close(conversation)
    runner.close()


@pytest.fixture
def eager(tokenizer: PreTrainedTokenizerBase) -> tuple[PreTrainedTokenizerBase, Any]:
    """A tiny model in real float64 that often ends paragraphs."""
    model = exact_model(vocab_size=len(tokenizer) + 7, seed=5)
    blank = piece_ids(tokenizer, "\n\n")
    with torch.no_grad():
        model.lm_head.weight[blank] *= 3.0
    return tokenizer, model


# -- after the turn


@pytest.mark.parametrize("layout", Layout)
def test_kept_thoughts_stand_in_the_past_as_the_writer_saw_them(
    tokenizer: PreTrainedTokenizerBase, layout: Layout
) -> None:
    lanes: Lanes = {"1": ["ab\n\n", "c", END], "2": ["d\n\n", "efg"]}
    prompts = hogwild_prompts(layout, turns=3)
    engine, _ = scripted(tokenizer, prompts, lanes, history=HistoryPolicy.KEEP)
    conversation = engine.open("hogwild", GREEDY)
    ask(conversation, QUESTION)
    run(engine)
    thoughts = "W1: ab\n\ncW2: d\n\nef" if layout is Layout.CONTIGUOUS else "W2: d\n\nW1: ab\n\nW1: cW2: ef"
    past = tokenizer.decode(conversation.history_ids)
    assert past == f"{USER}<think>\n{thoughts}...\n</think>\n\nDone.<|im_end|>\n"


@pytest.mark.parametrize("layout", Layout)
def test_thoughts_of_an_interrupted_turn_are_what_all_workers_of_the_next_one_see_first(
    tokenizer: PreTrainedTokenizerBase, layout: Layout
) -> None:
    lanes: Lanes = {"1": ["ab\n\n", "c" * 40], "2": ["d" * 40]}
    engine, runner = scripted(tokenizer, hogwild_prompts(layout, turns=3), lanes)
    conversation = engine.open("hogwild", GREEDY)
    ask(conversation, QUESTION)
    while conversation.steps < 6:
        run(engine, 1)
    conversation.interrupt(0, at_s=0.0)
    ask(conversation, "go on")
    while conversation.steps < 2:
        run(engine, 1)
    carried = "W1: ab\n\nccW2: ddddd" if layout is Layout.CONTIGUOUS else "W1: ab\n\nW1: ccW2: ddddd"
    heading = "<think>" if layout is Layout.CONTIGUOUS else "<think>PAST\n"
    for lane in "12":
        assert f"{heading}{carried}" in seen(tokenizer, runner)[f"thoughts {lane}"]


# -- exactness


@pytest.mark.parametrize(
    ("seed", "precision", "rotation"), [*product((0, 1), ("float32", "float64"), (None, *Rotation))]
)
def test_workers_in_the_combined_layout_give_the_published_logits(
    tokenizer: PreTrainedTokenizerBase, seed: int, precision: str, rotation: Rotation | None
) -> None:
    """The published script through the workers' own views and paragraphs."""
    case = cases()[f"hogwild_{seed}"]
    runner = published_runner(seed, getattr(torch, precision), rotation)
    common, header, separator = (runner.arena.block(name) for name in ("common", "header", "separator"))
    for block, name in ((common, "common"), (header, "header"), (separator, "sep")):
        runner.run([Feed(View(block), case["pre"][name])])
    workers = Workers(
        generation(tokenizer, runner), lambda: View(common), lambda: None, pieces(), Headings((), [header], [separator])
    )
    found = []
    for finished, texts in case["script"]:
        if finished is not None:
            workers.workers[finished].stream.pending = ()  # all of it was run
            workers._finish_paragraph(workers.workers[finished])
        for worker, text in zip(workers.workers, texts, strict=True):
            worker.stream.pending = tuple(text)
        found += runner.run([planned.feed for planned in workers.plan()])
    compare([last_row(logits) for logits in found], f"hogwild_{seed}_{precision}")


def pieces() -> HogwildTokens:
    """Two workers without any prompts."""
    return HogwildTokens(Layout.COMBINED, (), (), ((0,), (0,)), (), (), (), (), 0, None)


def generation(tokenizer: PreTrainedTokenizerBase, runner: ModelRunner) -> Generation:
    model = make_engine(tokenizer, prompts_of("demo"), ScriptedWorkers(tokenizer, prompts_of("demo"), {}), 400).model
    return Generation(1, 1, runner.arena, runner.arena.account(2048), model, Sampler(GREEDY))


class OracleRunner(RecordingRunner):
    """Replays every feed on the independent oracle. largest_error: of all logits so far; compared: how many rows."""

    def __init__(self, runner: ModelRunner) -> None:
        super().__init__(runner)
        self._oracle = Oracle(runner.model)
        self._twins: dict[Block, OracleBlock] = {}
        self.largest_error, self.compared = 0.0, 0

    def run(self, feeds: Sequence[Feed]) -> list[Tensor | None]:
        twins = [self._twin(feed) for feed in feeds]
        found = super().run(feeds)
        for feed, twin, mine, theirs in zip(feeds, twins, found, self._oracle.run(twins), strict=True):
            if mine is not None:
                self.largest_error = max(self.largest_error, float((mine[-1] - theirs[-1]).abs().max()))
                self.compared += 1
            if not feed.keep:
                twin.slices[-1][0].crop(feed.view.target.length)
        return found

    def _twin(self, feed: Feed) -> OracleFeed:
        slices = [(self._block(piece.block), piece.start, piece.stop) for piece in feed.view.slices]
        return OracleFeed(slices, [*feed.tokens], feed.sees is Sees.NOW)

    def _block(self, block: Block) -> OracleBlock:
        twin = self._twins.setdefault(block, self._oracle.block())
        twin.crop(block.length)
        assert twin.length == block.length
        return twin


@pytest.mark.parametrize("layout", Layout)
def test_three_workers_give_the_logits_of_an_independent_oracle(
    eager: tuple[PreTrainedTokenizerBase, Any], layout: Layout
) -> None:
    tokenizer, model = eager
    runner = OracleRunner(ModelRunner(model, 8192))
    prompts = hogwild_prompts(layout, workers=3, check="Again? ", check_every_tokens=6)
    engine = make_engine(tokenizer, prompts, runner, 600)
    ask(engine.open("hogwild", GREEDY), QUESTION)
    events = run(engine, 40)
    assert runner.compared > 60 and runner.largest_error < 1e-11
    assert text_of(events, THOUGHTS).count("\n\n") > 3 and "Again? " in text_of(events, THOUGHTS)
    runner.runner.close()


def test_conversations_with_workers_served_together_say_what_they_say_alone(
    eager: tuple[PreTrainedTokenizerBase, Any],
) -> None:
    tokenizer, model = eager
    runner = RecordingRunner(ModelRunner(model, 16384))
    engine = make_engine(tokenizer, hogwild_prompts(Layout.COMBINED), runner, 400)
    wanted = (("hogwild", "what is 2 plus 2"), ("async", "and then"), ("hogwild", "a longer question, with words"))
    alone = []
    for method, text in wanted:
        ask(conversation := engine.open(method, GREEDY), text)
        alone.append(said(run(engine, 25), conversation.id))
        engine.close(conversation)
    opened, together = [], []
    for method, text in wanted:
        opened.append(engine.open(method, GREEDY))
        ask(opened[-1], text)
        together += run(engine, 3)
    together += run(engine, 25)
    for conversation, expected in zip(opened, alone, strict=True):
        found = said(together, conversation.id)
        for lane, tokens in expected.items():
            assert found[lane][: len(tokens)] == tokens[: len(found[lane])]
            assert len(tokens) > 4 or lane == "answer"
    runner.runner.close()


def said(events: Sequence[Event], conversation: int) -> dict[str, list[int]]:
    """Tokens of a conversation by lane."""
    own = [event for event in events if isinstance(event, TokenGenerated) and event.conversation == conversation]
    lanes = dict.fromkeys("answer" if event.stream is OUTPUT else event.lane for event in own)
    return {
        lane: [e.token for e in own if lane == ("answer" if e.stream is OUTPUT else e.lane)]
        for lane in [*lanes, "answer"]
    }


# -- room


@pytest.mark.parametrize(("layout", "paragraph"), [*product(Layout, ("a\n\n", "a" * 30 + "\n\n", "a" * 300))])
def test_thoughts_far_longer_than_the_limit_lose_their_oldest_parts_and_go_on(
    tokenizer: PreTrainedTokenizerBase, layout: Layout, paragraph: str
) -> None:
    limit = 400
    script = [paragraph * (1200 // len(paragraph))]
    lanes: Lanes = {"1": script, "2": script, "3": [REST] * 9999}
    prompts = hogwild_prompts(layout, workers=3)
    engine, runner = scripted(tokenizer, prompts, lanes, limit, thought_tokens=9000)
    ask(engine.open("hogwild", GREEDY), "hi")
    events = run(engine)
    assert not [event for event in events if isinstance(event, ConversationFailed)]
    assert [reason for _, reason, _ in ends(events)] == [EndReason.FINISHED] * 3
    assert lane_text(events, "1") == script[0] and text_of(events, OUTPUT) == "Done."
    assert {event.lane for event in events if isinstance(event, StreamCompacted)} >= {"1", "2"}
    assert max(len(ran.saw) for step in runner.steps for ran in step) <= limit


@settings(max_examples=12, deadline=None)
@given(
    layout=st.sampled_from([*Layout]),
    workers=st.integers(1, 4),
    history=st.sampled_from([*HistoryPolicy]),
    short=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    limit=st.sampled_from([300, 400]),
    seed=st.integers(0, 10**6),
)
def test_whatever_happens_a_conversation_stays_within_its_account_and_its_limit(
    tokenizer: PreTrainedTokenizerBase,
    layout: Layout,
    workers: int,
    history: HistoryPolicy,
    short: float,
    limit: int,
    seed: int,
) -> None:
    short_pieces = {"past": "P", "others": "O", "own": "Y", "worker": "{number}:", "check": "?"}
    prompts = hogwild_prompts(layout, workers, live=True, turns=5, check_every_tokens=20, **short_pieces)
    runner = DiceWorkers(tokenizer, prompts, seed, short, max_positions=limit)
    engine = make_engine(tokenizer, prompts, runner, limit, history=history, read_tokens=16)
    dice, conversation = Random(seed), engine.open("hogwild", GREEDY)
    events: list[Event] = []
    for _ in range(6):
        text = "please add"
        for _ in range(dice.randrange(3)):
            conversation.listen(text)
            events += run(engine, dice.choice((1, 5, 40)))
            text = f"{text[: dice.choice((0, 7, 99))]} no " + "and this " * dice.randrange(4)
        conversation.listen(text)
        conversation.end_input()
        events += run(engine, dice.choice((1, 5, 60, 200)))
        conversation.interrupt(dice.randrange(99), at_s=0.0)
    events += run(engine)
    assert not [event for event in events if isinstance(event, ConversationFailed)]
    engine.close(conversation)
    assert [block.name for block in engine.runner.arena.blocks] == ["system"]


def test_prompts_that_leave_no_room_for_workers_are_an_error(tokenizer: PreTrainedTokenizerBase) -> None:
    prompts = hogwild_prompts(Layout.COMBINED, past="so many words " * 30)
    engine, _ = scripted(tokenizer, prompts, {})
    with pytest.raises(PromptInvalid, match=r"'demo' need conversations of \d+ tokens for their workers"):
        engine.open("hogwild")
    engine.open("async")
    none, _ = scripted(tokenizer, prompts_of("demo").model_copy(update={"hogwild": None}), {})
    with pytest.raises(PromptInvalid, match=r"have no section \[hogwild\]"):
        none.open("hogwild")
