"""The gate: when it is asked, and what its answers do."""

from __future__ import annotations

import math

import pytest

from engine.gate import Gate, GateSettings
from engine.patience import Calibration


def steps_until_due(gate: Gate, most: int = 100) -> int:
    return next(step for step in range(1, most) if gate.due())


def open_gate(**settings: object) -> Gate:
    gate = Gate(GateSettings(every_steps=5, **settings))  # type: ignore[arg-type]
    gate.answer(1.0)
    return gate


def test_the_gate_is_closed_at_first_and_asked_every_so_many_steps() -> None:
    gate = Gate(GateSettings(every_steps=5))
    assert not gate.open
    assert steps_until_due(gate) == 5
    gate.answer(-1.0)
    assert steps_until_due(gate) == 5


def test_a_question_that_is_due_stays_due_until_it_is_answered() -> None:
    gate = Gate(GateSettings(every_steps=2))
    assert [gate.due() for _ in range(4)] == [False, True, True, True]


def test_a_finished_thought_makes_the_question_due_at_once() -> None:
    gate = Gate(GateSettings(every_steps=50))
    assert not gate.due()
    gate.prompt()
    assert gate.due()
    gate.answer(-1.0)
    assert not gate.due()


def test_without_a_patience_of_its_own_yes_opens_and_no_closes() -> None:
    gate = Gate(GateSettings(every_steps=5))
    for log_odds, is_open in ((-0.01, False), (0.0, True), (-0.01, False), (3.0, True), (-3.0, False)):
        assert gate.answer(log_odds) is is_open
        assert gate.open is is_open


def test_the_calibrated_probability_must_reach_the_patience() -> None:
    settings = GateSettings(every_steps=5, patience=0.8, calibration=Calibration(bias=10.0, scale=0.5))
    needed = 10 + 2 * math.log(0.8 / 0.2)
    for log_odds, is_open in ((needed - 1e-6, False), (needed + 1e-6, True), (0.0, False)):
        gate = Gate(settings)
        assert gate.answer(log_odds) is is_open
        assert gate.probability(needed) == pytest.approx(0.8)


def test_once_open_it_closes_only_below_the_lower_bar() -> None:
    gate = Gate(GateSettings(every_steps=5, ask_while_writing=True, patience=0.8))
    for log_odds, is_open in ((1.0, False), (1.5, True), (1.0, True), (0.0, True), (-0.1, False), (1.0, False)):
        assert gate.answer(log_odds) is is_open


def test_without_any_patience_it_is_always_open_and_never_asked() -> None:
    gate = Gate(GateSettings(every_steps=1, ask_while_writing=True, patience=0.0))
    gate.close()
    gate.prompt()
    assert gate.open and not any(gate.due() for _ in range(9))


def test_with_all_patience_it_is_never_asked_and_never_open() -> None:
    gate = Gate(GateSettings(every_steps=1, ask_while_writing=True, patience=1.0))
    gate.prompt()
    assert not gate.open and not any(gate.due() for _ in range(9))


def test_an_open_gate_is_not_asked_again_until_it_closes() -> None:
    gate = open_gate()
    gate.prompt()
    assert not any(gate.due() for _ in range(20))
    gate.close()
    assert not gate.open
    assert gate.due()


def test_while_writing_the_gate_is_asked_too_if_so_set_and_can_close() -> None:
    gate = open_gate(ask_while_writing=True)
    assert steps_until_due(gate) == 5
    assert not gate.answer(-0.1)
    assert not gate.open
