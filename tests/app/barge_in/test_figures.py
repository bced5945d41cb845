"""What the measurement makes of its trials."""

import pytest

from app.barge_in.figures import BargeInRun, KeptThoughts, document, lines, summary, thoughts_of, untold
from app.barge_in.trial import BargeIn, HeardAnswer, says

KEPT = {
    "turn": 3,
    "previous": 2,
    "thought": 12,
    "same_tokens": 12,
    "same_keys": 12,
    "text": "before\n1 + 1 = 2\n2 + 2 = ",
}

TOLD = "1 + 1 = 2\n2 + 2 = 4\n"


def answered(question: str, understood: str, answer: str, right: bool, e2e_ms: float | None = 800.0) -> HeardAnswer:
    return HeardAnswer(question, understood, answer, right, e2e_ms, {"e2e_latency": 700.0}, answer, right, 0.98, 0.0)


def barge_in(silent_ms: float, error_ms: float | None, right: bool) -> BargeIn:
    following = answered("what is two plus three", "what is 2 plus 3", "It is 5.", right)
    return BargeIn(2, "long", "long", "One, two, three.", "One,", 1.5, silent_ms, error_ms, following)


def test_thoughts_are_kept_if_the_next_turn_has_all_but_the_newest_token_unchanged() -> None:
    assert thoughts_of(KEPT, TOLD) == KeptThoughts(TOLD, 12, 12, 12, complete=True)
    for changed in ({"same_keys": 11}, {"same_tokens": 3}, {"text": "1"}):
        thoughts = thoughts_of({**KEPT, **changed}, TOLD)
        assert thoughts is not None and not thoughts.kept
    assert thoughts_of(None, "1 + 1") is None
    assert thoughts_of(KEPT, "") is None


@pytest.mark.parametrize(("block", "left"), [("a b c", 0), ("x a b", 2), ("a b c d", 5), ("", 5)])
def test_what_the_block_lacks_of_the_thoughts_told(block: str, left: int) -> None:
    assert untold(block, "a b c") == left


def test_a_number_is_said_if_it_is_the_last_one() -> None:
    assert says("2 plus 3 is 5.", 5)
    assert says("That makes 1,024.", 1024)
    assert not says("5 is what 2 and 3 make", 5)
    assert not says("I do not know.", 5)


def test_a_run_is_summed_up() -> None:
    first = answered("what is nine plus four", "what is 90 plus 4", "It is 94.", False, None)
    trials = [barge_in(400.0, -4.0, True), barge_in(500.0, None, False)]
    run = BargeInRun(
        first, trials, [KeptThoughts("t", 3, 3, 3, True), KeptThoughts("t", 3, 3, 0, True)], over=1, missed=0
    )
    found = summary(run)
    assert (found["questions"], found["understood"], found["answered_right"], found["next_answers_right"]) == (
        3,
        2,
        1,
        1,
    )
    assert (found["thoughts_interrupted"], found["thoughts_kept"]) == (2, 1)
    assert found["interrupt_to_silence_ms"] == {"p50": 450.0, "p95": 495.0, "n": 2}
    assert found["heard_error_ms"] == {"p50": 4.0, "p95": 4.0, "n": 1}
    assert found["e2e_ms"] == {"p50": 800.0, "p95": 800.0, "n": 2}
    assert any("p50 450.0 p95 495.0 ms (n = 2)" in line for line in lines(run))
    assert document(run)["barge_ins"][1]["thoughts"]["kept"] is False
