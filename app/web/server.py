"""Server: the application on one port, and running it until the user stops it.

`/v1/realtime` is the socket, the rest of `/v1`, `/readyz` and `/metrics` are the API's (`app.api`), `/sotto/…` the
page's scripts and styles, `/healthz` says that the server lives; everything else is the page. Routes stand before the
page because the page is mounted at `/` and takes what is left.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from app.config import Settings
from app.errors import RunError
from app.realtime.interfaces import Assistant
from app.realtime.socket import MESSAGE_LIMIT_BYTES
from app.web.access import Secrets
from app.web.guards import HostGuard, SafetyHeaders
from app.web.realtime_route import realtime_route

if TYPE_CHECKING:
    from app.api.door import Door

ASSETS = Path(__file__).parents[2] / "assets" / "web"
BACKLOG = 128
DRAIN_S, PAGE_DRAIN_S = 8, 1
"""How long a server that is stopped waits for answers that are being written; a page is closed without."""


def build_app(
    assistant: Assistant,
    settings: Settings,
    *,
    page: bool = True,
    door: "Door | None" = None,
    clock: Callable[[], float] = time.monotonic,
) -> FastAPI:
    """The application; without `page` it is the socket alone, and what `door` has for programs."""
    app = FastAPI(title="Sotto", docs_url=None, redoc_url=None, openapi_url=None)
    secrets = Secrets(clock)
    app.include_router(realtime_route(assistant, settings, secrets, clock, door))

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    if door is not None:
        door.mount(app)
    if page:
        from app.web.page import mount_page  # Gradio takes a second to import

        app.mount("/sotto", StaticFiles(directory=ASSETS), name="sotto")
        mount_page(app, settings, secrets, ASSETS)
    app.add_middleware(SafetyHeaders)
    app.add_middleware(HostGuard, bound_host=settings.host)
    return app


def serve(
    assistant: Assistant,
    settings: Settings,
    listener: socket.socket,
    *,
    page: bool = True,
    door: "Door | None" = None,
) -> None:
    """Serves on a bound socket until interrupted. The assistant must have been started."""
    import uvicorn

    config = uvicorn.Config(
        build_app(assistant, settings, page=page, door=door),
        log_level="warning",
        access_log=False,
        ws_max_size=MESSAGE_LIMIT_BYTES,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=PAGE_DRAIN_S if page else DRAIN_S,
    )
    listener.listen(BACKLOG)
    _announce(settings.host, listener.getsockname()[1], page)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service manager's stop is a Ctrl-C
    with suppress(KeyboardInterrupt):  # Ctrl-C is the way to stop it; uvicorn raises it again when it is done
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def bound(settings: Settings) -> socket.socket:
    """A socket on the settings' host and port, had before anything is loaded. Raises RunError if it cannot be had."""
    host, port = settings.host, settings.port
    listener = None
    try:
        family, kind, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        return listener
    except OSError as error:
        if listener is not None:
            listener.close()
        raise RunError(
            f"cannot listen on {host} port {port}: {error.strerror or error}; "
            "stop the program that uses it, or choose another with --port (0 takes a free one)"
        ) from None


def _announce(host: str, port: int, page: bool) -> None:
    """One line to stderr: what is served where. A wildcard address is no address to open."""
    everywhere = host in {"0.0.0.0", "::"}
    shown = "127.0.0.1" if everywhere else f"[{host}]" if ":" in host else host
    what = "the page" if page else "the API (/v1/chat/completions, /v1/realtime)"
    others = "; other machines need https for the microphone" if everywhere and page else ""
    print(f"Sotto serves {what} at http://{shown}:{port} (Ctrl-C stops it){others}", file=sys.stderr, flush=True)
