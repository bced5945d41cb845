"""Reading: blocks come to hold their tokens, a bounded number a step, and nobody else waits for it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerBase

from engine.arena import Arena
from engine.block import Block
from engine.events import StreamName, TokenGenerated
from engine.reading import Reading
from engine.view import View
from tests.engine.scripted import NEVER, Script, ScriptedRunner
from tests.engine.talk import GREEDY, ask, live_prompts, make_engine

texts = st.lists(st.integers(0, 2), max_size=12)


@given(
    moves=st.lists(st.tuples(st.integers(0, 2), texts | st.none(), st.none() | st.integers(0, 5)), max_size=20),
    budget=st.integers(1, 7),
)
def test_blocks_hold_what_they_were_to_hold_last_and_no_step_reads_more_than_it_may(
    moves: list[tuple[int, list[int] | None, int | None]], budget: int
) -> None:
    """No text: forget the block. A number of kept tokens: that many at most are not read again."""
    arena = Arena([], 1024, torch.float32, torch.device("cpu"))
    reading, blocks = Reading(arena), [arena.block(str(number)) for number in range(3)]
    wanted: dict[Block, list[int] | None] = {}

    def step() -> None:
        waiting = reading.waiting_tokens
        feeds = reading.take(budget)
        read = sum(len(feed.tokens) for feed in feeds)
        assert read == min(budget, waiting) and reading.waiting_tokens == waiting - read
        for feed in feeds:
            arena.append(feed.view.target, feed.tokens)

    for number, text, keep in moves:
        block = blocks[number]
        if text is None:
            reading.forget(block)
            wanted.pop(block, None)
        else:
            reading.bring(block, text, lambda block=block: View(block), keep)
            wanted[block] = text
            assert block.length <= (len(text) if keep is None else keep)
            assert block.length + reading.waiting_for(block) == len(text)
        step()
    while reading.waiting_tokens:
        step()
    assert all(block.tokens == text for block, text in wanted.items())


def test_a_block_that_waits_can_be_read_in_another_view_than_it_was_to() -> None:
    arena = Arena([], 64, torch.float32, torch.device("cpu"))
    reading, first, second = Reading(arena), arena.block("first"), arena.block("second")
    reading.bring(second, [1, 2], lambda: View(second))
    reading.aim(second, lambda: View(first, second))
    reading.aim(first, lambda: View(first))  # it waits for nothing
    (feed,) = reading.take(10)
    assert [piece.block for piece in feed.view.slices] == [first, second] and list(feed.tokens) == [1, 2]


@pytest.mark.parametrize("read_tokens", [64, 512, 8192])
def test_while_one_reads_a_very_long_text_another_hears_a_token_in_every_step(
    tokenizer: PreTrainedTokenizerBase, read_tokens: int
) -> None:
    prompts = live_prompts(3)
    script = Script("on and on " * 100, gate=NEVER)
    runner = ScriptedRunner(tokenizer, prompts, script, 80_000, max_positions=32768)
    engine = make_engine(tokenizer, prompts, runner, 20_000, read_tokens=read_tokens, thought_tokens=10_000)
    talker, reader = engine.open("think", GREEDY), engine.open("async", GREEDY)
    ask(talker, "hi")
    engine.step()
    ask(reader, "very " * (8000 // len(tokenizer.encode("very "))))
    assert reader.waiting_tokens >= 7900
    steps = 0
    while reader.waiting_tokens:
        events = engine.step()
        steps += 1
        told = [e for e in events if isinstance(e, TokenGenerated) and e.conversation == talker.id]
        assert [event.stream for event in told] == [StreamName.THOUGHTS]
    assert steps >= 8000 // read_tokens
    assert any(event.conversation == reader.id for _ in range(3) for event in engine.step())
