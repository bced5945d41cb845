"""Events as JSON lines."""

import json

import pytest

from app.conversation.event_log import EventLog
from app.conversation.events import AudioDelta, GateAsked, Mind, Mouth, StateChanged, ThoughtDelta


def records(*events: object) -> list[dict[str, object]]:
    lines: list[str] = []
    log = EventLog(lines.append)
    for event in events:
        log.take(event)
    return [json.loads(line) for line in lines]


def test_time_counts_from_the_first_event_and_the_step_is_kept() -> None:
    first, second = records(ThoughtDelta(70.0, 1, "äh", 3), GateAsked(70.1234, 1, 4, -0.5, False, 0.25))
    assert first == {"type": "thought_delta", "at_ms": 0.0, "turn": 1, "text": "äh", "step": 3, "lane": ""}
    assert second == {"type": "gate_asked", "at_ms": 123.4, "turn": 1, "step": 4} | {
        "log_odds": -0.5,
        "open": False,
        "probability": 0.25,
    }


def test_sound_is_counted_and_not_written_down() -> None:
    (record,) = records(AudioDelta(1.0, 1, 2, b"\0" * 480, "Four."))
    assert record == {
        "type": "audio_delta",
        "at_ms": 0.0,
        "turn": 1,
        "epoch": 2,
        "text": "Four.",
        "words": [],
        "samples": 240,
    }


@pytest.mark.parametrize("mind", Mind)
def test_states_are_written_as_words(mind: Mind) -> None:
    (record,) = records(StateChanged(1.0, mind, Mouth.SPEAKING))
    assert (record["mind"], record["mouth"]) == (mind.value, "speaking")
