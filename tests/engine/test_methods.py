"""The methods as policies: what they show to whom, when they let the writer write, and that they are exact.

Exactness is tested on a tiny random Qwen3, policies on a runner that follows a script.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedTokenizerBase

from engine.engine import Engine
from engine.events import (
    EndReason,
    Event,
    GateAnswered,
    StreamCompacted,
    StreamEnded,
    StreamName,
    TokenGenerated,
    TurnEnded,
)
from engine.loading import LoadedModel, load_model
from engine.model import EngineSettings
from engine.runner import Attention, Forward, ModelRunner
from engine.sampling import Sampling
from engine.text import control_tokens
from tests.engine.mirror import MirroredRunner
from tests.engine.scripted import NEVER, Script, ScriptedRunner
from tests.engine.talk import (
    GREEDY,
    ROOM_TOKENS,
    Ran,
    RecordingRunner,
    ask,
    end_of,
    make_engine,
    prompts_of,
    run,
    text_of,
    tokens_of,
)
from tests.engine.tiny_qwen3 import save_tiny_qwen3

THOUGHTS, OUTPUT = StreamName.THOUGHTS, StreamName.OUTPUT
QUESTION = "what is the sum of 12 and 30"


def recorded(loaded: LoadedModel, prompts: Any = None, **options: Any) -> tuple[Engine, RecordingRunner]:
    """An engine over a tiny model, and the record of its steps."""
    runner = RecordingRunner(ModelRunner(loaded.model, 8 * ROOM_TOKENS))
    return make_engine(loaded.tokenizer, prompts or prompts_of("qwen3"), runner, **options), runner


def scripted(tokenizer: PreTrainedTokenizerBase, script: Script, **options: Any) -> tuple[Engine, RecordingRunner]:
    """An engine that follows a script, and the record of its steps."""
    gate = {name: options.pop(name) for name in ("every_steps", "ask_while_writing") if name in options}
    prompts = prompts_of("demo", **gate)
    runner = RecordingRunner(ScriptedRunner(tokenizer, prompts, script))
    room = options.pop("conversation_tokens", 400)
    return make_engine(tokenizer, prompts, runner, conversation_tokens=room, **options), runner


# -- one stream: the baselines are ordinary generation


def templated(loaded: LoadedModel, thinking: bool) -> list[int]:
    """The question as the model's own chat template words it, with our system prompt."""
    system = prompts_of("qwen3").system.text
    system = system.removeprefix("<|im_start|>system\n").removesuffix("<|im_end|>\n")
    messages = [{"role": "system", "content": system}, {"role": "user", "content": QUESTION}]
    found = loaded.tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, enable_thinking=thinking, tokenize=False
    )
    return list(loaded.tokenizer.encode(found, add_special_tokens=False))


def generated(loaded: LoadedModel, prompt: Sequence[int], end: str, most: int = 60) -> list[int]:
    """What Hugging Face's generate writes after the prompt, greedily, without control tokens but `end`."""
    end_id = loaded.tokenizer.convert_tokens_to_ids(end)
    nameless = range(len(loaded.tokenizer), loaded.model.config.vocab_size)
    found = loaded.model.generate(
        torch.tensor([prompt]),
        max_new_tokens=most,
        do_sample=False,
        eos_token_id=end_id,
        pad_token_id=end_id,
        suppress_tokens=sorted({*control_tokens(loaded.tokenizer), *nameless} - {end_id}),
    )[0, len(prompt) :].tolist()
    return list(found)


@pytest.mark.parametrize("eager", [False, True])
def test_no_think_writes_what_generate_writes(tiny_qwen3: LoadedModel, eager_qwen3: LoadedModel, eager: bool) -> None:
    loaded = eager_qwen3 if eager else tiny_qwen3
    prompt = templated(loaded, thinking=False)
    expected = generated(loaded, prompt, "<|im_end|>")
    engine, runner = recorded(loaded)
    ask(engine.open("no-think", GREEDY), QUESTION)
    reading = -(-len(engine.model.tokens.system) // EngineSettings().read_tokens)
    events = run(engine, reading + len(expected))
    assert tokens_of(events, OUTPUT) == [token for token in expected if token != loaded.model.config.eos_token_id]
    (first,) = runner.of("output", generating=True)[reading]
    assert list(first.saw) == prompt


def test_think_thinks_and_answers_what_generate_writes(tmp_path: Path) -> None:
    for seed in range(30):  # noise seldom ends its thoughts and its answer by itself
        folder = save_tiny_qwen3(tmp_path / str(seed), seed, eager=2.0)
        loaded = load_model(folder, "cpu", torch.float64)
        encode, ends = loaded.tokenizer.encode, loaded.tokenizer.convert_tokens_to_ids(["</think>", "<|im_end|>"])
        prompt = [*templated(loaded, thinking=True), *encode("<think>\n")]
        thoughts = generated(loaded, prompt, "</think>")
        answer = generated(loaded, [*prompt, *thoughts, *encode("\n\n")], "<|im_end|>")
        if [thoughts[-1], answer[-1]] == ends and min(len(thoughts), len(answer)) > 3:
            break
    else:
        pytest.fail("no seed gave thoughts and an answer that end")
    engine, runner = recorded(loaded)
    ask(engine.open("think", GREEDY), QUESTION)
    events = run(engine)
    assert tokens_of(events, THOUGHTS) == thoughts[:-1]
    assert tokens_of(events, OUTPUT) == answer[:-1]
    assert end_of(events) is EndReason.FINISHED
    (last,) = [ran for step in runner.of("output", generating=True) for ran in step][-1:]
    assert list(last.saw) == [*prompt, *thoughts, *encode("\n\n"), *answer[:-1]]


# -- async: exactness


@pytest.mark.parametrize("model", ["tiny", "eager"])
def test_async_logits_are_those_of_the_same_views_under_reference_attention(
    tiny_qwen3_folder: Path, eager_qwen3_folder: Path, model: str
) -> None:
    folder = tiny_qwen3_folder if model == "tiny" else eager_qwen3_folder
    mine, theirs = (load_model(folder, "cpu", torch.float64) for _ in range(2))
    runner = MirroredRunner(
        ModelRunner(mine.model, 2048, forward=Forward.OWN),
        ModelRunner(theirs.model, 4096, attention=Attention.REFERENCE),
    )
    prompts = prompts_of("demo", every_steps=3, ask_while_writing=True)
    engine = make_engine(mine.tokenizer, prompts, runner, conversation_tokens=256)
    ask(engine.open("async", GREEDY), QUESTION)
    events = run(engine, 60)
    assert {type(event) for event in events} >= {TokenGenerated, GateAnswered}
    assert runner.largest_error < 1e-9


# -- async: who sees what


def test_the_streams_see_each_other_in_the_order_of_the_paper(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, runner = scripted(tokenizer, Script(), every_steps=2, ask_while_writing=True)
    ask(engine.open("async", GREEDY), QUESTION)
    run(engine, 7)
    seen = {ran.target: tokenizer.decode(list(ran.saw)) for ran in runner.latest}
    written = {block.name: tokenizer.decode(block.tokens) for block in engine.runner.arena.blocks}
    thoughts, output = written["thoughts"], written["output"]
    assert len(thoughts) > 4 and len(output) > 4
    user = f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n"
    assert seen["thoughts"] == f"{user}{output}...<|im_end|>\n<|im_start|>assistant\n<think>{thoughts}"
    assert seen["question"] == f"{seen['thoughts']}(ready?)"
    assert seen["output"] == f"{user}<think>\n{thoughts}...\n</think>{output}"


def policy_of(events: Sequence[Event], ends_paragraph: Any) -> dict[int, bool]:
    """By step: may the writer write in the *next* one? Told from the events alone."""
    allowed: dict[int, bool] = {}
    is_open, free, output = False, False, []
    for event in events:
        match event:
            case GateAnswered():
                is_open = event.open
            case TokenGenerated(stream=StreamName.OUTPUT, token=token):
                output.append(token)
                if ends_paragraph(output):
                    is_open = False
            case StreamEnded(stream=StreamName.THOUGHTS):
                free = True
        if not isinstance(event, TurnEnded):
            allowed[event.step] = is_open or free
    return allowed


@pytest.mark.parametrize("asking", [False, True])
@pytest.mark.parametrize("gate", [NEVER, (-1.0, 1.0, 1.0, -1.0, 1.0, -1.0, -1.0, 1.0)])
def test_the_writer_runs_exactly_when_the_gate_is_open_or_the_thoughts_have_ended(
    tokenizer: PreTrainedTokenizerBase, gate: Sequence[float], asking: bool
) -> None:
    script = Script("So it goes.\n\n" * 6, "One thing.\n\nAnother thing.\n\nThe last thing.", gate)
    engine, runner = scripted(tokenizer, script, every_steps=3, ask_while_writing=asking)
    ask(engine.open("async", GREEDY), QUESTION)
    events = run(engine)
    allowed = policy_of(events, engine.model.paragraph_end)
    wrote = [bool(step) for step in runner.of("output", generating=True)]
    assert wrote == [allowed.get(number, False) for number in range(len(wrote))]
    assert any(wrote) and not all(wrote)
    assert text_of(events, OUTPUT) == script.answer and end_of(events) is EndReason.FINISHED


def test_a_gate_that_never_opens_gives_think_then_answer(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, _ = scripted(tokenizer, Script(gate=NEVER))
    ask(engine.open("async", GREEDY), QUESTION)
    events = run(engine)
    thinking = max(event.step for event in events if isinstance(event, TokenGenerated) and event.stream is THOUGHTS)
    writing = min(event.step for event in events if isinstance(event, TokenGenerated) and event.stream is OUTPUT)
    assert writing == thinking + 2  # one step brings the end of the thoughts


def steps_after_paragraphs(engine: Engine, events: Sequence[Event], stream: StreamName) -> list[int]:
    """The steps that follow the ends of the stream's paragraphs."""
    tokens: list[int] = []
    found = []
    for event in events:
        if isinstance(event, TokenGenerated) and event.stream is stream:
            tokens.append(event.token)
            if engine.model.paragraph_end(tokens):
                found.append(event.step + 1)
    return found


def test_a_question_rides_right_behind_every_thought_and_every_paragraph(tokenizer: PreTrainedTokenizerBase) -> None:
    script = Script("So.\n\n" * 8, "One.\n\nTwo.\n\nThree.", gate=[-1.0, 1.0, -1.0, 1.0, -1.0, -1.0, 1.0])
    engine, runner = scripted(tokenizer, script, every_steps=1000)
    ask(engine.open("async", GREEDY), QUESTION)
    events = run(engine)
    asked = [number + 1 for number, step in enumerate(runner.of("question")) if step]
    due = {*steps_after_paragraphs(engine, events, THOUGHTS), *steps_after_paragraphs(engine, events, OUTPUT)}
    wrote = {event.step for event in events if isinstance(event, TokenGenerated) and event.stream is OUTPUT}
    ended = next(e.step for e in events if isinstance(e, StreamEnded) and e.stream is THOUGHTS)
    assert asked == sorted(step for step in due - wrote if step <= ended)
    for step in {*asked} & {*steps_after_paragraphs(engine, events, THOUGHTS)}:
        (question,) = runner.of("question")[step - 1]
        assert tokenizer.decode(list(question.saw)).endswith(".\n\n(ready?)")


def test_an_answer_does_not_undo_what_its_own_step_brings(tokenizer: PreTrainedTokenizerBase) -> None:
    """A yes that rides beside the last token of a paragraph was asked before that token: the writer pauses."""
    script = Script("So. " * 40, "One.\n\nTwo.\n\nThree.")
    engine, runner = scripted(tokenizer, script, every_steps=1, ask_while_writing=True)
    ask(engine.open("async", GREEDY), QUESTION)
    events = run(engine)
    pauses = steps_after_paragraphs(engine, events, OUTPUT)
    wrote = [bool(step) for step in runner.of("output", generating=True)]
    assert len(pauses) == 2 and not any(wrote[step - 1] for step in pauses)


def test_a_thought_that_ends_beside_a_question_is_asked_about_in_the_next_step(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    script = Script("a b c d e.\n\nf g h i j k l m n o p q r s t.", gate=NEVER)
    words = len(tokenizer.encode("a b c d e.\n\n", add_special_tokens=False))
    engine, runner = scripted(tokenizer, script, every_steps=words - 1)  # it rings as the thought is completed
    ask(engine.open("async", GREEDY), QUESTION)
    run(engine, words + 3)
    asked = [number + 1 for number, step in enumerate(runner.of("question")) if step]
    assert asked[:2] == [words, words + 1]


def block_in(step: list[Ran], name: str) -> Ran:
    return next(ran for ran in step if ran.target == name)


def test_the_paused_writers_newest_token_is_seen_and_fed_again_exactly_once(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    script = Script("So it goes. " * 12, "One thing.\n\nAnother thing.\n\nA third.", gate=[-1, 1, -1, 1, -1, 1, -1])
    engine, runner = scripted(tokenizer, script, every_steps=3, ask_while_writing=True)
    ask(engine.open("async", GREEDY), QUESTION)
    prefix = list(engine.model.tokens.writer.prefix)
    output: list[int] = []
    states = ""
    while engine.has_work:
        events = engine.step()
        feeds = [ran for ran in runner.latest if ran.target == "output"]
        state = "" if not feeds else "w" if feeds[0].logits is not None else "s"
        expected = [*prefix, *output]
        if block := [block for block in engine.runner.arena.blocks if block.name == "output"]:
            assert block[0].tokens == expected, "the thinker and the gate must see all that was written, once"
        if state == "w":
            assert list(feeds[0].tokens) == (output[-1:] or prefix)
        states += state or "."
        output += tokens_of(events, OUTPUT)
    assert states.startswith("s") and "ws" in states and ".w" in states
    assert "ss" not in states and "s.s" not in states, "a paused writer is shown once"
    assert tokenizer.decode(output) == script.answer


def test_the_folded_question_leaves_no_trace(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, runner = scripted(tokenizer, Script("So it goes. " * 9, gate=NEVER), every_steps=2)
    ask(engine.open("async", GREEDY), QUESTION)
    for _ in range(20):
        engine.step()
        (question,) = (block for block in engine.runner.arena.blocks if block.name == "question")
        assert question.length == 0
    assert sum(map(len, runner.of("question"))) >= 8


# -- limits and manners

ENDLESS = Script("on and on " * 200, "and so on " * 200)


def longest_view(runner: RecordingRunner) -> int:
    return max(len(ran.saw) for step in runner.steps for ran in step)


@pytest.mark.parametrize("method", ["async", "think", "interleaved"])
def test_thoughts_far_longer_than_the_limit_lose_their_oldest_paragraphs_and_go_on(
    tokenizer: PreTrainedTokenizerBase, method: str
) -> None:
    limit = 200
    engine, runner = scripted(
        tokenizer, Script(ENDLESS.thoughts, "Done.", NEVER), conversation_tokens=limit, thought_tokens=5000
    )
    ask(engine.open(method, GREEDY), "hi")
    events = run(engine)
    assert text_of(events, THOUGHTS) == ENDLESS.thoughts
    assert sum(e.tokens for e in events if isinstance(e, StreamCompacted)) > 5 * limit
    assert text_of(events, OUTPUT) == "Done." and end_of(events) is EndReason.FINISHED
    assert limit // 2 < longest_view(runner) <= limit


@pytest.mark.parametrize("method", ["async", "think", "interleaved"])
def test_thoughts_end_when_their_budget_is_spent(tokenizer: PreTrainedTokenizerBase, method: str) -> None:
    script = Script(ENDLESS.thoughts, "Done.", NEVER)
    engine, _ = scripted(tokenizer, script, thought_tokens=50)
    ask(engine.open(method, GREEDY), "hi")
    events = run(engine)
    (thoughts_ended,) = (e for e in events if isinstance(e, StreamEnded) and e.stream is THOUGHTS)
    assert thoughts_ended.reason is EndReason.LIMIT and len(tokens_of(events, THOUGHTS)) == 50
    assert text_of(events, OUTPUT) == "Done." and end_of(events) is EndReason.FINISHED


@pytest.mark.parametrize("method", ["async", "think", "interleaved"])
def test_the_writer_sees_the_newest_thought_too_when_a_limit_ends_them(
    tokenizer: PreTrainedTokenizerBase, method: str
) -> None:
    engine, runner = scripted(tokenizer, Script(ENDLESS.thoughts, "Done.", NEVER), thought_tokens=50)
    ask(engine.open(method, GREEDY), "hi")
    events = run(engine)
    thoughts = tuple(tokens_of(events, THOUGHTS))
    for (ran,) in (step for step in runner.of("output", generating=True) if step):
        assert thoughts in [ran.saw[start : start + len(thoughts)] for start in range(len(ran.saw))]
    assert text_of(events, OUTPUT) == "Done."


def test_an_answer_ends_when_its_budget_is_spent(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, runner = scripted(tokenizer, ENDLESS, conversation_tokens=200, answer_tokens=500)
    ask(engine.open("no-think", GREEDY), "hi")
    events = run(engine)
    assert end_of(events) is EndReason.LIMIT and len(tokens_of(events, OUTPUT)) == 500
    assert longest_view(runner) <= 200


@pytest.mark.parametrize("method", ["async", "think", "no-think", "interleaved"])
def test_no_stream_writes_a_control_token(tiny_qwen3: LoadedModel, method: str) -> None:
    loaded = tiny_qwen3
    marks = {text: token for token, text in control_tokens(loaded.tokenizer).items()}
    nameless = range(len(loaded.tokenizer), loaded.model.config.vocab_size)
    wanted = [marks["<|endoftext|>"], marks["<|im_start|>"], marks["<think>"], nameless[2]]
    with torch.no_grad():  # it would say nothing else
        loaded.model.lm_head.weight[wanted] *= 30
    engine, _ = recorded(loaded, prompts_of("demo"), conversation_tokens=200)
    ask(engine.open(method, GREEDY), QUESTION)
    events = run(engine)
    written = {*tokens_of(events, THOUGHTS), *tokens_of(events, OUTPUT)}
    assert written and not written & {*marks.values(), *nameless}


@pytest.mark.parametrize("method", ["async", "think", "no-think", "interleaved"])
def test_nothing_happens_in_a_turn_after_its_end(tokenizer: PreTrainedTokenizerBase, method: str) -> None:
    script = Script("So it goes. " * 20, "Soon done.")
    engine, _ = scripted(tokenizer, script, every_steps=1, ask_while_writing=True)
    ask(engine.open(method, GREEDY), QUESTION)
    events = run(engine)
    assert isinstance(events[-1], TurnEnded) and [type(event) for event in events].count(TurnEnded) == 1
    steps = [event.step for event in events]
    assert steps == sorted(steps) and steps[0] == 1
    assert text_of(events, OUTPUT) == script.answer


def test_draws_are_the_same_for_the_same_seed(tiny_qwen3: LoadedModel) -> None:
    engine, _ = recorded(tiny_qwen3, prompts_of("demo"), conversation_tokens=200)

    def drawn(seed: int) -> tuple[list[int], list[int]]:
        conversation = engine.open("async", Sampling(0.8, 0.95, seed))
        ask(conversation, QUESTION)
        events = run(engine, 30)
        engine.close(conversation)
        return tokens_of(events, THOUGHTS), tokens_of(events, OUTPUT)

    assert drawn(1) == drawn(1) != drawn(2)


@pytest.mark.gpu
@pytest.mark.parametrize("sampling", [GREEDY, Sampling(0.8, 0.9, seed=3)], ids=["greedy", "drawn"])
@pytest.mark.parametrize("method", ["async", "think", "no-think", "interleaved"])
def test_a_gpu_says_what_a_cpu_says(tiny_qwen3_folder: Path, method: str, sampling: Sampling) -> None:
    said = []
    for device in ("cpu", "cuda"):
        engine, _ = recorded(load_model(tiny_qwen3_folder, device, torch.float64), prompts_of("demo"))
        ask(engine.open(method, sampling), QUESTION)
        events = run(engine, 30)
        said.append((tokens_of(events, THOUGHTS), tokens_of(events, OUTPUT)))
    assert said[0] == said[1] != ([], [])
