"""Rotation as a group action: angles add up, and every layout of the rotary dimensions turns what it should."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine.rope import Pairing, Rope, SpinTable, make_spin
from engine.rotary import IdentityRotary, own_rotary, restore_rotary, silence_rotary
from tests.engine.models import own_logits, tiny_model, tokens

FREQUENCIES = torch.tensor([1.0, 0.3, 0.01], dtype=torch.float64)
angles = st.integers(-100_000, 100_000)
ropes = st.builds(
    Rope,
    frequencies=st.just(FREQUENCIES),
    pairing=st.sampled_from(Pairing),
    head_dim=st.just(10),
    first_dim=st.sampled_from([0, 4]),
    gain=st.sampled_from([1.0, 1.4]),
)


def turn(rope: Rope, x: Tensor, *by: int, with_gain: bool = False) -> Tensor:
    for angle in by:
        x = make_spin(rope, torch.tensor(angle), torch.float64, with_gain=with_gain).apply(x)
    return x


def vectors() -> Tensor:
    return torch.randn(3, 10, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@settings(max_examples=50)
@given(rope=ropes, first=angles, second=angles)
def test_turning_twice_is_turning_by_the_sum(rope: Rope, first: int, second: int) -> None:
    assert torch.allclose(turn(rope, vectors(), first, second), turn(rope, vectors(), first + second), atol=1e-9)


@settings(max_examples=50)
@given(rope=ropes, query_at=angles, key_at=angles, shift=angles)
def test_scores_depend_only_on_distance(rope: Rope, query_at: int, key_at: int, shift: int) -> None:
    query, key = vectors()[0], vectors()[1]
    here = turn(rope, query, query_at) @ turn(rope, key, key_at)
    there = turn(rope, query, query_at + shift) @ turn(rope, key, key_at + shift)
    assert torch.allclose(here, there, atol=1e-9)


@pytest.mark.parametrize("first_dim", [0, 4])
@pytest.mark.parametrize("pairing", list(Pairing))
def test_pairs_turn_as_complex_numbers_and_the_rest_passes_through(pairing: Pairing, first_dim: int) -> None:
    rope = Rope(FREQUENCIES, pairing, 10, first_dim)
    x = vectors()
    turned = turn(rope, x, 7)
    part, expected = turned[:, first_dim : first_dim + 6], x[:, first_dim : first_dim + 6]
    if pairing is Pairing.HALVES:
        pair, expected_pair = part.view(3, 2, 3).transpose(1, 2), expected.view(3, 2, 3).transpose(1, 2)
    else:
        pair, expected_pair = part.view(3, 3, 2), expected.view(3, 3, 2)
    factor = torch.polar(torch.ones(3, dtype=torch.float64), 7 * FREQUENCIES)
    as_complex = torch.view_as_complex(expected_pair.contiguous()) * factor
    assert torch.allclose(torch.view_as_complex(pair.contiguous()), as_complex)
    passed = [dim for dim in range(10) if not first_dim <= dim < first_dim + 6]
    assert torch.equal(turned[:, passed], x[:, passed])


def test_the_gain_scales_only_rotary_dimensions_and_only_when_asked_for() -> None:
    rope = Rope(FREQUENCIES, Pairing.HALVES, 10, 0, gain=1.5)
    gained = turn(rope, vectors(), 3, with_gain=True)
    plain = turn(rope, vectors(), 3)
    assert torch.allclose(gained[:, :6], 1.5 * plain[:, :6])
    assert torch.equal(gained[:, 6:], plain[:, 6:])


def test_a_rope_without_frequencies_turns_nothing() -> None:
    rope = Rope(torch.zeros(0, dtype=torch.float64), Pairing.HALVES, 10)
    assert torch.equal(turn(rope, vectors(), 12345), vectors())


def test_tables_are_rounded_once_even_at_far_positions() -> None:
    rope = Rope(FREQUENCIES, Pairing.HALVES, 10)
    found, exact = (make_spin(rope, torch.tensor(131_071), dtype) for dtype in (torch.float32, torch.float64))
    assert (found.cos - exact.cos).abs().max() < 1e-7


@pytest.mark.parametrize("with_gain", [False, True])
def test_a_turn_table_gives_what_is_computed_and_grows_to_any_angle(with_gain: bool) -> None:
    rope = Rope(FREQUENCIES, Pairing.HALVES, 10, 0, gain=1.5)
    table = SpinTable(rope, torch.float32, factor=0.5, with_gain=with_gain)
    for asked in ([0], [3, -7, 1024], [-1025], [5000, -1, 2]):
        expected = make_spin(rope, torch.tensor(asked), torch.float32, factor=0.5, with_gain=with_gain)
        assert torch.equal(table.look_up(asked), torch.stack([expected.cos, expected.sin], 1))


def test_a_silenced_model_rotates_again_inside_own_rotary_and_after_restore() -> None:
    model = tiny_model()
    text = tokens(12)
    expected = own_logits(model, text)
    silence_rotary(model)
    silence_rotary(model)
    assert not torch.allclose(own_logits(model, text), expected, atol=1e-3)
    with own_rotary(model):
        assert torch.equal(own_logits(model, text), expected)
    assert isinstance(model.model.rotary_emb, IdentityRotary)
    restore_rotary(model)
    assert torch.equal(own_logits(model, text), expected)
