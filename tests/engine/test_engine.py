"""The engine: many conversations at once, their memory, their history, and what happens when something fails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from engine.arena import whole_pages
from engine.conversation import Conversation
from engine.engine import Engine
from engine.errors import ContextFull, EngineFull, PromptInvalid
from engine.events import ConversationFailed, EndReason, Event, StreamName, TokenGenerated, TurnEnded
from engine.loading import LoadedModel, load_model
from engine.model import EngineSettings, HistoryPolicy
from engine.runner import ModelRunner
from engine.sampling import Sampling
from engine.view import Feed
from tests.engine.models import own_logits
from tests.engine.scripted import NEVER, Script, ScriptedRunner
from tests.engine.talk import (
    GREEDY,
    RecordingRunner,
    ask,
    end_of,
    make_engine,
    prompts_of,
    run,
    text_of,
    tokens_of,
)

THOUGHTS, OUTPUT = StreamName.THOUGHTS, StreamName.OUTPUT
METHODS = ("async", "think", "no-think")


def real(
    loaded: LoadedModel, room: int = 400, history: HistoryPolicy = HistoryPolicy.DROP, **prompts: Any
) -> tuple[Engine, RecordingRunner]:
    runner = RecordingRunner(ModelRunner(loaded.model, 8 * (3 * room + 800)))
    return make_engine(loaded.tokenizer, prompts_of("demo", **prompts), runner, room, history=history), runner


def scripted(
    tokenizer: PreTrainedTokenizerBase, script: Any = None, room: int = 400, kv_tokens: int = 4096, **prompts: Any
) -> Engine:
    wanted = prompts_of("demo", **prompts)
    runner = ScriptedRunner(tokenizer, wanted, script or Script(), kv_tokens)
    return make_engine(tokenizer, wanted, runner, room)


def history_of(engine: Engine, which: int = 0) -> str:
    """The text of the finished turns of an open conversation, once all is read."""
    run(engine)
    return str(engine.model.tokenizer.decode(engine.conversations[which].history_ids))


def need(tokenizer: PreTrainedTokenizerBase, room: int, **prompts: Any) -> int:
    """What one conversation takes of the arena, in whole pages (tokens)."""
    return whole_pages(scripted(tokenizer, room=room, **prompts).need_tokens("async"))


def turn_text(said: str, answer: str) -> str:
    return f"<|im_start|>user\n{said}<|im_end|>\n<|im_start|>assistant\n{answer}<|im_end|>\n"


# -- many conversations

QUESTIONS = ("what is 2 plus 2", "and then?", "a much longer question, with many words in it, and a name", "hi")


@pytest.mark.parametrize("sampling", [GREEDY, Sampling(0.9, 0.9, seed=5)], ids=["greedy", "drawn"])
def test_conversations_served_together_say_what_they_say_alone(tiny_qwen3: LoadedModel, sampling: Sampling) -> None:
    engine, _ = real(tiny_qwen3, every_steps=3, ask_while_writing=True)
    wanted = list(zip(("async", "think", "async", "no-think"), QUESTIONS, strict=True))
    alone = []
    for method, text in wanted:
        ask(conversation := engine.open(method, sampling), text)
        events = run(engine, 40)
        alone.append((tokens_of(events, THOUGHTS), tokens_of(events, OUTPUT)))
        engine.close(conversation)
    together: list[Event] = []
    conversations = []
    for method, text in wanted:  # one after the other joins while the others are at work
        conversations.append(engine.open(method, sampling))
        ask(conversations[-1], text)
        together += run(engine, 3)
    together += run(engine, 40)
    for (thoughts, output), conversation in zip(alone, conversations, strict=True):
        found = tokens_of(together, THOUGHTS, conversation.id), tokens_of(together, OUTPUT, conversation.id)
        assert found[0][: len(thoughts)] == thoughts[: len(found[0])]
        assert found[1][: len(output)] == output[: len(found[1])]
        assert len(found[0]) + len(found[1]) > 20
    assert any(len(thoughts) > 5 and len(output) > 5 for thoughts, output in alone)


@pytest.mark.parametrize("method", METHODS)
def test_closing_returns_every_slot_whenever_it_happens(tiny_qwen3: LoadedModel, method: str) -> None:
    engine, _ = real(tiny_qwen3, every_steps=2)
    for steps in range(12):
        conversation = engine.open(method, GREEDY)
        if steps:
            ask(conversation, QUESTIONS[0])
        run(engine, steps)
        engine.close(conversation)
        assert engine.runner.arena.used_tokens == 0 and [block.name for block in engine.runner.arena.blocks] == [
            "system"
        ]
    engine.close(conversation)  # again


def test_a_finished_turn_gives_its_blocks_back(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = scripted(tokenizer)
    ask(engine.open("async", GREEDY), QUESTIONS[0])
    run(engine)
    assert [block.name for block in engine.runner.arena.blocks] == ["system", "history", "input"]


def test_one_conversation_more_than_there_is_room_for_is_refused_before_it_starts(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    engine = scripted(tokenizer, room=400, kv_tokens=3 * need(tokenizer, 400))
    opened = [engine.open() for _ in range(3)]
    blocks = engine.runner.arena.blocks
    with pytest.raises(EngineFull, match="end a conversation or start with more kv_tokens"):
        engine.open()
    assert engine.runner.arena.blocks == blocks and len(engine.conversations) == 3
    engine.close(opened[1])
    engine.open()


def test_so_many_conversations_as_are_admitted_can_all_grow_to_their_limit(tokenizer: PreTrainedTokenizerBase) -> None:
    endless = Script("on and on " * 50, "and so on " * 50, NEVER)
    engine = scripted(tokenizer, endless, room=180, kv_tokens=2 * need(tokenizer, 180, turns=5), turns=5)
    conversations = [engine.open(), engine.open("think")]
    for _ in range(3):
        for conversation in conversations:
            ask(conversation, "hello " * 5)
        events = run(engine)
        assert [event.reason for event in events if isinstance(event, TurnEnded)] == [EndReason.FINISHED] * 2
        for conversation in conversations:
            own = [event for event in events if event.conversation == conversation.id]
            assert (text_of(own, THOUGHTS), text_of(own, OUTPUT)) == (endless.thoughts, endless.answer)


def test_an_unknown_method_is_an_error_that_names_the_known_ones(tokenizer: PreTrainedTokenizerBase) -> None:
    with pytest.raises(ValueError, match=r"unknown method 'magic'; known are: async, .*, fork-join"):
        scripted(tokenizer).open("magic")


def test_prompts_that_do_not_fit_the_memory_are_an_error(tokenizer: PreTrainedTokenizerBase) -> None:
    prompts = prompts_of("qwen3")
    runner = ScriptedRunner(tokenizer, prompts, Script())
    with pytest.raises(PromptInvalid, match=r"prompts 'qwen3' need conversations of \d+ tokens, but .* 500; start"):
        Engine(runner, tokenizer, prompts, EngineSettings(500))  # type: ignore[arg-type]


# -- what the user says


@pytest.mark.parametrize(
    "heard",
    [
        ["what is forty", "what is forty seven", "what is 47 plus", "what is 47 plus 38"],
        ["what is 47 plus 38 and", "what is 47 plus 38"],
        ["something quite different", "", "what is 47 plus 38"],
    ],
)
def test_listening_with_revisions_is_as_if_the_final_words_had_been_said_at_once(
    tiny_qwen3: LoadedModel, heard: list[str]
) -> None:
    final = "what is 47 plus 38"
    engine, runner = real(tiny_qwen3)
    live, at_once = engine.open("async", GREEDY), engine.open("async", GREEDY)
    for text in heard[:-1]:
        live.listen(text)
        run(engine)
    live.listen(final)
    at_once.listen(final)
    run(engine)
    inputs = [block for block in engine.runner.arena.blocks if block.name == "input"]
    assert inputs[0].tokens == inputs[1].tokens
    live.end_input()
    at_once.end_input()
    events = run(engine, 15)
    for step in runner.of("thoughts", generating=True) + runner.of("output", generating=True):
        if step:
            first, second = (ran.logits for ran in step)
            assert first is not None and second is not None
            torch.testing.assert_close(first, second, rtol=0, atol=1e-10)
    assert tokens_of(events, THOUGHTS, live.id) == tokens_of(events, THOUGHTS, at_once.id) != []


def test_revised_words_leave_no_trace_at_all(tiny_qwen3: LoadedModel) -> None:
    """Fed in the same portions, with a detour and without: every logit is bitwise the same."""
    answers = []
    for detour in (["one two five", "one two six seven", "one two"], []):
        engine, runner = real(tiny_qwen3)
        conversation = engine.open("think", GREEDY)
        for text in ("one two", *detour, "one two three four"):
            conversation.listen(text)
            run(engine)
        conversation.end_input()
        run(engine, 10)
        answers.append([ran.logits for step in runner.of("thoughts", generating=True) for ran in step])
        runner.runner.close()
    for found, expected in zip(*answers, strict=True):
        assert found is not None and expected is not None and torch.equal(found, expected)


@pytest.mark.parametrize("method", METHODS)
def test_a_text_beyond_the_context_is_refused_and_the_conversation_lives(
    tokenizer: PreTrainedTokenizerBase, method: str
) -> None:
    engine = scripted(tokenizer, turns=3)
    conversation = engine.open(method, GREEDY)
    ask(conversation, "hi")
    run(engine)
    conversation.listen("what")
    run(engine)
    with pytest.raises(ContextFull) as caught:
        conversation.listen("very " * 500)
    assert caught.value.limit == 200 and caught.value.length > 500
    run(engine)
    conversation.listen("what is it")
    conversation.end_input()
    assert end_of(run(engine)) is EndReason.FINISHED
    answer = Script().answer
    assert history_of(engine) == turn_text("hi", answer) + turn_text("what is it", answer)


def test_a_long_text_is_taken_if_forgetting_old_turns_makes_room(tokenizer: PreTrainedTokenizerBase) -> None:
    script = Script(answer="blah " * 20)
    engine = scripted(tokenizer, script, turns=9)
    conversation = engine.open("no-think", GREEDY)
    for _ in range(2):
        ask(conversation, "hi")
        run(engine)
    text = "very " * 20
    while True:
        try:
            conversation.listen(text)
        except ContextFull:
            break
        text += "very " * 5
    assert len(engine.conversations[0].history_ids) <= 200 - len(tokenizer.encode(text[:-25]))
    conversation.end_input()
    assert end_of(run(engine)) is EndReason.FINISHED


def test_a_very_long_answer_does_not_make_the_conversation_deaf(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = scripted(tokenizer, Script(answer="and so on " * 50), room=180, turns=5)
    conversation = engine.open("no-think", GREEDY)
    for _ in range(3):
        ask(conversation, "go on")
        assert text_of(run(engine), OUTPUT) == "and so on " * 50


def test_calls_that_cannot_be_meant_are_a_fault_of_the_caller(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = scripted(tokenizer)
    conversation = engine.open()
    with pytest.raises(RuntimeError, match="nothing was said"):
        conversation.end_input()
    ask(conversation, "hi")
    with pytest.raises(RuntimeError, match="ended already"):
        conversation.end_input()
    engine.close(conversation)
    with pytest.raises(RuntimeError, match="closed"):
        conversation.listen("more")


# -- interruptions and history

ANSWER = "One, two.\n\nThree 😀 four."
HEARD = [0, 1, 5, 9, len(ANSWER) - 8, len(ANSWER) - 7, len(ANSWER) - 6, len(ANSWER), 999]


def heard_text(tokenizer: PreTrainedTokenizerBase, characters: int) -> str:
    """The longest run of whole tokens of the answer within so many characters."""
    tokens = tokenizer.encode(ANSWER, add_special_tokens=False)
    texts = [str(tokenizer.decode(tokens[:count])) for count in range(len(tokens) + 1)]
    return max((t for t in texts if len(t) <= characters and ANSWER.startswith(t)), key=len)


@pytest.mark.parametrize("heard", HEARD)
@pytest.mark.parametrize("written", [False, True], ids=["while-writing", "written-long-ago"])
def test_of_an_interrupted_answer_exactly_the_tokens_heard_are_remembered(
    tokenizer: PreTrainedTokenizerBase, heard: int, written: bool
) -> None:
    engine = scripted(tokenizer, Script(answer=ANSWER), turns=5)
    conversation = engine.open("no-think", GREEDY)
    ask(conversation, "count")
    spoken = run(engine) if written else run(engine, len(tokenizer.encode(ANSWER)))
    assert text_of(spoken, OUTPUT) == ANSWER
    conversation.interrupt(heard, at_s=7.0, turn=1)
    events = run(engine)
    assert [event.reason for event in events if isinstance(event, TurnEnded)] == [EndReason.INTERRUPTED] * (not written)
    assert history_of(engine) == turn_text("count", heard_text(tokenizer, heard))


def test_half_an_emoji_is_not_remembered(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = scripted(tokenizer, Script(answer="a😀b"), turns=5)
    conversation = engine.open("no-think", GREEDY)
    ask(conversation, "count")
    run(engine, 3)
    conversation.interrupt(1, at_s=0.0)
    assert history_of(engine) == turn_text("count", "a")


def test_an_interruption_counts_only_for_its_own_turn(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = scripted(tokenizer, Script(answer="A fine answer."), turns=5)
    conversation = engine.open("no-think", GREEDY)
    conversation.listen("one")
    conversation.end_input(turn=4)
    assert {event.turn for event in run(engine)} == {4}
    conversation.interrupt(0, at_s=0.0, turn=3)
    assert history_of(engine) == turn_text("one", "A fine answer.")
    conversation.interrupt(1, at_s=0.0, turn=4)
    conversation.interrupt(6, at_s=0.0, turn=4)  # the loudspeaker's last word comes late
    assert history_of(engine) == turn_text("one", "A fine")
    conversation.listen("two")
    conversation.end_input(turn=5)
    conversation.interrupt(0, at_s=0.0, turn=4)
    assert end_of(run(engine)) is EndReason.FINISHED
    assert history_of(engine) == turn_text("one", "A fine") + turn_text("two", "A fine answer.")


def test_a_correction_of_the_history_reaches_words_that_were_heard_already(tiny_qwen3: LoadedModel) -> None:
    """The user's new words were computed behind the old history: they are computed again."""
    engine, runner = real(tiny_qwen3, turns=5, history=HistoryPolicy.REFRESH)
    conversation = engine.open("no-think", GREEDY)
    ask(conversation, "count")
    run(engine, 30)
    conversation.interrupt(20, at_s=0.0)
    conversation.listen("and what")
    run(engine)
    conversation.interrupt(3, at_s=0.0, turn=1)
    conversation.listen("and what then")
    conversation.end_input()
    run(engine, 1)
    assert_single_view(tiny_qwen3, runner)


def assert_single_view(loaded: LoadedModel, runner: RecordingRunner) -> None:
    """The newest output logits are those of the model itself over the plain text."""
    (ran,) = [ran for ran in runner.latest if ran.target == "output" and ran.logits is not None]
    runner.runner.close()
    expected = own_logits(loaded.model, list(ran.saw))[-1]
    assert ran.logits is not None
    assert (ran.logits[-1] - expected).abs().max() < 1e-3 * expected.abs().max()


def test_history_is_computed_as_the_plain_transcript_also_after_turns_were_forgotten(tiny_qwen3: LoadedModel) -> None:
    engine, runner = real(tiny_qwen3, turns=2, history=HistoryPolicy.REFRESH)
    conversation = engine.open("no-think", GREEDY)
    for number, text in enumerate(QUESTIONS):
        ask(conversation, text)
        run(engine, 6 + number)
        conversation.interrupt(999, at_s=0.0)
    ask(conversation, "the last one")
    run(engine, 1)
    (ran,) = [ran for ran in runner.latest if ran.target == "output" and ran.logits is not None]
    text = str(tiny_qwen3.tokenizer.decode(list(ran.saw)))
    assert text.count("<|im_start|>user") == 3 and QUESTIONS[1] not in text and QUESTIONS[2] in text
    assert_single_view(tiny_qwen3, runner)


@pytest.mark.parametrize("method", METHODS)
def test_qwen3s_history_over_three_turns_is_what_its_chat_template_says(
    tokenizer: PreTrainedTokenizerBase, method: str
) -> None:
    answers = {"hi": "Hello.", "and then?": "Then, 😀, nothing.\n\nReally.", "why?": "Because it is so."}
    prompts = prompts_of("qwen3")
    scripts = {question: Script(answer=answer) for question, answer in answers.items()}
    runner = RecordingRunner(ScriptedRunner(tokenizer, prompts, lambda text: scripts.get(text, Script()), 8192))
    engine = make_engine(tokenizer, prompts, runner, 2000)
    conversation = engine.open(method, GREEDY)
    system = prompts.system.text.removeprefix("<|im_start|>system\n").removesuffix("<|im_end|>\n")
    messages = [{"role": "system", "content": system}]
    for question, answer in answers.items():
        ask(conversation, question)
        assert text_of(run(engine), OUTPUT) == answer
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    ask(conversation, "well?")
    messages.append({"role": "user", "content": "well?"})
    run(engine, 1)
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    expected = tuple(tokenizer.encode(str(prompt), add_special_tokens=False))
    generating = [ran.saw for ran in runner.latest if ran.logits is not None]
    assert generating and all(saw[: len(expected)] == expected for saw in generating)


# -- failures


class Sabotage(Exception):
    pass


class SabotagedRunner(RecordingRunner):
    """Fails whenever a feed concerns this block, and once more if told to."""

    def __init__(self, runner: Any) -> None:
        super().__init__(runner)
        self.broken: set[Any] = set()
        self.hiccups = 0

    def run(self, feeds: Sequence[Feed]) -> list[Tensor | None]:
        if self.hiccups:
            self.hiccups -= 1
            raise Sabotage("out of memory")
        if any(piece.block in self.broken for feed in feeds for piece in feed.view.slices):
            raise Sabotage("this one\nis broken")
        return super().run(feeds)

    def sabotage(self, conversation: Conversation) -> None:
        self.broken.add(conversation._context.view.target)


def sabotaged(tokenizer: PreTrainedTokenizerBase) -> tuple[Engine, SabotagedRunner]:
    prompts = prompts_of("demo")
    runner = SabotagedRunner(ScriptedRunner(tokenizer, prompts, Script()))
    return make_engine(tokenizer, prompts, runner, 400), runner


def test_a_conversation_that_fails_in_a_step_fails_alone(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, runner = sabotaged(tokenizer)
    fine, broken = engine.open("async", GREEDY), engine.open("async", GREEDY)
    for conversation in (fine, broken):
        ask(conversation, "hi")
    events = run(engine, 3)
    runner.sabotage(broken)
    events += run(engine)
    (failed,) = (event for event in events if isinstance(event, ConversationFailed))
    assert failed.conversation == broken.id and failed.turn == 1
    assert failed.message == "the engine failed (Sabotage: this one is broken)"
    assert text_of([event for event in events if event.conversation == fine.id], OUTPUT) == Script().answer
    assert engine.conversations == (fine,)
    engine.close(broken)
    engine.shut_down()
    assert not engine.runner.arena.blocks


def test_a_step_that_fails_once_costs_nobody_anything(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, runner = sabotaged(tokenizer)
    conversations = [engine.open("async", GREEDY), engine.open("think", GREEDY)]
    for conversation in conversations:
        ask(conversation, "hi")
    events = run(engine, 4)
    runner.hiccups = 1
    events += run(engine)
    for conversation in conversations:
        own = [event for event in events if event.conversation == conversation.id]
        assert text_of(own, OUTPUT) == Script().answer and text_of(own, THOUGHTS) == Script().thoughts


class BrokenSampler:
    def pick(self, *_: object) -> int:
        raise Sabotage


def test_a_conversation_whose_policy_fails_is_closed_and_says_so(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = scripted(tokenizer)
    fine, broken = engine.open("no-think", GREEDY), engine.open("async", GREEDY)
    broken._sampler = BrokenSampler()  # type: ignore[assignment]
    for conversation in (fine, broken):
        ask(conversation, "hi")
    events = run(engine)
    assert [event.conversation for event in events if isinstance(event, ConversationFailed)] == [broken.id]
    assert not [e for e in events if isinstance(e, TokenGenerated) and e.conversation == broken.id]
    assert text_of(events, OUTPUT) == Script().answer
    assert engine.conversations == (fine,) and len(engine.runner.arena.blocks) == 3


def test_an_engine_runs_on_a_model_from_a_folder(eager_qwen3_folder: Path) -> None:
    loaded = load_model(eager_qwen3_folder, "cpu", torch.float32)
    engine = Engine(ModelRunner(loaded.model, 4096), loaded.tokenizer, prompts_of("qwen3"), EngineSettings(1400))
    ask(engine.open(), "what is 2 plus 2")
    events = run(engine, 20)
    assert tokens_of(events, THOUGHTS) and {event.turn for event in events} == {1}


@pytest.mark.parametrize("history", HistoryPolicy)
def test_an_interruption_after_the_end_has_no_effect(
    tokenizer: PreTrainedTokenizerBase, history: HistoryPolicy
) -> None:
    prompts = prompts_of("demo", turns=3)
    engine = make_engine(tokenizer, prompts, ScriptedRunner(tokenizer, prompts, Script(), 8192), history=history)
    conversation = engine.open("think", GREEDY)
    ask(conversation, "hi")
    run(engine)
    engine.close(conversation)
    conversation.interrupt(3, at_s=0.0)
    assert not conversation.has_work


def test_the_system_prompt_has_room_of_its_own_and_is_read_again_if_reading_it_failed(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    prompts = prompts_of("qwen3")
    runner = SabotagedRunner(ScriptedRunner(tokenizer, prompts, Script(), 8192))
    engine = make_engine(tokenizer, prompts, runner, 1400)
    ask(engine.open("no-think", GREEDY), "hi")
    runner.hiccups = 1
    with pytest.raises(Sabotage):
        engine.step()
    assert text_of(run(engine), OUTPUT) == Script().answer
    (system,) = [block for block in engine.runner.arena.blocks if block.name == "system"]
    assert tuple(system.tokens) == engine.model.tokens.system and system.frozen
    engine.shut_down()
    engine.shut_down()  # again
    assert engine.runner.arena.reserved_tokens == 0


@pytest.mark.parametrize("name", ["conversation_tokens", "read_tokens", "thought_tokens", "answer_tokens"])
def test_settings_that_cannot_be_meant_are_an_error(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be 1 or more, found 0"):
        EngineSettings(**{name: 0})


@pytest.mark.parametrize("carry", [True, False])
def test_an_interrupted_turns_thoughts_are_carried_on_only_where_the_prompts_say_so(
    tokenizer: PreTrainedTokenizerBase, carry: bool
) -> None:
    prompts = prompts_of("demo", turns=3)
    history = prompts.history.model_copy(update={"carry_thoughts": carry})
    prompts = prompts.model_copy(update={"history": history})
    runner = ScriptedRunner(tokenizer, prompts, Script("one two three four five six\n\n", "Six."), 4096)
    engine = make_engine(tokenizer, prompts, runner, 400)
    conversation = engine.open("think", GREEDY)
    ask(conversation, "count")
    run(engine, 4)
    conversation.interrupt(0, at_s=0.0)
    assert ("thoughts" in {block.name for block in runner.arena.blocks}) == carry
    engine.close(conversation)
    assert "thoughts" not in {block.name for block in runner.arena.blocks}


def test_a_thinker_that_rested_has_to_think_something_once_the_user_has_finished(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    """It does not see that "why" is the whole question."""
    prompts = prompts_of("demo", turns=3, live=True)
    engine = make_engine(tokenizer, prompts, ScriptedRunner(tokenizer, prompts, Script("", "Done!")), 400)
    conversation = engine.open("async", GREEDY)
    conversation.listen("why")
    assert not text_of(run(engine), THOUGHTS)
    conversation.end_input()
    assert text_of(run(engine), THOUGHTS)
    plain = prompts_of("demo", turns=3)
    engine = make_engine(tokenizer, plain, ScriptedRunner(tokenizer, plain, Script("", "Done!")), 400)
    ask(engine.open("async", GREEDY), "why")
    events = run(engine)
    assert not text_of(events, THOUGHTS) and text_of(events, OUTPUT) == "Done!"
