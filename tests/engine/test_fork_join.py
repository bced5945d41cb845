"""Threads: when they fork, what each sees, how they are joined, and that they are exact.

Policies are tested on a runner that follows a script for every lane; exactness on a tiny random Qwen3 that is made to
say what such a script says, against the independent oracle.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import pytest
from tokenizers import AddedToken
from transformers import PreTrainedTokenizerBase

from engine.arena import PAGE_TOKENS, whole_pages
from engine.engine import Engine
from engine.errors import PromptInvalid
from engine.events import EndReason, Event, StreamCompacted, StreamCut, StreamEnded, StreamName, TokenGenerated
from engine.methods.fork_join import ForkJoinTurn
from engine.methods.tags import TAGS
from engine.methods.threads import most_blocks
from engine.model import HistoryPolicy
from engine.prompts import Prompts
from engine.runner import ModelRunner
from tests.engine.models import exact_model, own_logits
from tests.engine.oracle import Oracle
from tests.engine.replayed import ReplayedRunner
from tests.engine.talk import GREEDY, RecordingRunner, ask, end_of, make_engine, prompts_of, run, text_of
from tests.engine.threaded import JOIN, OPEN, ThreadedRunner, forking

THOUGHTS, OUTPUT = StreamName.THOUGHTS, StreamName.OUTPUT
QUESTION = "what is 12*3 + 14*5"
SUMS = {
    "": ["Two parts.\n\n" + forking("12*3", "14*5"), JOIN, "36 + 70 = 106.\n\n"],
    "1": [" 12*3 = 36.\n</Thread>"],
    "2": [" 14*5: 10*5 = 50, 4*5 = 20, so 14*5 = 70.\n</Thread>"],
}
NESTED = {
    "": [forking("easy", "hard"), JOIN, "All done."],
    "1": [" Easy.</Thread>"],
    "2": [" Split it.\n" + forking("left", "right"), JOIN, "Both.</Thread>"],
    "2.1": [" Left.</Thread>"],
    "2.2": [" Right, which took longer.</Thread>"],
}


def with_tags(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerBase:
    """A tokenizer in which each tag is one added token, as the demo model's."""
    added = copy.deepcopy(tokenizer)
    added.add_tokens([AddedToken(tag, normalized=False, special=False) for tag in TAGS])
    return added


def threaded(
    tokenizer: PreTrainedTokenizerBase,
    lanes: Mapping[str, Sequence[str]],
    *,
    room: int = 1000,
    prompts: Prompts | None = None,
    **settings: Any,
) -> tuple[Engine, RecordingRunner]:
    """An engine that follows the script, and the record of its steps."""
    prompts = prompts or prompts_of("demo")
    runner = RecordingRunner(ThreadedRunner(tokenizer, prompts, lanes))  # type: ignore[arg-type]
    return make_engine(tokenizer, prompts, runner, room, **settings), runner


def texts_of(events: Sequence[Event]) -> dict[str, str]:
    """By lane: its text, as the events tell it."""
    found: dict[str, str] = {}
    for event in events:
        match event:
            case TokenGenerated(stream=StreamName.THOUGHTS):
                found[event.lane] = found.get(event.lane, "") + event.text
            case StreamCut(stream=StreamName.THOUGHTS):
                found[event.lane] = found[event.lane][: event.characters]
    return {lane: text for lane, text in found.items() if text}


def said(lanes: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The script without what the engine puts in."""
    return {lane: "".join(text for text in texts if text not in (OPEN, JOIN)) for lane, texts in lanes.items()}


def thinking_ended(events: Sequence[Event]) -> dict[str, EndReason]:
    return {e.lane: e.reason for e in events if isinstance(e, StreamEnded) and e.stream is THOUGHTS}


# -- who sees what


def test_threads_see_the_outlines_and_not_each_other_and_the_join_sees_all(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, runner = threaded(tokenizer, SUMS)
    ask(engine.open("fork-join", GREEDY), QUESTION)
    events = run(engine)
    assert texts_of(events) == said(SUMS) and text_of(events, OUTPUT) == "Done."
    assert thinking_ended(events) == dict.fromkeys(("1", "2", ""), EndReason.FINISHED)

    def last(target: str) -> str:
        *_, ran = (ran for step in runner.of(target, generating=True) for ran in step)
        return str(tokenizer.decode(list(ran.saw)))

    start = f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n<think>\nthreads:\n{SUMS[''][0]}"
    first, second = f"\n<Thread>\n1:{SUMS['1'][0]}", f"\n<Thread>\n2:{SUMS['2'][0]}"
    joined = f"{start}{first}{second}\n</Parallel>\n\n{SUMS[''][-1]}"
    assert first.startswith(last("thoughts 1").removeprefix(start)) and last("thoughts 1").startswith(start)
    assert second.startswith(last("thoughts 2").removeprefix(start)) and last("thoughts 2").startswith(start)
    assert last("thoughts") == joined
    assert last("output") == f"{joined}</think>\n\nDone."


def test_threads_run_in_the_same_steps_and_no_step_is_lost(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, _ = threaded(tokenizer, SUMS)
    ask(engine.open("fork-join", GREEDY), QUESTION)
    events = run(engine)
    steps: dict[str, list[int]] = {}
    for event in events:
        if isinstance(event, TokenGenerated) and event.stream is THOUGHTS:
            steps.setdefault(event.lane, []).append(event.step)
    longest = max(len(steps["1"]), len(steps["2"]))
    assert steps["1"][0] == steps["2"][0] and len(steps["1"]) != len(steps["2"])
    thought = sorted({*steps[""], *steps["1"], *steps["2"]})
    assert thought == list(range(1, len(steps[""]) + longest + 1)), "every step brings a token"


def test_the_tag_that_completes_a_text_stands_in_its_block_when_others_see_it(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    engine, runner = threaded(tokenizer, NESTED)
    ask(engine.open("fork-join", GREEDY), QUESTION)
    run(engine)
    for step in runner.steps:
        for ran in step:
            text = tokenizer.decode(list(ran.saw))
            if ran.target == "thoughts" and "</Parallel>" in text:
                assert text.count("<Thread>") == text.count("</Thread>") == 4
            if ran.target.startswith("thoughts "):
                assert text.count("</Outlines>") >= 1 + ran.target.count(".")


def test_a_thread_forks_once_more_and_deeper_tags_are_plain_text(tokenizer: PreTrainedTokenizerBase) -> None:
    deeper = {**NESTED, "2.1": [f" Left. {forking('too', 'deep')} <Thread>1: plain</Thread> on.</Thread>"]}
    for lanes in (NESTED, deeper):
        engine, _ = threaded(tokenizer, lanes)
        ask(engine.open("fork-join", GREEDY), QUESTION)
        events = run(engine)
        assert texts_of(events) == said(lanes)
        assert list(thinking_ended(events))[-2:] == ["2", ""]


def test_thoughts_may_fork_again_and_again(tokenizer: PreTrainedTokenizerBase) -> None:
    lanes = {
        "": [forking("a", "b"), JOIN, "And now: " + forking("c", "d", "e"), JOIN, "Done."],
        "1": [" a.</Thread>", OPEN, " c.</Thread>"],
        "2": [" b is longer.</Thread>", OPEN, " d.</Thread>"],
        "3": [" e, the last one.</Thread>"],
    }
    engine, _ = threaded(tokenizer, lanes)
    conversation = engine.open("fork-join", GREEDY)
    ask(conversation, QUESTION)
    events = run(engine, 10**4)
    assert texts_of(events) == said(lanes) and end_of(events) is EndReason.FINISHED
    assert conversation.history_ids == [] and engine.runner.arena.used_tokens == 0


@pytest.mark.parametrize(
    "text",
    [
        "<Parallel> nothing of the kind",
        forking("a", "b").replace("2:", "3:"),
        forking("a", "b", "c", "d", "e"),
        "<Thread>",
    ],
)
def test_what_is_malformed_or_too_much_stays_plain_text(tokenizer: PreTrainedTokenizerBase, text: str) -> None:
    lanes = {"": [f"{text} and I go on.</Thread> So."]}
    engine, _ = threaded(tokenizer, lanes)
    ask(engine.open("fork-join", GREEDY), QUESTION)
    events = run(engine)
    assert texts_of(events) == said(lanes) and text_of(events, OUTPUT) == "Done."


def test_tags_may_be_single_added_tokens_which_only_thoughts_may_write(tokenizer: PreTrainedTokenizerBase) -> None:
    added = with_tags(tokenizer)
    engine, runner = threaded(added, SUMS)
    tags = {*added.convert_tokens_to_ids(list(TAGS))}
    assert tags <= set(engine.model.bans.control)
    ask(engine.open("fork-join", GREEDY), f"{QUESTION} </Outlines>")
    events = run(engine)
    assert texts_of(events) == said(SUMS)
    assert sum(e.token in tags for e in events if isinstance(e, TokenGenerated)) == 9
    runner.runner.scripts["output"][2] = min(tags)  # type: ignore[attr-defined]  # an answer that wants a tag
    ask(engine.open("fork-join", GREEDY), QUESTION)
    assert not tags & {e.token for e in run(engine, 200) if isinstance(e, TokenGenerated) and e.stream is OUTPUT}


# -- ends


def test_a_thread_that_ends_its_thoughts_is_joined_like_any_other(tokenizer: PreTrainedTokenizerBase) -> None:
    lanes = {**SUMS, "1": [" 12*3 = 36."]}
    engine, _ = threaded(tokenizer, lanes)
    ask(engine.open("fork-join", GREEDY), QUESTION)
    events = run(engine)
    assert texts_of(events) == said(lanes) and text_of(events, OUTPUT) == "Done."


ENDLESS = {**SUMS, "2": [" on and on and on and on" * 30]}


def test_an_endless_thread_ends_with_its_share_of_the_budget(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, _ = threaded(tokenizer, ENDLESS, thought_tokens=400)
    ask(engine.open("fork-join", GREEDY), QUESTION)
    events = run(engine)
    thought = [e for e in events if isinstance(e, TokenGenerated) and e.stream is THOUGHTS]
    outlines = [e for e in thought if not e.lane and e.step < min(x.step for x in thought if x.lane)]
    share = (400 - len(outlines)) // 3
    assert sum(e.lane == "2" for e in thought) == share and len(thought) <= 400
    assert thinking_ended(events) == {"1": EndReason.FINISHED, "2": EndReason.LIMIT, "": EndReason.FINISHED}
    assert texts_of(events)[""] == said(SUMS)[""] and text_of(events, OUTPUT) == "Done."


@pytest.mark.parametrize("budget", [50, 60])
def test_the_writer_sees_the_newest_thought_too_when_the_budget_ends_them(
    tokenizer: PreTrainedTokenizerBase, budget: int
) -> None:
    engine, runner = threaded(tokenizer, {"": ["on and on " * 60]}, thought_tokens=budget)
    ask(engine.open("fork-join", GREEDY), QUESTION)
    thoughts = texts_of(run(engine))[""]
    for (ran,) in (step for step in runner.of("output", generating=True) if step):
        assert f"{thoughts}</think>" in tokenizer.decode(list(ran.saw))


def test_all_lines_together_stay_within_the_budget(tokenizer: PreTrainedTokenizerBase) -> None:
    lanes = {name: [texts[0], *texts[1:-1], texts[-1] + " and on and on" * 99] for name, texts in NESTED.items()}
    lanes["2"][0], lanes[""][0] = NESTED["2"][0], NESTED[""][0]
    for budget in (150, 300, 600):
        engine, _ = threaded(tokenizer, lanes, thought_tokens=budget)
        ask(engine.open("fork-join", GREEDY), QUESTION)
        events = run(engine)
        assert sum(isinstance(e, TokenGenerated) and e.stream is THOUGHTS for e in events) <= budget
        assert text_of(events, OUTPUT) == "Done."


# -- room


def test_no_key_is_copied(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, runner = threaded(tokenizer, NESTED)
    conversation = engine.open("fork-join", GREEDY)
    ask(conversation, QUESTION)
    fed = 0
    while engine.has_work:
        engine.step()
        fed += sum(len(ran.tokens) for ran in runner.latest)
        blocks = engine.runner.arena.blocks
        assert engine.runner.arena.used_tokens == sum(whole_pages(block.length) for block in blocks)
        if conversation.running:
            assert sum(block.length for block in blocks) == fed, "every token is stored once, and fed once"


def longest_view(runner: RecordingRunner) -> int:
    return max(len(ran.saw) for step in runner.steps for ran in step)


def many_forks(count: int) -> dict[str, list[str]]:
    parts = [[forking("a", "b", "c", "d"), JOIN] for _ in range(count)]
    threads = {lane: [*chain.from_iterable([[f" {lane}.</Thread>", OPEN]] * count)][:-1] for lane in "1234"}
    return {"": [*chain.from_iterable(parts), "Done."], **threads}


@pytest.mark.parametrize("room", [300, 500, 1000])
@pytest.mark.parametrize("history", HistoryPolicy)
def test_many_short_threads_stay_within_the_limit_and_the_account(
    tokenizer: PreTrainedTokenizerBase, room: int, history: HistoryPolicy
) -> None:
    prompts = prompts_of("demo", turns=3)
    added = with_tags(tokenizer)
    runner = RecordingRunner(ThreadedRunner(added, prompts, many_forks(1)))  # type: ignore[arg-type]
    script: Any = runner.runner
    engine = make_engine(added, prompts, runner, room, history=history)
    conversation = engine.open("fork-join", GREEDY)
    for turn in range(3):
        script.scripts |= ThreadedRunner(added, prompts, many_forks(6)).scripts
        ask(conversation, QUESTION)
        forks = 0
        while conversation.running:
            events = engine.step()
            forks += sum(isinstance(e, StreamEnded) and e.lane == "4" for e in events)
            assert engine.conversations, events
            assert conversation._account.used <= conversation._account.reserved
            if turn % 2 and forks == 3:
                conversation.interrupt(0, 0.0)
    run(engine)
    assert longest_view(runner) <= room
    engine.close(conversation)
    assert engine.runner.arena.used_tokens == 0


@pytest.mark.parametrize("room", [220, 400, 800])
def test_long_threads_lose_their_oldest_text_and_are_joined(tokenizer: PreTrainedTokenizerBase, room: int) -> None:
    engine, runner = threaded(tokenizer, {**ENDLESS, "1": ENDLESS["2"]}, room=room, thought_tokens=3 * room)
    conversation = engine.open("fork-join", GREEDY)
    ask(conversation, "hi")
    events: list[Event] = []
    while engine.has_work:
        events += engine.step()
        assert conversation._account.used <= conversation._account.reserved
    assert longest_view(runner) <= room
    assert any(isinstance(e, StreamCompacted) for e in events)
    assert text_of(events, OUTPUT) == "Done." and end_of(events) is EndReason.FINISHED


def test_outlines_are_kept_while_their_threads_run(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, runner = threaded(tokenizer, ENDLESS, room=800, thought_tokens=1500)
    ask(engine.open("fork-join", GREEDY), "hi")
    run(engine)
    threads = [ran for step in runner.of("thoughts 2", generating=True) for ran in step]
    assert all("<Outline>2: 14*5</Outline>" in tokenizer.decode(list(ran.saw)) for ran in threads)
    waiting = [ran for step in runner.of("thoughts", generating=True) for ran in step][-1]
    assert " 12*3 = 36." in tokenizer.decode(list(waiting.saw)), "a thread that waits stays whole"


# -- what the user does


@pytest.mark.parametrize("lanes", [SUMS, NESTED])
def test_what_is_taken_back_is_thought_again_the_same_way(
    tokenizer: PreTrainedTokenizerBase, lanes: Mapping[str, Sequence[str]]
) -> None:
    plain, _ = threaded(tokenizer, lanes)
    ask(plain.open("fork-join", GREEDY), QUESTION)
    last = max(e.step for e in run(plain) if isinstance(e, TokenGenerated))
    for heard in range(2, last, 23):
        for cut in range(heard + 1, last, 61):
            engine, _ = threaded(tokenizer, lanes)
            conversation = engine.open("fork-join", GREEDY)
            ask(conversation, QUESTION)
            events = run(engine, cut)
            turn = conversation._turn
            assert isinstance(turn, ForkJoinTurn)
            before = texts_of(events)
            conversation._taken_back = (heard, 0)
            events += run(engine)
            assert texts_of(events) == said(lanes), (heard, cut, before)
            assert engine.runner.arena.used_tokens == 0


def test_words_that_come_while_threads_run_are_seen_by_them(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, runner = threaded(tokenizer, SUMS)
    conversation = engine.open("fork-join", GREEDY)
    ask(conversation, QUESTION)
    events = run(engine, 105)
    assert "1" in texts_of(events) and not thinking_ended(events)
    conversation.listen(f"{QUESTION} please")
    events += run(engine)
    assert "please" in tokenizer.decode(list(runner.of("thoughts 1", generating=True)[-1:] and runner.steps[-1][0].saw))
    assert texts_of(events) == said(SUMS) and not text_of(events, OUTPUT), "the answer waits for the end of input"
    conversation.end_input()
    assert text_of(run(engine), OUTPUT) == "Done."


@pytest.mark.parametrize("history", HistoryPolicy)
def test_threads_of_an_interrupted_turn_are_carried_over(
    tokenizer: PreTrainedTokenizerBase, history: HistoryPolicy
) -> None:
    prompts = prompts_of("demo", turns=2)
    engine, runner = threaded(tokenizer, SUMS, prompts=prompts, history=history)
    conversation = engine.open("fork-join", GREEDY)
    ask(conversation, QUESTION)
    run(engine, 135)
    conversation.interrupt(0, 0.0)
    ask(conversation, "go on")
    run(engine, 1000)
    (first, *_) = [ran for step in runner.of("thoughts", generating=True)[140:] for ran in step]
    assert " 12*3 = " in tokenizer.decode(list(first.saw))
    assert engine.conversations and not conversation.running
    engine.close(conversation)
    assert engine.runner.arena.used_tokens == 0


def test_of_an_interrupted_turn_without_a_thought_nothing_is_carried_over(tokenizer: PreTrainedTokenizerBase) -> None:
    """It rests behind its bare prefix, since the user goes on speaking."""
    engine, runner = threaded(tokenizer, {"": [""]}, prompts=prompts_of("demo", turns=2))
    conversation = engine.open("fork-join", GREEDY)
    ask(conversation, QUESTION)
    conversation.listen(f"{QUESTION} and")
    run(engine)
    conversation.interrupt(0, 0.0)
    ask(conversation, "go on")
    run(engine)
    (*_, last) = (ran for step in runner.of("thoughts", generating=True) for ran in step)
    assert tokenizer.decode(list(last.saw)).count("threads:") == 1
    engine.close(conversation)
    assert engine.runner.arena.used_tokens == 0


# -- exactness


def exact(tokenizer: PreTrainedTokenizerBase, lanes: Mapping[str, Sequence[str]]) -> tuple[Engine, ReplayedRunner, Any]:
    """An engine whose model computes all logits, and is made to say the script."""
    sizes = {"vocab_size": len(tokenizer) + 7, "max_position_embeddings": 2048}
    model, twin, plain = (exact_model(**sizes) for _ in range(3))
    runner = ReplayedRunner(ModelRunner(model, 8192), Oracle(twin))
    prompts = prompts_of("demo")
    forced = ThreadedRunner(tokenizer, prompts, lanes, inner=runner)
    return make_engine(tokenizer, prompts, forced, 1000), runner, plain


@pytest.mark.parametrize("lanes", [SUMS, NESTED], ids=["flat", "nested"])
def test_all_logits_are_those_of_the_oracle(
    tokenizer: PreTrainedTokenizerBase, lanes: Mapping[str, Sequence[str]]
) -> None:
    tokenizer = with_tags(tokenizer)
    engine, runner, plain = exact(tokenizer, lanes)
    ask(engine.open("fork-join", GREEDY), QUESTION)
    assert texts_of(run(engine)) == said(lanes)
    assert runner.largest_error < 1e-11
    (answered,) = runner.answered.values()
    threads = [ran for ran in answered if ran.target in ("thoughts 1", "thoughts 2")]
    unjoined = [ran for ran in threads if tokenizer.decode(list(ran.saw)).count("<Thread>") == 1]
    assert len(unjoined) > 8
    for ran in unjoined[::4]:  # such a thread is nothing but a text in one stream
        assert float((ran.logits[-1] - own_logits(plain, list(ran.saw))[-1]).abs().max()) < 1e-11


def test_conversations_that_fork_together_compute_what_they_compute_alone(tokenizer: PreTrainedTokenizerBase) -> None:
    tokenizer = with_tags(tokenizer)
    alone_engine, alone, _ = exact(tokenizer, SUMS)
    ask(alone_engine.open("fork-join", GREEDY), QUESTION)
    run(alone_engine)
    (expected,) = alone.answered.values()
    engine, runner, _ = exact(tokenizer, SUMS)
    ask(engine.open("fork-join", GREEDY), QUESTION)
    run(engine, 20)
    ask(engine.open("fork-join", GREEDY), QUESTION)
    run(engine)
    assert len(runner.answered) == 2
    for found in runner.answered.values():
        assert [ran.saw for ran in found] == [ran.saw for ran in expected]
        assert max(float((a.logits - b.logits).abs().max()) for a, b in zip(found, expected, strict=True)) < 1e-10


# -- manners


def test_prompts_without_the_section_are_refused(tokenizer: PreTrainedTokenizerBase) -> None:
    prompts = prompts_of("demo").model_copy(update={"fork_join": None})
    engine = make_engine(tokenizer, prompts, ModelRunner(exact_model(vocab_size=len(tokenizer)), 2048), 400)
    with pytest.raises(PromptInvalid, match=r"no section \[fork_join\]"):
        engine.open("fork-join")


def test_prompts_that_leave_no_room_for_threads_are_an_error(tokenizer: PreTrainedTokenizerBase) -> None:
    prompts = prompts_of("demo")
    assert prompts.fork_join is not None
    longer = prompts.fork_join.model_copy(update={"role": prompts.fork_join.role + "so many words " * 30})
    engine, _ = threaded(tokenizer, SUMS, prompts=prompts.model_copy(update={"fork_join": longer}))
    with pytest.raises(PromptInvalid, match=r"'demo' need conversations of \d+ tokens for their threads"):
        engine.open("fork-join")
    engine.open("async")


def test_the_account_has_a_page_for_every_block_that_threads_may_leave(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, _ = threaded(tokenizer, SUMS)
    more = engine.need_tokens("fork-join") - engine.need_tokens("think")
    assert more >= most_blocks(engine.model) * PAGE_TOKENS
