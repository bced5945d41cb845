"""What stands before the application: sizes, ids, faults, the log and the counts. The application is a fake."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.api import guard
from app.api.admission import Admission
from app.api.guard import BODY_LIMIT_BYTES, NOTE, Guard
from app.api.logs import JsonFormatter
from app.api.metrics import Metrics
from app.config import load_settings
from tests.app.api.clock import Clock

App = Callable[[Scope, Receive, Send], Awaitable[None]]
WORDS = "what the user said"


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells how long the body was."""
    body = (await receive())["body"]
    scope[NOTE]["conversation"] = 7
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(len(body)).encode()})


async def fails(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError(f"/home/someone/model: {WORDS}")


async def fails_late(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise ValueError(WORDS)


def ask(app: App, messages: list[Message], headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer."""
    metrics, sent = Metrics(), []
    waiting = iter(messages)

    async def receive() -> Message:
        message = next(waiting, None)
        return await asyncio.Event().wait() if message is None else message  # type: ignore[return-value]

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat/completions",
        "root_path": "/v1",
        "headers": [(k.encode(), v.encode()) for k, v in ({"host": "localhost"} | (headers or {})).items()],
    }
    asyncio.run(Guard(app, Admission(load_settings(), Clock()), metrics, Clock())(scope, receive, send))
    assert b'route="/chat/completions"' in metrics.exposition(None)
    return (
        sent[0]["status"],
        {k.decode(): v.decode() for k, v in sent[0]["headers"]},
        b"".join(m.get("body", b"") for m in sent[1:]),
    )


def body(*parts: bytes) -> list[Message]:
    last = len(parts) - 1
    return [{"type": "http.request", "body": part, "more_body": n < last} for n, part in enumerate(parts)]


def error_of(answer: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer)["error"]
    return found


def test_a_body_is_taken_whole_and_the_answer_has_an_id() -> None:
    status, headers, answer = ask(answers, body(b"abc", b"de"))
    assert (status, answer) == (200, b"5") and headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("messages", "headers"),
    [
        ([], {"content-length": str(BODY_LIMIT_BYTES + 1)}),
        (body(*[b"x" * 2**18] * 5), {}),
        (body(*[b"x" * 2**18] * 5), {"content-length": "5"}),
    ],
)
def test_a_body_that_is_too_large_is_refused_said_or_not(messages: list[Message], headers: dict[str, str]) -> None:
    status, _, answer = ask(answers, messages, headers)
    assert (status, error_of(answer)["code"]) == (413, "request_too_large")


def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_TIME_S", 0.01)
    status, _, answer = ask(answers, [{"type": "http.request", "body": b"a", "more_body": True}])
    assert (status, error_of(answer)["code"]) == (408, "request_timeout")


def test_a_fault_tells_neither_path_nor_words_in_the_answer_or_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "app.api")
    status, headers, answer = ask(fails, body(b"{}"))
    assert (status, error_of(answer)["code"]) == (500, "internal_error")
    shown = answer.decode() + caplog.text + " ".join(map(JsonFormatter().format, caplog.records))
    assert WORDS not in shown and "/home" not in shown
    assert "ValueError < test_guard.py:" in caplog.text and headers["x-request-id"] in caplog.text


def test_a_fault_in_mid_answer_adds_nothing_to_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "app.api")
    status, _, answer = ask(fails_late, body(b"{}"))
    assert (status, answer) == (200, b"") and "ValueError" in caplog.text and WORDS not in caplog.text


def test_a_request_leaves_one_line_with_its_conversation(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "app.api")
    ask(answers, body(WORDS.encode()))
    (record,) = caplog.records
    fields = json.loads(JsonFormatter().format(record))
    assert fields["event"] == "request" and fields["conversation"] == 7 and fields["status"] == 200
    assert WORDS not in caplog.text


def test_other_records_are_json_too_and_an_error_is_told_without_its_message() -> None:
    try:
        raise ValueError(WORDS)
    except ValueError as error:
        record = logging.LogRecord("app.x", logging.ERROR, "x.py", 1, "it %s", ("failed",), (ValueError, error, None))
    fields = json.loads(JsonFormatter().format(record))
    assert (fields["message"], fields["level"]) == ("it failed", "error")
    assert fields["error"].startswith("ValueError") and WORDS not in fields["error"]
