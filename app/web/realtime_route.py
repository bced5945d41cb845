"""Realtime route: `GET /v1/realtime` upgraded to a WebSocket; refuses before it accepts, then runs a session.

A page that connects again with its secret takes the place of its former connection, which a lost network may have left
half open and holding its share of the engine.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from fastapi import APIRouter, WebSocket

from app.config import Settings
from app.realtime.configuration import Configuration
from app.realtime.interfaces import Assistant
from app.realtime.session import Session
from app.realtime.socket import Socket
from app.web.access import Secrets, refusal

log = logging.getLogger(__name__)

PATH = "/v1/realtime"
REFUSED = 4403


def realtime_route(assistant: Assistant, settings: Settings, secrets: Secrets, clock: Callable[[], float]) -> APIRouter:
    """The route; `?session=SECRET` is the page's secret, `?model=` is accepted for the sake of the API's clients."""
    router = APIRouter()
    running: dict[str, asyncio.Task[None]] = {}
    configuration = Configuration(model=settings.model, default_method=settings.method)

    @router.websocket(PATH)
    async def realtime(websocket: WebSocket, session: str | None = None) -> None:
        reason = refusal(websocket.headers, session, secrets, settings.host)
        if reason is not None:
            log.warning("refused a connection: %s", reason)
            await websocket.close(REFUSED, reason)
            return
        if session is not None:
            await _replace(running.pop(session, None))
        await websocket.accept()
        task = asyncio.create_task(Session(assistant, Socket(websocket), configuration, clock).run())
        if session is not None:
            running[session] = task
        try:
            await _finished(task)
        finally:
            if session is not None and running.get(session) is task:
                del running[session]

    return router


async def _replace(former: asyncio.Task[None] | None) -> None:
    """Ends the page's former connection and waits until it has let go of everything."""
    if former is not None:
        former.cancel()
        await _finished(former)


async def _finished(task: asyncio.Task[None]) -> None:
    """Waits for a connection's end; if it is the waiting that is cancelled, ends the connection first."""
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        raise
    if not task.cancelled():
        task.result()
