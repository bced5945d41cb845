"""A conversation's events as JSON lines: `type`, `at_ms` since the first event, and the event's own fields.

Sound is not written down, only how many samples it had; moments are not, they are told by the delays.
"""

import json
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from app.conversation.events import AudioDelta, ConversationEvent

BYTES_PER_SAMPLE = 2
UNTOLD = {"at_s", "moments"}


class EventLog:
    """Writes events through `write`, one line each, as they come."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._zero_s: float | None = None

    def take(self, event: ConversationEvent) -> None:
        if self._zero_s is None:
            self._zero_s = event.at_s
        self._write(json.dumps(as_record(event, self._zero_s), ensure_ascii=False) + "\n")


def as_record(event: ConversationEvent, zero_s: float) -> dict[str, Any]:
    """The event as a flat dictionary; `zero_s` is the clock's reading that counts as 0 ms."""
    record: dict[str, Any] = {"type": type_name(event), "at_ms": round((event.at_s - zero_s) * 1000, 1)}
    record |= {field.name: getattr(event, field.name) for field in fields(event) if field.name not in UNTOLD}
    if isinstance(event, AudioDelta):
        record["samples"] = len(record.pop("pcm")) // BYTES_PER_SAMPLE
    return record


def type_name(event: ConversationEvent) -> str:
    """`AnswerDelta` is `answer_delta`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()
