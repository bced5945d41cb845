"""The gate: when it is asked, and what its answers do."""

from __future__ import annotations

from engine.gate import Gate, GateSettings


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


def test_yes_opens_and_no_closes_at_the_threshold() -> None:
    for log_odds, is_open in ((0.49, False), (0.5, True), (3.0, True), (-3.0, False)):
        gate = Gate(GateSettings(every_steps=5, threshold_log_odds=0.5))
        assert gate.answer(log_odds) is is_open
        assert gate.open is is_open


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
