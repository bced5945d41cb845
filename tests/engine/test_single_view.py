"""One stream with one view is ordinary generation: the engine must equal the model as Hugging Face runs it."""

import pytest
import torch
from torch import Tensor

from engine.rope import Rotation
from engine.runner import ModelRunner
from engine.view import Feed, Logits, View
from tests.engine.models import exact_model, own_logits, tiny_model, tokens

ROTATIONS = [None, *Rotation]  # None: the lean forward pass


def logits_over_three_blocks(runner: ModelRunner, text: list[int]) -> Tensor:
    """A long feed, a short one, then token by token, each into a block of its own."""
    first, second, third = (runner.arena.block(name) for name in ("first", "second", "third"))
    found = runner.run([Feed(View(first), text[:100], logits=Logits.ALL)])
    found += runner.run([Feed(View(first, second), text[100:105], logits=Logits.ALL)])
    for token in text[105:]:
        found += runner.run([Feed(View(first, second, third), [token])])
    return torch.cat([logits for logits in found if logits is not None])


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_one_view_equals_the_models_own_forward(rotation: Rotation | None) -> None:
    model = tiny_model()
    text = tokens(150)
    expected = own_logits(model, text)
    found = logits_over_three_blocks(ModelRunner(model, 1024, rotation), text)
    assert (found - expected).abs().max() < 2e-4


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_one_view_equals_the_models_own_forward_exactly_in_float64(rotation: Rotation | None) -> None:
    model = exact_model()
    text = tokens(150)
    expected = own_logits(model, text)
    found = logits_over_three_blocks(ModelRunner(model, 1024, rotation), text)
    assert (found - expected).abs().max() < 1e-11


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_200_greedy_tokens_equal_those_of_generate(rotation: Rotation | None) -> None:
    model = tiny_model()
    prompt = tokens(40, seed=3)
    options = {"max_new_tokens": 200, "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    expected = model.generate(torch.tensor([prompt]), **options)[0, len(prompt) :].tolist()
    runner = ModelRunner(model, 1024, rotation)
    question, answer = runner.arena.block("question"), runner.arena.block("answer")
    found: list[int] = []
    feed = Feed(View(question), prompt)
    while len(found) < len(expected):
        (logits,) = runner.run([feed])
        assert logits is not None
        found.append(int(logits[-1].argmax()))
        feed = Feed(View(question, answer), found[-1:])
    assert found == expected


@pytest.mark.parametrize("rotation", ROTATIONS)
def test_half_precision_stays_as_close_as_the_models_own(rotation: Rotation | None) -> None:
    text = tokens(80)
    exact = own_logits(tiny_model(), text)
    own_error = (own_logits(tiny_model(dtype=torch.bfloat16), text) - exact).square().mean().sqrt()
    runner = ModelRunner(tiny_model(dtype=torch.bfloat16), 1024, rotation)
    blocks = [runner.arena.block(), runner.arena.block()]
    found = runner.run([Feed(View(blocks[0]), text[:30], logits=Logits.ALL)])
    found += runner.run([Feed(View(*blocks), text[30:], logits=Logits.ALL)])
    logits = torch.cat([part for part in found if part is not None])
    assert logits.dtype == torch.float32
    assert (logits - exact).square().mean().sqrt() < 1.5 * own_error


def test_a_feed_returns_the_logits_it_asked_for() -> None:
    runner = ModelRunner(tiny_model(), 1024)
    block = runner.arena.block()
    text = tokens(10)
    (every,) = runner.run([Feed(View(block), text, logits=Logits.ALL, keep=False)])
    (last,) = runner.run([Feed(View(block), text, logits=Logits.LAST, keep=False)])
    (none,) = runner.run([Feed(View(block), text, logits=Logits.NONE, keep=False)])
    assert every is not None and last is not None and none is None
    assert every.shape == (10, runner.vocab_size) and last.shape == (1, runner.vocab_size)
    assert torch.allclose(every[-1:], last, atol=1e-5)
