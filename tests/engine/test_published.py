"""The engine against outputs saved from the published implementation (see tests/golden/README.md)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.rope import Rotation
from engine.view import Feed, Sees, View
from tests.engine.published import (
    EOS,
    NO,
    YES,
    WriterAndThinker,
    byte_tokens,
    cases,
    ends_paragraph,
    prefill,
    published_runner,
    saved_logits,
)

SEEDS = (0, 1)
PRECISIONS = ("float32", "float64")
TOLERANCE = 1e-4  # the published code's own float32 and float64 differ by 2e-5
CHECK_EVERY = 20
CASES = list(product(SEEDS, PRECISIONS, (None, *Rotation)))  # None: the lean forward pass


def streams(state: WriterAndThinker, kind: str, texts: list[list[int]]) -> list[Feed]:
    """The feeds of one scripted move: w(riter), t(hinker) or b(oth)."""
    views = {"w": [state.writer], "t": [state.thinker], "b": [state.writer, state.thinker]}[kind]
    return [Feed(view, text) for view, text in zip(views, texts, strict=True)]


def last_row(logits: Tensor | None) -> Tensor:
    assert logits is not None
    return logits[-1]


def play_script(state: WriterAndThinker, script: list[tuple[str, list[list[int]]]]) -> list[Tensor]:
    """The logits of every scripted move; questions are asked in a step of their own."""
    found = []
    for kind, texts in script:
        feeds = [Feed(state.control, texts[0], keep=False)] if kind == "q" else streams(state, kind, texts)
        found += [last_row(logits) for logits in state.runner.run(feeds)]
    return found


def play_script_folded(state: WriterAndThinker, script: list[tuple[str, list[list[int]]]]) -> list[Tensor]:
    """The same logits, with every question folded into the step that follows it."""
    found = []
    questions: list[Feed] = []
    for kind, texts in script:
        if kind == "q":
            questions = [Feed(state.control, texts[0], Sees.BEFORE, keep=False)]
            continue
        found += [last_row(logits) for logits in state.runner.run([*questions, *streams(state, kind, texts)])]
        questions = []
    return found


@pytest.mark.parametrize(("seed", "precision", "rotation"), CASES)
@pytest.mark.parametrize("play", [play_script, play_script_folded])
def test_scripted_streams_give_the_published_logits(
    seed: int, precision: str, rotation: Rotation | None, play: Any
) -> None:
    case = cases()[f"scripted_{seed}"]
    state = prefill(published_runner(seed, getattr(torch, precision), rotation), case["prompting"])
    compare(play(state, case["script"]), f"scripted_{seed}_{precision}")


@pytest.mark.parametrize(("seed", "precision", "rotation"), CASES)
def test_hogwild_workers_in_the_combined_layout_give_the_published_logits(
    seed: int, precision: str, rotation: Rotation | None
) -> None:
    case = cases()[f"hogwild_{seed}"]
    runner = published_runner(seed, getattr(torch, precision), rotation)
    common, header, separator = (runner.arena.block(name) for name in ("common", "header", "separator"))
    for block, name in ((common, "common"), (header, "header"), (separator, "sep")):
        runner.run([Feed(View(block), case["pre"][name])])
    workers = [runner.arena.block("worker 1"), runner.arena.block("worker 2")]
    history = [common]
    found = []
    for finished, texts in case["script"]:
        if finished is not None:  # this worker's paragraph joins the history
            history.append(workers[finished])
            workers[finished] = runner.arena.block()
        views = [View(*history, header, theirs, separator, mine) for mine, theirs in (workers, reversed(workers))]
        found += runner.run([Feed(view, text) for view, text in zip(views, texts, strict=True)])
    compare([last_row(logits) for logits in found], f"hogwild_{seed}_{precision}")


def compare(found: Sequence[Tensor], case: str) -> None:
    logits, expected = torch.stack(list(found)).double().numpy(), saved_logits(case)
    assert np.abs(logits - expected).max() < TOLERANCE
    assert (logits.argmax(-1) == expected.argmax(-1)).all()


def control_loop(
    state: WriterAndThinker, prompting: dict[str, str], steps: int
) -> tuple[list[int], list[int], list[bool]]:
    """The published greedy loop: tokens of writer and thinker, and the answers to the control question."""
    question = byte_tokens(prompting["thinker_control_question"])
    written = [*byte_tokens(prompting["writer_output_prefix"]), byte_tokens("\n\n")[0]]
    thought = [*byte_tokens(prompting["thinker_output_prefix"]), byte_tokens("\n\n")[0]]
    answers: list[bool] = []
    writing = False
    for step in range(1, steps + 1):
        views = [(state.thinker, thought), (state.writer, written)][: 1 + writing]
        found = state.runner.run([Feed(view, stream[-1:]) for view, stream in views])
        for (_, stream), logits in zip(views, found, strict=True):
            row = last_row(logits).clone()
            row[EOS] -= 100
            stream.append(int(row.argmax()))
        if writing and ends_paragraph(written):
            writing = False
        if step % CHECK_EVERY == 0 or ends_paragraph(thought):
            row = last_row(state.runner.run([Feed(state.control, question, keep=False)])[0])
            writing = bool(row[YES] > row[NO])
            answers.append(writing)
    return written, thought, answers


@pytest.mark.parametrize("number", range(len(cases()["solve"])))
def test_the_greedy_control_loop_gives_the_published_tokens(number: int) -> None:
    case = cases()["solve"][number]
    state = prefill(published_runner(case["seed"], torch.float32), case["prompting"])
    written, thought, answers = control_loop(state, case["prompting"], case["budget"])
    assert (answers, written, thought) == (case["checks"], case["writer"], case["thinker"])
