"""`interleaved`: who writes when, that no step has two writers, and that it is exact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerBase

from engine.engine import Engine
from engine.events import EndReason, Event, GateAnswered, StreamEnded, StreamName, TokenGenerated
from engine.loading import load_model
from engine.runner import Attention, Forward, ModelRunner
from tests.engine.mirror import MirroredRunner
from tests.engine.scripted import ALWAYS, NEVER, Script, ScriptedRunner
from tests.engine.talk import GREEDY, RecordingRunner, ask, end_of, make_engine, prompts_of, run, text_of

THOUGHTS, OUTPUT = StreamName.THOUGHTS, StreamName.OUTPUT


def scripted(tokenizer: PreTrainedTokenizerBase, script: Script) -> tuple[Engine, RecordingRunner]:
    prompts = prompts_of("demo", every_steps=1)
    runner = RecordingRunner(ScriptedRunner(tokenizer, prompts, script))
    return make_engine(tokenizer, prompts, runner, 400), runner


def answered(engine: Engine, patience: float | None = None) -> list[Event]:
    ask(engine.open("interleaved", GREEDY, patience), "hi")
    return run(engine)


def paragraphs(events: Iterable[Event]) -> list[tuple[StreamName, str]]:
    """What was written without a change of stream, in order."""
    written = [event for event in events if isinstance(event, TokenGenerated)]
    runs = groupby(written, key=lambda event: event.stream)
    return [(stream, "".join(event.text for event in run)) for stream, run in runs]


@pytest.mark.parametrize("patience", [0.0, 0.5])
@pytest.mark.parametrize("eager", [False, True])
def test_its_logits_are_those_of_the_same_views_under_reference_attention(
    tiny_qwen3_folder: Path, eager_qwen3_folder: Path, eager: bool, patience: float
) -> None:
    folder = eager_qwen3_folder if eager else tiny_qwen3_folder
    mine, theirs = (load_model(folder, "cpu", torch.float64) for _ in range(2))
    reference = ModelRunner(theirs.model, 4096, attention=Attention.REFERENCE)
    runner = MirroredRunner(ModelRunner(mine.model, 2048, forward=Forward.OWN), reference)
    engine = make_engine(mine.tokenizer, prompts_of("demo"), runner, conversation_tokens=256)
    ask(engine.open("interleaved", GREEDY, patience), "what is the sum of 12 and 30")
    assert run(engine, 60)
    assert runner.largest_error < 1e-9


def test_without_patience_a_paragraph_of_thought_and_one_of_answer_take_turns(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    engine, runner = scripted(tokenizer, Script("One.\n\nTwo.\n\nThree.\n\n", "A.\n\nB.\n\nC."))
    events = answered(engine, patience=0.0)
    assert [text for _, text in paragraphs(events)] == ["One.\n\n", "A.\n\n", "Two.\n\n", "B.\n\n", "Three.\n\n", "C."]
    assert not any(runner.of("question")) and end_of(events) is EndReason.FINISHED


def test_with_all_patience_it_thinks_and_then_answers(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, runner = scripted(tokenizer, Script("One.\n\nTwo.\n\n", "A.\n\nB."))
    events = answered(engine, patience=1.0)
    assert paragraphs(events) == [(THOUGHTS, "One.\n\nTwo.\n\n"), (OUTPUT, "A.\n\nB.")]
    assert not any(runner.of("question"))


def test_the_gate_is_asked_at_the_end_of_every_thought_and_decides_who_goes_on(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    script = Script("One.\n\nTwo.\n\nThree.\n\nFour.\n\n", "A.\n\nB.", gate=(-1.0, 1.0, -1.0, 1.0))
    engine, _ = scripted(tokenizer, script)
    events = answered(engine)
    thought, *rest = paragraphs(events)
    assert thought[1].startswith("One.\n\nTwo.\n\nT") and [text for stream, text in rest if stream is OUTPUT] == [
        "A.\n\n",
        "B.",
    ]
    complete: list[int] = []
    tokens: list[int] = []
    for event in events:
        if isinstance(event, TokenGenerated) and event.stream is THOUGHTS:
            tokens.append(event.token)
            if engine.model.paragraph_end(tokens):
                complete.append(event.step)
    asked = [event.step for event in events if isinstance(event, GateAnswered)]
    assert asked == [step + 1 for step in complete][: len(asked)] and len(asked) >= 3


def test_when_the_thoughts_have_ended_the_rest_of_the_answer_is_written(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, _ = scripted(tokenizer, Script("One.\n\n", "A.\n\nB.\n\nC.", gate=NEVER))
    events = answered(engine)
    (ended,) = (event.step for event in events if isinstance(event, StreamEnded) and event.stream is THOUGHTS)
    writing = [event.step for event in events if isinstance(event, TokenGenerated) and event.stream is OUTPUT]
    assert writing == list(range(ended + 1, ended + 1 + len(writing)))


def test_who_pauses_is_seen_whole_by_who_goes_on(tokenizer: PreTrainedTokenizerBase) -> None:
    engine, runner = scripted(tokenizer, Script("One.\n\nTwo.\n\nThree.\n\n", "A.\n\nB.\n\nC.", ALWAYS))
    ask(engine.open("interleaved", GREEDY), "hi")
    written = {"thoughts": "", "output": ""}
    checked = Counter[str]()
    while engine.has_work:
        events = engine.step()
        for name, other in (("thoughts", "output"), ("output", "thoughts")):
            for ran in runner.latest:
                if ran.target == name and ran.logits is not None and written[other]:
                    assert written[other] in tokenizer.decode(list(ran.saw))
                    checked[name] += 1
        for name in written:
            written[name] += text_of(events, StreamName(name))
    assert checked["thoughts"] > 3 and checked["output"] > 3


words = st.lists(st.sampled_from(["a", "bc", "so on.", "\n\n"]), max_size=14).map(" ".join)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    thoughts=words,
    answer=words.filter(str.strip),
    gate=st.lists(st.floats(-3, 3), min_size=1, max_size=6),
    patience=st.floats(0, 1),
)
def test_no_step_generates_in_two_streams_and_nothing_is_lost(
    tokenizer: PreTrainedTokenizerBase, thoughts: str, answer: str, gate: Sequence[float], patience: float
) -> None:
    engine, runner = scripted(tokenizer, Script(thoughts, answer, gate))
    events = answered(engine, patience)
    steps = Counter(event.step for event in events if isinstance(event, TokenGenerated))
    assert max(steps.values(), default=0) <= 1
    for thinkers, writers in zip(
        runner.of("thoughts", generating=True), runner.of("output", generating=True), strict=True
    ):
        assert len(thinkers) + len(writers) <= 1
    assert text_of(events, OUTPUT) == answer and end_of(events) is EndReason.FINISHED
    assert thoughts.startswith(text_of(events, THOUGHTS))
