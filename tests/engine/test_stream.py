"""A stream's blocks, whatever is done to it: they hold what it wrote, less what was dropped, cut or not fed yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerBase

from engine.arena import Arena
from engine.block import Block
from engine.events import StreamName
from engine.stream import Stream
from engine.text import IncrementalDecoder
from engine.view import View

PREFIX = (401, 402, 403)
WEIGHTS = {"feed": 6, "show": 1, "rest": 1, "roll": 2, "drop": 3, "cut": 2, "inject": 1, "wake": 1}


@dataclass
class Bench:
    """A stream over an arena without layers, and what it should hold."""

    stream: Stream
    arena: Arena
    carried: list[int]
    before: Block
    generated: list[int]
    step: int = 0

    def run(self, fed: Sequence[int]) -> None:
        self.arena.append(self.stream.block, fed)

    def held(self) -> list[int]:
        return [token for block in self.stream.blocks for token in block.tokens]


def bench(tokenizer: PreTrainedTokenizerBase, carried: int) -> Bench:
    arena = Arena([], 8192, torch.float32, torch.device("cpu"))
    account = arena.account(4096)
    blocks, before = [arena.block("carried", account) for _ in range(2)], arena.block("before")
    for block in blocks:
        arena.append(block, range(carried))
    stream = Stream(StreamName.THOUGHTS, arena, account, PREFIX, lambda: IncrementalDecoder(tokenizer), carried=blocks)
    return Bench(stream, arena, [*range(carried), *range(carried)], before, [])


moves = st.lists(
    st.tuples(st.sampled_from([name for name, weight in WEIGHTS.items() for _ in range(weight)]), st.integers(0, 99)),
    max_size=40,
)


@settings(deadline=None, max_examples=200)
@given(moves=moves, carried=st.integers(0, 3))
def test_whatever_is_done_to_a_stream_its_blocks_hold_what_stands(
    tokenizer: PreTrainedTokenizerBase, moves: list[tuple[str, int]], carried: int
) -> None:
    game = bench(tokenizer, carried)
    for name, number in moves:
        play(game, name, number)
        stream = game.stream
        assert stream.generated == game.generated and len(stream.born) == len(stream.generated)
        pending = () if stream.shown else stream.pending
        whole = [*game.carried, *PREFIX, *game.generated]
        held = [*game.held(), *pending]
        assert held == whole[len(whole) - len(held) :], "its blocks are the end of all it wrote"
        own = len(stream.standing)
        assert list(stream.standing) == [*PREFIX, *game.generated][len(PREFIX) + len(game.generated) - own :]
        assert min(len(held), len(PREFIX) + len(game.generated)) == own
        assert stream.text == "".join(tokens_text(tokenizer, game.generated))
    game.stream.release()
    assert {block.name for block in game.arena.blocks} <= {"before"} and game.arena.used_tokens == 0


def tokens_text(tokenizer: PreTrainedTokenizerBase, tokens: Sequence[int]) -> list[str]:
    decoder = IncrementalDecoder(tokenizer)
    return [decoder.push(token) for token in tokens]


def play(game: Bench, name: str, number: int) -> None:
    stream = game.stream
    game.step += 1
    match name:
        case "feed" if stream.active:
            game.run(stream.feed(View(game.before)).tokens)
            token = 97 + number % 20
            stream.accept(token, game.step)
            game.generated.append(token)
        case "show" if stream.active and not stream.shown:
            game.run(stream.show(View(game.before)).tokens)
        case "rest" if stream.active:
            game.run(stream.feed(View(game.before)).tokens)
            stream.rest()
        case "wake":
            stream.wake()
        case "roll" if not stream.shown:
            stream.roll()
        case "drop" if len(stream.blocks) > 1:
            stream.drop_oldest()
        case "inject":
            tokens = [97 + number % 7, 98 + number % 11]
            stream.inject(tokens, game.step)
            game.generated += tokens
        case "cut":
            count = len(game.generated) * number // 100
            assert stream.cut(count) == (count < len(game.generated))
            del game.generated[count:]


def test_a_stream_that_is_cut_behind_what_was_dropped_knows_what_it_still_holds(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    game = bench(tokenizer, 0)
    for number in range(8):
        play(game, "feed", number)
    game.stream.roll()
    play(game, "feed", 8)
    while len(game.stream.blocks) > 1:
        game.stream.drop_oldest()
    game.stream.cut(4)
    assert game.held() == [] and game.stream.pending == tuple(game.generated[3:4])
    assert game.stream.standing == tuple(game.generated[3:4])


@pytest.mark.parametrize("characters", range(6))
def test_a_token_within_a_character_lies_in_no_text_that_ends_before_it(
    tokenizer: PreTrainedTokenizerBase, characters: int
) -> None:
    game = bench(tokenizer, 0)
    tokens = tokenizer.encode("a😀b", add_special_tokens=False)
    for token in tokens:
        game.run(game.stream.feed(View(game.before)).tokens)
        game.stream.accept(token, 1)
    assert game.stream.text == "a😀b"
    assert game.stream.within(characters) == [0, 1, len(tokens) - 1, len(tokens), len(tokens), len(tokens)][characters]
