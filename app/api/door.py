"""The door: the API's application under `/v1`, and what of it the rest of the server needs.

door = Door(assistant, settings)
door.mount(app)                          # /v1/…, /readyz, /metrics
door.refusal(websocket.headers)          # may a program open a socket?
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app import __version__
from app.api.admission import Admission
from app.api.chat import chat_routes
from app.api.errors import INTERNAL, NOT_FOUND, ApiError, invalid_request, server_fault
from app.api.guard import Guard, note_error
from app.api.health import health_routes
from app.api.metrics import REALTIME, Metrics
from app.assistant import Assistant
from app.config import Settings
from app.conversation.events import TurnDone

PREFIX = "/v1"
NOT_ALLOWED = 405


class Door:
    """Raises SettingsError if the key file cannot be used."""

    def __init__(self, assistant: Assistant, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._assistant, self._clock = assistant, clock
        self._admission = Admission(settings, clock)
        self._metrics = Metrics()
        assistant.on_turn = self._take_turn

    def mount(self, app: FastAPI) -> None:
        """Adds the routes to the server's application, behind those that begin with `/v1` already."""
        app.include_router(health_routes(lambda: self._assistant.engine, self._metrics, self._admission))
        app.mount(PREFIX, Guard(self._application(), self._admission, self._metrics, self._clock), name="api")

    def refusal(self, headers: Mapping[str, str]) -> str | None:
        """Why a program with these headers may not open a socket; None if it may."""
        return self._admission.refusal(headers)

    def _take_turn(self, turn: TurnDone) -> None:
        self._metrics.delays(REALTIME, turn.latency)

    def _application(self) -> FastAPI:
        about = "Chat completions over one model that thinks while it answers."
        app = FastAPI(title="Sotto", version=__version__, description=about, docs_url=None, redoc_url=None)
        app.include_router(chat_routes(self._assistant, self._metrics))
        app.add_exception_handler(ApiError, _api_error)
        app.add_exception_handler(RequestValidationError, _invalid)
        app.add_exception_handler(HTTPException, _http_error)
        return app


async def _api_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    note_error(request.scope, error)
    return error.response


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return await _api_error(request, invalid_request(error.errors()))


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    """What the framework refuses by itself."""
    assert isinstance(error, HTTPException)
    if error.status_code >= INTERNAL:
        return await _api_error(request, server_fault())
    messages = {
        NOT_FOUND: "Unknown request URL; there are POST /v1/chat/completions, GET /v1/models and GET /v1/realtime.",
        NOT_ALLOWED: f"Not allowed to {request.method} on this URL.",
    }
    message = messages.get(error.status_code, "We could not parse the JSON body of your request.")
    code = {NOT_FOUND: "unknown_url", NOT_ALLOWED: "method_not_supported"}.get(error.status_code)
    refused = ApiError(message, status=error.status_code, code=code, headers=error.headers)
    return await _api_error(request, refused)
