"""Picking tokens: greedy, by temperature and nucleus, without banned ones, reproducibly."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from engine import sampling as module
from engine.sampling import Banned, Bans, Sampler, Sampling, nucleus

DRAWS = 4000


def random_logits(count: int, seed: int = 0) -> Tensor:
    return torch.randn(count, generator=torch.Generator().manual_seed(seed)) * 2


def shares(sampling: Sampling, logits: Tensor, banned: Banned | None = None) -> Tensor:
    """How often each token is drawn, [V]."""
    sampler = Sampler(sampling)
    drawn = torch.tensor([sampler.pick(logits, banned) for _ in range(DRAWS)])
    return torch.bincount(drawn, minlength=len(logits)) / DRAWS


def slow_distribution(logits: Tensor, temperature: float, top_p: float) -> Tensor:
    """Token by token, as the paper words it: the smallest set of the likeliest tokens that holds top_p. [V]"""
    weights = [float(value) for value in torch.exp(logits.double() / temperature)]
    probabilities = [weight / sum(weights) for weight in weights]
    kept: list[int] = []
    for token in sorted(range(len(weights)), key=lambda token: -probabilities[token]):
        if sum(probabilities[other] for other in kept) >= top_p:
            break
        kept.append(token)
    total = sum(probabilities[token] for token in kept)
    return torch.tensor([p / total if token in kept else 0.0 for token, p in enumerate(probabilities)])


def test_temperature_zero_takes_the_likeliest_token() -> None:
    logits = random_logits(50)
    assert Sampler(Sampling()).pick(logits) == int(logits.argmax())


@pytest.mark.parametrize("top_p", [1.0, 0.9, 0.5, 0.01])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_draws_follow_the_distribution_of_a_slow_reference(temperature: float, top_p: float) -> None:
    logits = random_logits(12)
    expected = slow_distribution(logits, temperature, top_p)
    found = shares(Sampling(temperature, top_p, seed=1), logits)
    assert not found[expected == 0].any()
    assert (found - expected).abs().max() < 0.03  # four standard deviations of a share of one half


@given(
    values=st.lists(st.floats(-8, 8, width=32), min_size=1, max_size=60),
    top_p=st.floats(0.001, 1, exclude_max=True),
    candidates=st.integers(1, 8),
)
def test_the_nucleus_is_the_same_however_few_candidates_are_looked_at_first(
    values: list[float], top_p: float, candidates: int
) -> None:
    probabilities = torch.softmax(torch.tensor(values), -1)
    few, few_tokens = nucleus(probabilities, top_p, candidates)
    all_of_them, tokens = nucleus(probabilities, top_p, len(values))
    assert torch.equal(few, all_of_them)
    assert torch.equal(probabilities[few_tokens], probabilities[tokens])
    assert float(few.double().sum()) >= top_p - 1e-6 or len(few) == len(values)
    assert float(few[:-1].double().sum()) < top_p


def test_the_likeliest_token_is_always_in_the_nucleus() -> None:
    probabilities, tokens = nucleus(torch.tensor([0.2, 0.7, 0.1]), 1e-9)
    assert tokens.tolist() == [1] and probabilities.tolist() == pytest.approx([0.7])


@pytest.mark.parametrize("temperature", [0.0, 0.7])
def test_banned_tokens_are_never_picked(temperature: float) -> None:
    logits = torch.tensor([0.0, 9.0, 8.0, 1.0])
    assert not shares(Sampling(temperature, 1.0, seed=2), logits, banned=Banned((1, 2)))[[1, 2]].any()


def test_banned_tokens_are_uploaded_once_however_many_are_picked(monkeypatch: pytest.MonkeyPatch) -> None:
    uploads: list[object] = []

    def counted(*args: object, **options: object) -> Tensor:
        uploads.append(args)
        return torch.as_tensor(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(module.torch, "tensor", counted)
    bans = Bans(frozenset((1, 2, 3)))
    sampler, logits = Sampler(Sampling()), torch.arange(4.0)
    assert [sampler.pick(logits, bans.but(allowed)) for allowed in ((), (1,), {1}, [3, 1], ())] == [0, 1, 1, 3, 0]
    assert len(uploads) == 3, "once for each set of tokens"


def test_logits_are_left_as_they_are() -> None:
    logits = random_logits(20)
    before = logits.clone()
    Sampler(Sampling(0.8, 0.9)).pick(logits, banned=Banned((1, 2)))
    assert torch.equal(logits, before)


def test_a_seed_gives_the_same_draws_again_and_another_seed_others() -> None:
    logits = [random_logits(40, seed) for seed in range(30)]

    def draws(seed: int) -> list[int]:
        sampler = Sampler(Sampling(1.0, 0.95, seed))
        return [sampler.pick(row) for row in logits]

    assert draws(3) == draws(3)
    assert draws(3) != draws(4)


@pytest.mark.parametrize("temperature", [1e-30, 1e-50, 5e-324])
def test_a_very_low_temperature_is_greedy_and_finite(temperature: float) -> None:
    logits = random_logits(30)
    assert Sampler(Sampling(temperature)).pick(logits) == int(logits.argmax())


@pytest.mark.parametrize(("temperature", "top_p"), [(-0.1, 1.0), (1.0, 0.0), (1.0, 1.1)])
def test_settings_that_mean_nothing_are_refused(temperature: float, top_p: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        Sampling(temperature, top_p)
