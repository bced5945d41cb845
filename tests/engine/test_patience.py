"""Patience: what follows from the one number, and that more of it never means less waiting."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine.patience
from engine.gate import Gate, GateSettings
from engine.patience import Calibration, bars, most_ahead_s, sigmoid

patiences = st.floats(0, 1)
answers = st.lists(st.floats(-30, 30), max_size=12)


@given(one=patiences, other=patiences)
def test_more_patience_raises_both_bars_and_lowers_the_cap(one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert bars(less).open_log_odds <= bars(more).open_log_odds
    assert bars(less).close_log_odds <= bars(more).close_log_odds
    assert most_ahead_s(less) >= most_ahead_s(more) > 0


@given(patience=patiences)
def test_the_closing_bar_is_never_above_the_opening_one(patience: float) -> None:
    assert bars(patience).close_log_odds <= bars(patience).open_log_odds


@given(one=patiences, other=patiences, log_odds=answers, bias=st.floats(-20, 20), scale=st.floats(0.01, 5))
def test_to_the_same_answers_the_gate_of_the_more_patient_is_never_open_when_the_others_is_closed(
    one: float, other: float, log_odds: list[float], bias: float, scale: float
) -> None:
    calibration = Calibration(bias, scale)
    less, more = (Gate(GateSettings(5, True, patience, calibration)) for patience in sorted((one, other)))
    for answer in log_odds:
        if less._bars.asks and more._bars.asks:
            assert less.answer(answer) >= more.answer(answer)
    assert less.open >= more.open


def test_half_is_the_gate_of_the_paper() -> None:
    assert bars(0.5).open_log_odds == bars(0.5).close_log_odds == 0
    assert most_ahead_s(0.5) == 10


def test_the_table_in_the_documentation_is_what_is_computed() -> None:
    rows = [line.split() for line in (engine.patience.__doc__ or "").splitlines() if line.strip()[:1].isdigit()]
    assert len(rows) == 7
    for patience, opens, closes, ahead, *_ in rows:
        found = bars(float(patience))
        words = {"always": -math.inf, "never": math.inf}
        expected = words[opens] if opens in words else math.log(float(opens) / (1 - float(opens)))
        assert found.open_log_odds == pytest.approx(expected)
        shut = -math.inf if closes == "never" else math.log(float(closes) / (1 - float(closes)))
        assert found.close_log_odds == pytest.approx(shut)
        assert most_ahead_s(float(patience)) == (
            math.inf if ahead == "without" else pytest.approx(float(ahead), rel=0.01)
        )


@pytest.mark.parametrize("patience", [-0.1, 1.1, math.nan, math.inf])
def test_what_is_no_patience_is_refused(patience: float) -> None:
    for function in (bars, most_ahead_s):
        with pytest.raises(ValueError, match=r"patience must be from 0 to 1, found"):
            function(patience)


@given(log_odds=st.floats(-700, 700))
def test_probabilities_are_those_of_the_log_odds_without_overflow(log_odds: float) -> None:
    assert 0 <= sigmoid(log_odds) <= 1
    assert sigmoid(log_odds) + sigmoid(-log_odds) == pytest.approx(1)
