"""The witness on an arena without a model: keys are what the test writes there."""

from collections.abc import Iterable

import pytest
import torch

from app.barge_in.witness import Kept, Witness
from engine.arena import Arena, LayerShape
from engine.block import Block
from engine.view import Feed, View


class Scene:
    """A witness, an arena, and thinkers that run by hand. Every run writes keys of its own."""

    def __init__(self) -> None:
        self.arena = Arena([LayerShape(2, 4, 4)] * 2, 512, torch.float32, torch.device("cpu"))
        self.found: list[Kept] = []
        self.witness = Witness(self.arena, lambda tokens: " ".join(map(str, tokens)), self.found.append)
        self.words = self.arena.block("input")
        self._runs = 0

    def think(self, turn: int, blocks: Iterable[Block], *tokens: int) -> None:
        """One step: these tokens into the last of the blocks."""
        *_, target = shown = list(blocks)
        self.arena.append(target, tokens)
        self._runs += 1
        for slot in target.slots(target.length - len(tokens), target.length):
            for stored in (*self.arena.keys, *self.arena.values):
                stored[:, slot] = self._runs
        self.witness.ran([Feed(View(self.words, *shown), tokens)], turn)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_thoughts_that_are_carried_on_are_found_token_for_token_and_key_for_key(scene: Scene) -> None:
    first, second = scene.arena.block("thoughts"), scene.arena.block("thoughts")
    scene.think(1, [first], 5, 6)
    scene.think(1, [first, second], 7)
    scene.think(2, [first, second], 9)
    scene.think(2, [first, second], 10)
    assert scene.found == [Kept(2, 1, 3, 3, 3, "5 6 7")]


def test_a_key_that_was_computed_anew_is_seen(scene: Scene) -> None:
    block = scene.arena.block("thoughts")
    scene.think(1, [block], 5, 6, 7)
    scene.arena.keys[1][0, block.slots(1, 2)[0]] += 1
    scene.think(2, [block], 9)
    assert scene.found == [Kept(2, 1, 3, 3, 1, "5 6 7")]


def test_dropped_thoughts_are_not_found(scene: Scene) -> None:
    block = scene.arena.block("thoughts")
    scene.think(1, [block], 5, 6)
    scene.arena.release(block)
    scene.think(2, [scene.arena.block("thoughts")], 5, 6)
    assert scene.found == [Kept(2, 1, 2, 2, 0, "5 6")]


def test_the_newest_token_may_be_fed_again_in_the_same_turn(scene: Scene) -> None:
    block = scene.arena.block("thoughts")
    scene.think(1, [block], 5, 6)
    scene.arena.crop(block, 1)
    scene.think(1, [block], 6)
    scene.think(2, [block], 9)
    assert scene.found == [Kept(2, 1, 2, 2, 2, "5 6")]


def test_other_streams_and_questions_do_not_count(scene: Scene) -> None:
    block, answer = scene.arena.block("thoughts"), scene.arena.block("output")
    scene.think(1, [block], 5)
    scene.think(2, [block, answer], 6)
    scene.witness.ran([Feed(View(scene.words, block), [1], keep=False)], 2)
    assert not scene.found
