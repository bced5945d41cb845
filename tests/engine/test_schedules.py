"""Random schedules of many views over shared blocks, every logit against the independent oracle.

A schedule is data, so that a failure shrinks to a few readable steps. Numbers in it are taken modulo what is possible.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.rope import Rotation
from engine.runner import ModelRunner
from engine.view import Feed, Logits, Sees, Slice, View
from tests.engine.models import YARN, exact_model, tokens
from tests.engine.oracle import Oracle, OracleFeed

BLOCKS_EACH = 4  # blocks of one conversation
CONVERSATIONS = 2


@dataclass(frozen=True)
class Piece:
    """Another block of the conversation, by number; cut: percent of its length where the slice begins and ends."""

    block: int
    cut: tuple[int, int] | None


@dataclass(frozen=True)
class Words:
    """One feed: into `target` of `conversation`, after `pieces`. own_start: percent of the target it does not see."""

    conversation: int
    target: int
    pieces: tuple[Piece, ...]
    own_start: int
    count: int
    sees: Sees
    keep: bool


@dataclass(frozen=True)
class Run:
    feeds: tuple[Words, ...]


@dataclass(frozen=True)
class Crop:
    block: int
    percent: int


@dataclass(frozen=True)
class Replace:
    """Release a block and take a new one in its place."""

    block: int


percents = st.integers(0, 100)
pieces = st.builds(Piece, st.integers(0, BLOCKS_EACH - 1), st.none() | st.tuples(percents, percents))
words = st.builds(
    Words,
    conversation=st.integers(0, CONVERSATIONS - 1),
    target=st.integers(0, BLOCKS_EACH - 1),
    pieces=st.lists(pieces, max_size=4).map(tuple),
    own_start=st.sampled_from([0, 0, 0, 50]),
    count=st.sampled_from([1, 1, 1, 2, 5, 9, 25, 70]),
    sees=st.sampled_from(Sees),
    keep=st.sampled_from([True, True, True, False]),
)
runs = st.builds(
    Run, st.lists(words, min_size=1, max_size=4, unique_by=lambda w: (w.conversation, w.target)).map(tuple)
)
all_blocks = st.integers(0, BLOCKS_EACH * CONVERSATIONS - 1)
crops, replacements = st.builds(Crop, all_blocks, percents), st.builds(Replace, all_blocks)
schedules = st.lists(runs | runs | runs | crops | replacements, min_size=5, max_size=10)


class Replay:
    """Plays a schedule on the engine and the oracle side by side. worst: largest difference of two logits."""

    def __init__(self, runner: ModelRunner, oracle: Oracle) -> None:
        self.runner, self.oracle, self.worst = runner, oracle, 0.0
        count = BLOCKS_EACH * CONVERSATIONS
        self.blocks = [runner.arena.block(str(index)) for index in range(count)]
        self.mirrors = [oracle.block() for _ in range(count)]
        self.run([self.opening(index) for index in range(count)], seed=99)

    def opening(self, index: int) -> Words:
        """Some first tokens for a block, so that there is something to see from the start."""
        conversation, target = divmod(index, BLOCKS_EACH)
        return Words(conversation, target, (), 0, 2 + 5 * target, Sees.NOW, True)

    def play(self, schedule: Sequence[Run | Crop | Replace]) -> None:
        for number, move in enumerate(schedule):
            match move:
                case Crop(index, percent):
                    length = self.blocks[index].length * percent // 100
                    self.runner.arena.crop(self.blocks[index], length)
                    self.mirrors[index].crop(length)
                case Replace(index):
                    self.runner.arena.release(self.blocks[index])
                    self.blocks[index], self.mirrors[index] = self.runner.arena.block(str(index)), self.oracle.block()
                case Run(feeds):
                    self.run(feeds, seed=number)
            assert [block.length for block in self.blocks] == [mirror.length for mirror in self.mirrors]

    def run(self, feeds: Sequence[Words], seed: int) -> None:
        slices = [self.slices(feed) for feed in feeds]
        texts = [tokens(feed.count, seed * 10 + index) for index, feed in enumerate(feeds)]
        before = [mirror.length for mirror in self.mirrors]
        found = self.runner.run(
            [
                Feed(View(*[Slice(self.blocks[i], a, b) for i, a, b in own]), text, feed.sees, Logits.ALL, feed.keep)
                for feed, own, text in zip(feeds, slices, texts, strict=True)
            ]
        )
        expected = self.oracle.run(
            [
                OracleFeed([(self.mirrors[i], a, b) for i, a, b in own], text, feed.sees is Sees.NOW)
                for feed, own, text in zip(feeds, slices, texts, strict=True)
            ]
        )
        for feed, own in zip(feeds, slices, strict=True):
            if not feed.keep:
                self.mirrors[own[-1][0]].crop(before[own[-1][0]])
        for logits, wanted in zip(found, expected, strict=True):
            assert logits is not None
            self.worst = max(self.worst, float((logits - wanted).abs().max()))

    def slices(self, feed: Words) -> list[tuple[int, int, int | None]]:
        """The feed's view as (block, start, stop), with block numbers counted over all conversations."""
        first = feed.conversation * BLOCKS_EACH
        view: list[tuple[int, int, int | None]] = []
        for piece in feed.pieces:
            if piece.block != feed.target:
                length = self.blocks[first + piece.block].length
                start, stop = (0, None) if piece.cut is None else sorted(length * cut // 100 for cut in piece.cut)
                view.append((first + piece.block, start or 0, stop))
        target = first + feed.target
        return [*view, (target, self.blocks[target].length * feed.own_start // 100, None)]

    def end(self) -> None:
        for block in self.blocks:
            self.runner.arena.release(block)
        assert self.runner.arena.used_tokens == 0


def replay(schedule: Sequence[Run | Crop | Replace], runner: ModelRunner, oracle: Oracle) -> float:
    game = Replay(runner, oracle)
    try:
        game.play(schedule)
    finally:
        game.end()
    return game.worst


def pair(rotation: Rotation | None, **options: Any) -> tuple[ModelRunner, Oracle]:
    model = exact_model(hidden_size=32, intermediate_size=48, head_dim=16, **options)
    oracle = Oracle(copy.deepcopy(model))
    return ModelRunner(model, 8192, rotation), oracle


@pytest.fixture(scope="module", params=[None, *Rotation])
def plain(request: pytest.FixtureRequest) -> tuple[ModelRunner, Oracle]:
    return pair(request.param)


@pytest.fixture(scope="module", params=[None, *Rotation])
def yarn(request: pytest.FixtureRequest) -> tuple[ModelRunner, Oracle]:
    return pair(request.param, rope_parameters=YARN)


patient = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@settings(patient, max_examples=60)
@given(schedule=schedules)
def test_any_schedule_gives_the_oracles_logits(plain: tuple[ModelRunner, Oracle], schedule: list[Any]) -> None:
    assert replay(schedule, *plain) < 1e-11


@settings(patient, max_examples=20)
@given(schedule=schedules)
def test_any_schedule_gives_the_oracles_logits_under_yarn(
    yarn: tuple[ModelRunner, Oracle], schedule: list[Any]
) -> None:
    assert replay(schedule, *yarn) < 1e-11


def test_the_oracle_equals_the_models_own_forward() -> None:
    model = exact_model(rope_parameters=YARN)
    text = tokens(60)
    with torch.inference_mode():
        expected = model(input_ids=torch.tensor([text]), use_cache=False).logits[0]
    oracle = Oracle(model)
    block = oracle.block()
    (found,) = oracle.run([OracleFeed([(block, 0, None)], text, True)])
    assert (found - expected).abs().max() < 1e-11
