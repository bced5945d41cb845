"""Realtime route: `GET /v1/realtime` upgraded to a WebSocket; refuses before it accepts, then runs a session.

A page that loses its network and connects again with its secret finds its conversation where it was.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query, WebSocket

from app.config import Settings
from app.realtime.client_events import SAMPLE_LIMIT
from app.realtime.configuration import Configuration
from app.realtime.interfaces import Assistant
from app.realtime.resumable import GRACE_S, ResumableTransport
from app.realtime.sent_messages import Received, SoundPlace
from app.realtime.session import Session
from app.realtime.socket import Socket
from app.web.access import Secrets, refusal

if TYPE_CHECKING:
    from app.api.door import Door

log = logging.getLogger(__name__)

PATH = "/v1/realtime"
Count = Annotated[int, Query(ge=0, le=SAMPLE_LIMIT)]
REFUSED = 4403


class Transports:
    """The running sessions' transports; those of pages can be found again by their secret."""

    def __init__(self, assistant: Assistant, clock: Callable[[], float]) -> None:
        self._assistant = assistant
        self._clock = clock
        self._by_secret: dict[str, ResumableTransport] = {}
        self._running: set[asyncio.Task[None]] = set()

    def find(self, secret: str | None) -> ResumableTransport | None:
        """The one this page had and may go on with."""
        transport = self._by_secret.get(secret) if secret is not None else None
        return transport if transport is not None and not transport.over else None

    def open(self, secret: str | None, configuration: Configuration) -> ResumableTransport:
        """A new session and its transport. Programs have no secret, so they cannot come back to it."""
        transport = ResumableTransport(grace_s=0.0 if secret is None else GRACE_S)
        task = asyncio.create_task(Session(self._assistant, transport, configuration, self._clock).run())
        self._running.add(task)
        task.add_done_callback(lambda ended: self._ended(ended, secret, transport))
        if secret is not None:
            self._by_secret[secret] = transport
        return transport

    def _ended(self, task: asyncio.Task[None], secret: str | None, transport: ResumableTransport) -> None:
        self._running.discard(task)
        transport.end()
        if secret is not None and self._by_secret.get(secret) is transport:
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
    """The route. In the query: `session`, a page's secret; `method` and `modality`, the session's first settings; of a
    page that comes back, what it has already: `event`, the number of the latest event, and `epoch` and `samples`, how
    far the sound. `model` is not looked at, there is but one. door: says which programs may connect; None: all.
    """
    router = APIRouter()
    transports = Transports(assistant, clock)
    defaults = Configuration(settings.model, settings.method, settings.step_ms, patience=settings.patience)

    @router.websocket(PATH)
    async def realtime(
        websocket: WebSocket,
        session: str | None = None,
        method: str | None = None,
        modality: Literal["audio", "text"] = "audio",
        event: Count | None = None,
        epoch: Count = 0,
        samples: Count = 0,
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
        former = transports.find(session)
        transport = former or transports.open(session, first)
        received = None if former is None or event is None else Received(event, SoundPlace(epoch, samples))
        await transport.carry(Socket(websocket), received)
        if session is not None:
            secrets.use(session)

    return router
