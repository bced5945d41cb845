"""From the engine's events to deltas, counts and the reason a completion ends."""

import pytest

from app.api.course import Course, Delta, Failed, FinishReason
from engine.events import (
    ConversationFailed,
    EndReason,
    GateAnswered,
    StreamName,
    TokenGenerated,
    TurnEnded,
)

THOUGHTS, OUTPUT = StreamName.THOUGHTS, StreamName.OUTPUT


def token(step: int, stream: StreamName, text: str, lane: str = "") -> TokenGenerated:
    return TokenGenerated(1, 1, step, step / 10, stream, 7, text, lane)


def ended(reason: EndReason = EndReason.FINISHED) -> TurnEnded:
    return TurnEnded(1, 1, 9, 0.9, reason)


def test_thoughts_and_answer_run_beside_each_other_in_the_order_of_the_steps() -> None:
    course = Course()
    first = course.take([token(1, THOUGHTS, "7+8"), GateAnswered(1, 1, 1, 0.1, 2.0, True, 0.9)])
    second = course.take([token(2, THOUGHTS, "=15"), token(2, OUTPUT, "Let")])
    last = course.take([token(3, OUTPUT, " me"), ended()])
    assert first + second + last == [
        Delta(THOUGHTS, "7+8"),
        Delta(THOUGHTS, "=15"),
        Delta(OUTPUT, "Let"),
        Delta(OUTPUT, " me"),
    ]
    assert course.finish is FinishReason.STOP and course.steps == 9
    assert (course.thought_tokens, course.answer_tokens, course.tokens) == (2, 2, 4)


def test_the_limit_counts_both_streams_and_not_one_token_more_is_told() -> None:
    course = Course(most_tokens=3)
    events = [token(1, THOUGHTS, "a"), token(1, OUTPUT, "b"), token(2, THOUGHTS, "c"), token(2, OUTPUT, "d"), ended()]
    assert "".join(delta.text for delta in course.take(events)) == "abc"
    assert course.tokens == 3 and course.finish is FinishReason.LENGTH
    assert course.take([token(3, OUTPUT, "e")]) == []


def test_at_the_limit_text_that_waited_for_a_stop_is_told() -> None:
    course = Course(most_tokens=1, stops=["END"])
    assert course.take([token(1, OUTPUT, "so EN")]) == [Delta(OUTPUT, "so "), Delta(OUTPUT, "EN")]


def test_a_stop_ends_the_answer_and_means_nothing_to_the_thoughts() -> None:
    course = Course(stops=["15"])
    told = course.take([token(1, THOUGHTS, "15"), token(1, OUTPUT, "It is 1"), token(2, OUTPUT, "5."), ended()])
    assert told == [Delta(THOUGHTS, "15"), Delta(OUTPUT, "It is ")]
    assert course.finish is FinishReason.STOP and course.answer_tokens == 2


@pytest.mark.parametrize("reason", [EndReason.LIMIT, EndReason.INTERRUPTED])
def test_a_turn_that_was_cut_ends_for_its_length(reason: EndReason) -> None:
    course = Course()
    course.take([token(1, OUTPUT, "a"), ended(reason)])
    assert course.finish is FinishReason.LENGTH


def test_a_conversation_that_fails_is_no_answer() -> None:
    course = Course()
    assert course.take([token(1, OUTPUT, "a"), ConversationFailed(1, 1, 0.2, "why")]) == [Delta(OUTPUT, "a")]
    assert course.finish == Failed("why")


def test_a_conversation_that_runs_out_of_room_ends_for_its_length() -> None:
    course = Course(stops=["END"])
    events = [token(1, OUTPUT, "a E"), ConversationFailed(1, 1, 0.2, "why", out_of_room=True)]
    assert "".join(delta.text for delta in course.take(events)) == "a E"
    assert course.finish is FinishReason.LENGTH


def test_delays_have_the_fields_names() -> None:
    course = Course()
    course.moments.input_end_s = 0.0
    course.take([token(1, THOUGHTS, "a"), token(4, OUTPUT, "b")])
    delays = course.moments.delays()
    assert (delays["ttft"], delays["ttfat"], delays["steps_to_first"]) == (100.0, 400.0, 4.0)


def test_workers_are_told_apart() -> None:
    assert Course().take([token(1, THOUGHTS, "a", "2")]) == [Delta(THOUGHTS, "a", "2")]
