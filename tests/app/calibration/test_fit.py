"""Platt scaling on samples whose bias and scale are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.calibration.fit import Sample, auc, calibrate, fit, quality
from app.errors import RunError
from engine.patience import AS_IT_IS, Calibration


def drawn(bias: float, scale: float, count: int, seed: int = 0) -> list[Sample]:
    """Answers of a gate whose calibrated log-odds (x − bias) · scale are the truth."""
    rng = np.random.default_rng(seed)
    log_odds = bias + rng.normal(0, 2.5, count) / scale
    ahead = rng.random(count) < 1 / (1 + np.exp(-(log_odds - bias) * scale))
    return [Sample(i // 4, float(x), bool(y)) for i, (x, y) in enumerate(zip(log_odds, ahead, strict=True))]


def arrays(samples: list[Sample]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([one.log_odds for one in samples]), np.array([one.ahead for one in samples])


@pytest.mark.parametrize(("bias", "scale"), [(0.0, 1.0), (3.0, 0.25), (-12.0, 2.0), (40.0, 0.1)])
def test_a_known_bias_and_scale_are_found_again(bias: float, scale: float) -> None:
    found = fit(drawn(bias, scale, 8000), label_noise=1e-6)
    assert found.calibration.scale == pytest.approx(scale, rel=0.08)
    assert (found.calibration.bias - bias) * scale == pytest.approx(0, abs=0.12)
    assert found.after.log_loss <= found.before.log_loss + 0.005
    assert found.after.accuracy > 0.8


def test_a_biased_gate_is_right_more_often_once_calibrated_and_in_the_same_order() -> None:
    samples = drawn(5.0, 0.5, 3000)
    found = fit(samples)
    assert found.after.accuracy > found.before.accuracy + 0.1
    assert found.count == 3000 and found.ahead == sum(one.ahead for one in samples)
    log_odds, ahead = arrays(samples)
    assert found.auc == pytest.approx(auc(found.calibration.scale * (log_odds - found.calibration.bias), ahead))


def test_a_saturated_gate_is_spread_so_that_a_typical_yes_is_nearly_as_sure_as_labels_are() -> None:
    rng = np.random.default_rng(1)
    yes, no = rng.normal(13, 1, 200), rng.normal(-13, 1, 200)
    samples = [Sample(i, float(x), i < 200) for i, x in enumerate([*yes, *no])]
    for noise in (0.02, 0.05, 0.2):
        found = fit(samples, noise)
        sure = quality(found.calibration, *arrays(samples))
        assert sure.when_ahead == pytest.approx(1 - noise, abs=0.02)
        assert sure.when_behind == pytest.approx(noise, abs=0.02)
        assert abs(found.calibration.bias) < 0.5


@settings(deadline=None, max_examples=40)
@given(shift=st.floats(-50, 50), factor=st.floats(0.05, 20))
def test_shifted_and_stretched_answers_get_the_same_probabilities(shift: float, factor: float) -> None:
    log_odds, ahead = arrays(drawn(1.0, 0.7, 200))
    plain, moved = calibrate(log_odds, ahead), calibrate(log_odds * factor + shift, ahead)
    for one in (-10.0, 0.0, 3.0):
        assert moved(one * factor + shift) == pytest.approx(plain(one), rel=1e-4, abs=1e-4)


def test_area_under_the_curve_counts_ties_half() -> None:
    assert auc(np.array([1.0, 2.0, 3.0]), np.array([False, False, True])) == 1.0
    assert auc(np.array([1.0, 1.0]), np.array([False, True])) == 0.5
    assert auc(np.array([3.0, 1.0, 2.0]), np.array([False, True, True])) == 0.0


def test_quality_is_told_of_what_the_gate_says() -> None:
    told = quality(AS_IT_IS, np.array([2.0, -1.0, 1.0, -3.0]), np.array([True, True, False, False]))
    assert told.accuracy == 0.5
    assert told.when_ahead == pytest.approx((1 / (1 + np.exp(-2)) + 1 / (1 + np.exp(1))) / 2)
    halved = quality(Calibration(2.0, 0.5), np.array([2.0, 4.0]), np.array([True, False]))
    assert halved.when_ahead == 0.5 and halved.when_behind == pytest.approx(1 / (1 + np.exp(-1)))


def test_too_few_of_a_kind_are_told() -> None:
    samples = [Sample(i, float(i), i < 95) for i in range(100)]
    with pytest.raises(RunError, match=r"the thoughts were behind in 5; at least 10 are needed; give more .*--n"):
        fit(samples)
    with pytest.raises(RunError, match="the thoughts were ahead in 0"):
        fit([Sample(0, 1.0, False)] * 50)


def test_a_half_without_both_kinds_is_told_without_a_warning() -> None:
    rng = np.random.default_rng(2)
    samples = [Sample(i, float(rng.normal(3 if i % 2 else -3)), bool(i % 2)) for i in range(40)]
    said = r"of 20 answers of the gate in the turns with even numbers.* ahead in 0; at least 1 is needed; .*--n"
    with pytest.raises(RunError, match=said):
        fit(samples)


def test_a_gate_that_says_the_opposite_is_refused() -> None:
    turned = [Sample(one.turn, -one.log_odds, one.ahead) for one in drawn(0.0, 1.0, 400)]
    with pytest.raises(RunError, match="says yes no more often where the thoughts are ahead"):
        fit(turned)
