"""Realtime route: `GET /v1/realtime` upgraded to a WebSocket; refuses before it accepts, then runs a session.

A page that loses its network and connects again with its secret finds its conversation where it was.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from fastapi import APIRouter, WebSocket

from app.config import Settings
from app.realtime.configuration import Configuration
from app.realtime.interfaces import Assistant
from app.realtime.line import GRACE_S, Line
from app.realtime.session import Session
from app.realtime.socket import Socket
from app.web.access import Secrets, refusal

if TYPE_CHECKING:
    from app.api.door import Door

log = logging.getLogger(__name__)

PATH = "/v1/realtime"
REFUSED = 4403


class Lines:
    """The running sessions' lines; those of pages can be found again by their secret."""

    def __init__(self, assistant: Assistant, clock: Callable[[], float]) -> None:
        self._assistant = assistant
        self._clock = clock
        self._by_secret: dict[str, Line] = {}
        self._running: set[asyncio.Task[None]] = set()

    def find(self, secret: str | None) -> Line | None:
        """The line this page had and may go on with."""
        line = self._by_secret.get(secret) if secret is not None else None
        return line if line is not None and not line.over else None

    def open(self, secret: str | None, configuration: Configuration) -> Line:
        """A new session and its line. Programs have no secret, so they cannot come back to it."""
        line = Line(grace_s=0.0 if secret is None else GRACE_S)
        task = asyncio.create_task(Session(self._assistant, line, configuration, self._clock).run())
        self._running.add(task)
        task.add_done_callback(lambda ended: self._ended(ended, secret, line))
        if secret is not None:
            self._by_secret[secret] = line
        return line

    def _ended(self, task: asyncio.Task[None], secret: str | None, line: Line) -> None:
        self._running.discard(task)
        line.end()
        if secret is not None and self._by_secret.get(secret) is line:
            del self._by_secret[secret]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a session failed", exc_info=error)


def realtime_route(
    assistant: Assistant,
    settings: Settings,
    secrets: Secrets,
    clock: Callable[[], float],
    door: "Door | None" = None,
) -> APIRouter:
    """The route. In the query: `session`, a page's secret; `method` and `modality`, the session's first settings;
    `model` is not looked at, there is but one. door: says which programs may connect; None: all.
    """
    router = APIRouter()
    lines = Lines(assistant, clock)
    defaults = Configuration(settings.model, settings.method, settings.step_ms, patience=settings.patience)

    @router.websocket(PATH)
    async def realtime(
        websocket: WebSocket,
        session: str | None = None,
        method: str | None = None,
        modality: Literal["audio", "text"] = "audio",
    ) -> None:
        reason = refusal(websocket.headers, session, secrets, settings.host)
        if reason is None and session is None and door is not None:
            reason = door.refusal(websocket.headers)
        if reason is not None:
            log.warning("refused a connection: %s", reason)
            await websocket.close(REFUSED, reason)
            return
        await websocket.accept()
        first = replace(defaults, method=method, voice=modality == "audio")
        line = lines.find(session) or lines.open(session, first)
        await line.carry(Socket(websocket))
        if session is not None:
            secrets.use(session)

    return router
