"""Bias and scale of a gate from labelled log-odds: Platt scaling, a logistic regression on one number. Pure.

A well-trained gate is saturated: its answers are ±13 where it is right nineteen times out of twenty. Labels are
therefore not taken as certain (label smoothing): with `LABEL_NOISE` = 0.05 the regression aims at 0.95 and 0.05, so a
typical yes comes out near 0.95, and patience between the two means something. Where all answers are on the right side,
what lies between is shaped by this assumption and not by the data.

Source: J. Platt, Probabilistic Outputs for Support Vector Machines (1999), who smooths targets likewise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.errors import RunError
from engine.patience import AS_IT_IS, Calibration

LABEL_NOISE = 0.05  # so many labels are taken to be wrong
RIDGE = 1.0  # weight of the penalty on the slope of the standardised log-odds: worth about one example
LEAST_OF_A_KIND = 10
STEPS = 100

Numbers = NDArray[np.float64]
Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer of the gate: raw log-odds that the thoughts are ahead, and whether they were. turn: which one."""

    turn: int
    log_odds: float
    ahead: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """How well calibrated log-odds tell the labels: accuracy of their sign; log loss in nats; mean probability given
    where the thoughts were ahead, and where they were not.
    """

    accuracy: float
    log_loss: float
    when_ahead: float
    when_behind: float


@dataclass(frozen=True, slots=True)
class Fit:
    """auc: probability that an answer where the thoughts were ahead has higher log-odds than one where they were not;
    a bias and a positive scale do not change it. before, after: on samples the calibration was not fitted to (halves of
    the turns, each judged by the other's).
    """

    calibration: Calibration
    count: int
    ahead: int
    auc: float
    before: Quality
    after: Quality


def fit(samples: Sequence[Sample], label_noise: float = LABEL_NOISE) -> Fit:
    """Raises RunError if the samples cannot tell: too few of a kind, or log-odds that say the opposite."""
    log_odds, labels = _arrays(samples)
    _check_kinds(labels, "", LEAST_OF_A_KIND)
    calibration = calibrate(log_odds, labels, label_noise)
    halves = [[sample for sample in samples if sample.turn % 2 == half] for half in (0, 1)]
    for name, half in zip(("even", "odd"), halves, strict=True):
        _check_kinds(_arrays(half)[1], f" in the turns with {name} numbers, by which the others are judged,", 1)
    judged = [_judged(own, other, label_noise) for own, other in (halves, halves[::-1])]
    calibrated = np.concatenate([values for values, _ in judged])
    behind_labels = np.concatenate([kinds for _, kinds in judged])
    return Fit(
        calibration=calibration,
        count=len(labels),
        ahead=int(labels.sum()),
        auc=auc(log_odds, labels),
        before=quality(AS_IT_IS, log_odds, labels),
        after=quality(AS_IT_IS, calibrated, behind_labels),
    )


def calibrate(log_odds: Numbers, labels: Labels, label_noise: float = LABEL_NOISE) -> Calibration:
    """The bias and scale with which the log-odds tell the labels best. Raises RunError if their order is the wrong
    way round.
    """
    centre, spread = float(log_odds.mean()), float(log_odds.std()) or 1.0
    slope, offset = _logistic((log_odds - centre) / spread, np.where(labels, 1 - label_noise, label_noise))
    if slope <= 0:
        raise RunError(
            "the gate says yes no more often where the thoughts are ahead than where they are behind; another question "
            "in the prompts' [gate] may do better, or --gate behind"
        )
    return Calibration(bias=centre - offset * spread / slope, scale=slope / spread)


def _logistic(x: Numbers, targets: Numbers) -> tuple[float, float]:
    """Slope and offset that minimise the cross entropy of the targets plus the ridge, by Newton's method with halved
    steps. x, targets: [n].
    """
    weights = np.zeros(2)
    design = np.stack([x, np.ones_like(x)])  # [2, n]
    ridge = np.array([RIDGE, 1e-9])

    def loss(candidate: Numbers) -> float:
        values = candidate @ design
        return float((np.logaddexp(0, values) - targets * values).sum() + 0.5 * (ridge * candidate**2).sum())

    for _ in range(STEPS):
        probabilities = _sigmoid(weights @ design)
        gradient = design @ (probabilities - targets) + ridge * weights
        curvature = (design * (probabilities * (1 - probabilities))) @ design.T + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while size > 1e-6 and loss(weights - size * step) > loss(weights):
            size /= 2
        weights = weights - size * step
        if float(np.abs(size * step).max()) < 1e-9:
            break
    return float(weights[0]), float(weights[1])


def quality(calibration: Calibration, log_odds: Numbers, labels: Labels) -> Quality:
    """Both kinds of label must be there."""
    values = (log_odds - calibration.bias) * calibration.scale
    probabilities = _sigmoid(values)
    return Quality(
        accuracy=float(((values >= 0) == labels).mean()),
        log_loss=float(np.logaddexp(0, np.where(labels, -values, values)).mean()),
        when_ahead=float(probabilities[labels].mean()),
        when_behind=float(probabilities[~labels].mean()),
    )


def auc(log_odds: Numbers, labels: Labels) -> float:
    """Area under the receiver operating characteristic, ties counted half (Mann and Whitney, 1947)."""
    ahead, behind = log_odds[labels][:, None], log_odds[~labels][None, :]
    return float((ahead > behind).mean() + 0.5 * (ahead == behind).mean())


def _check_kinds(labels: Labels, where: str, least: int) -> None:
    """Raises RunError if there are too few of a kind."""
    for kind, count in (("ahead", int(labels.sum())), ("behind", int((~labels).sum()))):
        if count < least:
            raise RunError(
                f"of {len(labels)} answers of the gate{where} the thoughts were {kind} in {count}; at least {least} "
                f"{'is' if least == 1 else 'are'} needed; give more examples with --n"
            )


def _judged(own: Sequence[Sample], other: Sequence[Sample], label_noise: float) -> tuple[Numbers, Labels]:
    """Calibrated log-odds and labels of one half of the turns, by a calibration fitted to the other half."""
    calibration = calibrate(*_arrays(other), label_noise)
    log_odds, labels = _arrays(own)
    return (log_odds - calibration.bias) * calibration.scale, labels


def _arrays(samples: Sequence[Sample]) -> tuple[Numbers, Labels]:
    log_odds = np.array([sample.log_odds for sample in samples], dtype=np.float64)
    return log_odds, np.array([sample.ahead for sample in samples], dtype=np.bool_)


def _sigmoid(values: Numbers) -> Numbers:
    found: Numbers = 0.5 * (1 + np.tanh(values / 2))
    return found
