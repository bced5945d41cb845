"""Logs that machines can read: a record is an event and its fields. No field holds what anybody said.

As text a record is `event name=value …`; with `--log-format json` every record of the program is one JSON object.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

FIELDS = "sotto_fields"
Value = str | int | float | bool | None


def tell(log: logging.Logger, event: str, fields: Mapping[str, Value], level: int = logging.INFO) -> None:
    """Log an event with its fields; those that are None are left out."""
    there = {name: value for name, value in fields.items() if value is not None}
    words = " ".join(f"{name}={value}" for name, value in there.items())
    log.log(level, "%s", f"{event} {words}".rstrip(), extra={FIELDS: {"event": event} | there})


def where(error: BaseException) -> str:
    """What kind of error it was and where it came from, without its message, which may hold somebody's words."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " < ".join([type(error).__name__, *(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))])


class JsonFormatter(logging.Formatter):
    """A record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        body = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **(getattr(record, FIELDS, None) or {"message": record.getMessage()}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            body["error"] = where(record.exc_info[1])
        return json.dumps(body, ensure_ascii=False)


def log_as_json() -> None:
    """From now on all handlers of the root logger write JSON."""
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonFormatter())
