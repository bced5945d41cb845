"""Guard: what stands before the API's application. Plain ASGI, so that streams stay streams.

It gives every request an id, asks who it is, counts it, takes its body up to a size, and turns whatever goes wrong into
the API's error object. One line of the log and one count are left of a request.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.admission import Admission
from app.api.errors import TOO_LARGE, ApiError, server_fault
from app.api.logs import Value, tell, where
from app.api.metrics import Metrics

BODY_LIMIT_BYTES = 2**20
BODY_TIME_S = 30.0
NOTE = "sotto.note"
"""Where in a request's scope the fields of its line in the log stand."""
OPEN_ROUTES = frozenset({"/openapi.json"})
ROUTES = frozenset({"/chat/completions", "/models", "/openapi.json"})
log = logging.getLogger(__name__)


class Guard:
    """Stands before an application that is mounted somewhere."""

    def __init__(self, app: ASGIApp, admission: Admission, metrics: Metrics, clock: Callable[[], float]) -> None:
        self._app, self._admission, self._metrics, self._clock = app, admission, metrics, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = self._clock()
        exchange = _Exchange(scope, send)
        try:
            await self._serve(scope, receive, exchange)
        except ApiError as error:
            await exchange.refuse(error)
        except Exception as error:
            exchange.note["error"] = where(error)
            await exchange.refuse(server_fault())
        finally:
            self._leave_record(exchange, self._clock() - began_s)

    async def _serve(self, scope: Scope, receive: Receive, exchange: _Exchange) -> None:
        headers = Headers(scope=scope)
        if exchange.route not in OPEN_ROUTES:
            caller = self._admission.caller(headers)
            exchange.note["caller"] = caller
            self._admission.spend(caller)
        body = await _body(headers, receive)
        given = False

        async def receive_again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, receive_again, exchange.send)

    def _leave_record(self, exchange: _Exchange, duration_s: float) -> None:
        status = exchange.status or 499  # the caller left before there was an answer
        fields: dict[str, Value] = {
            "route": exchange.route,
            "status": status,
            "duration_ms": round(1000 * duration_s, 1),
        }
        level = logging.ERROR if status >= 500 or "error" in exchange.note else logging.INFO
        tell(log, "request", {"request": exchange.id, **fields, **exchange.note}, level)
        code = exchange.note.get("code")
        self._metrics.request(exchange.route, status, duration_s, None if code is None else str(code))


class _Exchange:
    """A request and its answer as far as it has gone out."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.id = f"req_{secrets.token_hex(12)}"
        self.note: dict[str, Value] = {}
        self.status: int | None = None
        self.route = _route(scope)
        self._scope, self._send = scope, send
        scope[NOTE] = self.note

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-Id"] = self.id
        await self._send(message)

    async def refuse(self, error: ApiError) -> None:
        """Answers with the error, unless an answer has begun."""
        if self.status is None:
            self.note["code"] = error.code or error.kind
            await error.response(self._scope, _nothing, self.send)


def note_error(scope: Any, error: ApiError) -> None:
    """For an application behind the guard: this error is what the request is answered with."""
    scope[NOTE]["code"] = error.code or error.kind


def _route(scope: Scope) -> str:
    """The path within the application, if it is one of ours: others may hold anything."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if path.startswith("/models/"):
        return "/models/{model}"
    return path if path in ROUTES else "other"


async def _body(headers: Headers, receive: Receive) -> bytes:
    """The whole body. Raises ApiError if it is too large, or does not come."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > BODY_LIMIT_BYTES:
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIME_S):
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > BODY_LIMIT_BYTES:
                    raise _too_large()
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise ApiError("The request's body did not come in time.", status=408, code="request_timeout") from None


def _too_large() -> ApiError:
    return ApiError(f"The request is larger than {BODY_LIMIT_BYTES} bytes.", status=TOO_LARGE, code="request_too_large")


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
