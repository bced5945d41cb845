"""What one step promises: feeds together equal feeds apart, cropping leaves no trace, a failed step changes nothing."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.block import Block
from engine.errors import BadBlock, BadFeed, ContextFull, EngineFull
from engine.rope import Rotation
from engine.runner import ModelRunner
from engine.view import Feed, Logits, Sees, Slice, View
from tests.engine.models import exact_model, tiny_model, tokens


@pytest.fixture(scope="module", params=list(Rotation))
def twins(request: pytest.FixtureRequest) -> tuple[ModelRunner, ModelRunner]:
    """Two runners of equal models, to compare two ways of doing the same."""
    return ModelRunner(exact_model(), 4096, request.param), ModelRunner(exact_model(), 4096, request.param)


@pytest.fixture(scope="module")
def runner() -> ModelRunner:
    return ModelRunner(tiny_model(max_position_embeddings=512), 1024)


def fill(runner: ModelRunner, *lengths: int) -> list[Block]:
    """Blocks of these lengths, each computed after the ones before it."""
    blocks = [runner.arena.block(str(index)) for index in range(len(lengths))]
    for index, length in enumerate(lengths):
        feed = Feed(View(*blocks[: index + 1]), tokens(length, seed=index), logits=Logits.NONE)
        if length:
            runner.run([feed])
    return blocks


def writer_and_thinker(blocks: list[Block], sees: Sees) -> list[Feed]:
    prompt, thoughts, output, question = blocks
    return [
        Feed(View(prompt, thoughts, output), tokens(1, 7), sees, Logits.ALL),
        Feed(View(prompt, output, thoughts), tokens(2, 8), sees, Logits.ALL),
        Feed(View(prompt, output, thoughts, question), tokens(25, 9), Sees.BEFORE, Logits.ALL, keep=False),
    ]


def difference(found: list[Tensor | None], expected: list[Tensor | None]) -> float:
    pairs = [(a, b) for a, b in zip(found, expected, strict=True) if a is not None and b is not None]
    assert len(pairs) == len(found)
    return max(float((a - b).abs().max()) for a, b in pairs)


def test_one_ragged_step_equals_its_feeds_run_apart(twins: tuple[ModelRunner, ModelRunner]) -> None:
    together, apart = twins
    feeds = writer_and_thinker(fill(together, 20, 9, 14, 0), Sees.BEFORE)
    found = together.run(feeds)
    alone = [
        Feed(feed.view.pinned(), feed.tokens, logits=feed.logits, keep=feed.keep)
        for feed in writer_and_thinker(fill(apart, 20, 9, 14, 0), Sees.BEFORE)
    ]
    assert difference(found, [apart.run([feed])[0] for feed in alone]) < 1e-11


def test_a_folded_question_equals_one_asked_before_the_step(twins: tuple[ModelRunner, ModelRunner]) -> None:
    folded, separate = twins
    blocks = fill(folded, 20, 9, 14, 0)
    found = folded.run(writer_and_thinker(blocks, Sees.NOW))
    writer, thinker, question = writer_and_thinker(fill(separate, 20, 9, 14, 0), Sees.NOW)
    asked = separate.run([question])
    assert difference(found, [*separate.run([writer, thinker]), *asked]) < 1e-11
    assert [block.length for block in blocks] == [20, 11, 15, 0]


@pytest.mark.parametrize("rotation", list(Rotation))
def test_crop_and_append_again_is_bitwise_as_if_never_appended(rotation: Rotation) -> None:
    cropped, fresh = (ModelRunner(tiny_model(), 2048, rotation) for _ in range(2))
    answers = []
    for runner, detour in ((cropped, tokens(40, 3)), (fresh, [])):
        prompt, output = fill(runner, 30, 11)
        for token in detour:
            runner.run([Feed(View(prompt, output), [token])])
        runner.arena.crop(output, 11)
        answers.append([runner.run([Feed(View(prompt, output), [token])])[0] for token in tokens(9, 4)])
    for after_crop, never in zip(*answers, strict=True):
        assert after_crop is not None and never is not None and torch.equal(after_crop, never)


def test_conversations_in_one_step_do_not_disturb_each_other(twins: tuple[ModelRunner, ModelRunner]) -> None:
    shared, lone = twins
    first, second = fill(shared, 30, 5), fill(shared, 50, 3)
    found = shared.run([Feed(View(*first), tokens(1, 1)), Feed(View(*second), tokens(30, 2))])
    expected = [
        lone.run([Feed(View(*fill(lone, 30, 5)), tokens(1, 1))])[0],
        lone.run([Feed(View(*fill(lone, 50, 3)), tokens(30, 2))])[0],
    ]
    assert difference(found, expected) < 1e-11


def test_a_broken_conversation_cannot_poison_another(runner: ModelRunner) -> None:
    sound, broken = fill(runner, 20), fill(runner, 20)
    for keys, values in zip(runner.arena.keys, runner.arena.values, strict=True):
        keys[:, broken[0].slots(0, 20)] = float("nan")
        values[:, broken[0].slots(0, 20)] = float("nan")
    logits, spoiled = runner.run([Feed(View(*sound), tokens(1)), Feed(View(*broken), tokens(1))])
    assert logits is not None and spoiled is not None
    assert logits.isfinite().all() and spoiled.isnan().all()
    for block in (*sound, *broken):
        runner.arena.release(block)


@pytest.mark.parametrize("sees", list(Sees))
def test_feeds_see_each_others_tokens_of_the_step_only_if_asked_to(runner: ModelRunner, sees: Sees) -> None:
    prompt, mine, theirs = fill(runner, 10, 3, 4)
    feeds = [Feed(View(prompt, theirs, mine), tokens(1, 5), sees), Feed(View(prompt, mine, theirs), tokens(1, 6))]
    (alone,) = runner.run([Feed(feeds[0].view, feeds[0].tokens, sees, keep=False)])
    together, _ = runner.run(feeds)
    assert alone is not None and together is not None
    assert torch.allclose(alone, together, atol=1e-4) == (sees is Sees.BEFORE)


class Broken(Exception):
    pass


def test_a_failure_in_the_middle_of_a_step_restores_every_block(
    runner: ModelRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt, mine, theirs = fill(runner, 10, 3, 4)
    feeds = [Feed(View(prompt, theirs, mine), [5]), Feed(View(prompt, mine, theirs), [6, 7], keep=False)]
    expected = runner.run([Feed(feed.view, feed.tokens, keep=False) for feed in feeds])
    texts = [list(block.tokens) for block in (prompt, mine, theirs)]

    def fail(layer: int, *written: Tensor) -> None:
        if layer:
            raise Broken
        write(layer, *written)

    write = runner.arena.write
    monkeypatch.setattr(runner.arena, "write", fail)
    with pytest.raises(Broken):
        runner.run(feeds)
    monkeypatch.undo()
    assert [block.tokens for block in (prompt, mine, theirs)] == texts
    assert difference(runner.run(feeds), expected) == 0


def test_a_view_past_the_models_positions_is_an_error_and_changes_nothing(runner: ModelRunner) -> None:
    prompt, output = fill(runner, 505, 5)
    runner.run([Feed(View(prompt, output), tokens(2), keep=False)])
    with pytest.raises(ContextFull, match="513 tokens but the model takes 512") as caught:
        runner.run([Feed(View(prompt, output), tokens(3))])
    assert (caught.value.length, caught.value.limit) == (513, 512)
    assert output.length == 5
    for block in (prompt, output):
        runner.arena.release(block)


def test_a_step_that_does_not_fit_the_arena_is_an_error_and_changes_nothing() -> None:
    runner = ModelRunner(tiny_model(), 256)
    prompt, output = fill(runner, 150, 20)
    other = runner.arena.block("other")
    with pytest.raises(EngineFull) as caught:
        runner.run([Feed(View(prompt, output), tokens(40)), Feed(View(other), tokens(40))])
    assert caught.value.capacity == 256 and caught.value.asked == 40
    assert (prompt.length, output.length, other.length) == (150, 20, 0)
    runner.run([Feed(View(prompt, output), tokens(40)), Feed(View(other), tokens(4))])


def test_feeds_that_cannot_be_meant_are_refused(runner: ModelRunner) -> None:
    prompt, output = fill(runner, 10, 3)
    gone = runner.arena.block("gone")
    runner.arena.release(gone)
    wrong: list[tuple[list[Feed], type[Exception], str]] = [
        ([], BadFeed, "at least one feed"),
        ([Feed(View(), [1])], BadFeed, "empty view"),
        ([Feed(View(prompt, output), [])], BadFeed, "no tokens"),
        ([Feed(View(prompt, output), [257])], BadFeed, "vocabulary of 257"),
        ([Feed(View(prompt, output), [-1])], BadFeed, "vocabulary"),
        ([Feed(View(prompt, Slice(output, 0, 2)), [1])], BadFeed, "open-ended"),
        ([Feed(View(prompt, Slice(output, 4)), [1])], BadFeed, "begins at token 4"),
        ([Feed(View(output, prompt, output), [1])], BadFeed, "only once"),
        ([Feed(View(prompt, output), [1]), Feed(View(output), [2])], BadFeed, "two feeds"),
        ([Feed(View(prompt, gone), [1])], BadBlock, "released"),
        ([Feed(View(gone, prompt), [1])], BadBlock, "released"),
    ]
    for feeds, error, message in wrong:
        with pytest.raises(error, match=message):
            runner.run(feeds)
        assert (prompt.length, output.length) == (10, 3)
    runner.arena.freeze(output)
    with pytest.raises(BadBlock, match="frozen"):
        runner.run([Feed(View(output, prompt), [1]), Feed(View(output), [1])])
    assert (prompt.length, output.length) == (10, 3)
