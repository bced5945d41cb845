"""Guards: what stands before every HTTP answer. Plain ASGI, so that streams stay streams.

`HostGuard` answers only to the names of this machine while the server listens on a loopback address; `SafetyHeaders`
tells the browser what a page may do.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.access import foreign_host

MISDIRECTED = 421

CONTENT_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; connect-src 'self' ws: wss: blob: data:; "
    "object-src 'none'; frame-ancestors 'self'"
)
"""What a page may load: this server only. Gradio's page needs inline scripts and `eval`."""


class HostGuard:
    """Refuses HTTP requests for foreign names; sockets have their own check."""

    def __init__(self, app: ASGIApp, bound_host: str) -> None:
        self._app = app
        self._bound_host = bound_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        complaint = foreign_host(Headers(scope=scope), self._bound_host) if scope["type"] == "http" else None
        if complaint is None:
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(f"{complaint}\n", MISDIRECTED)(scope, receive, send)


class SafetyHeaders:
    """Adds the safety headers to every HTTP response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self._app(scope, receive, send_with_headers)


def add_headers(headers: MutableHeaders, path: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    if headers.get("content-type", "").startswith("text/html"):
        headers["Content-Security-Policy"] = CONTENT_POLICY
    if path.startswith("/sotto/"):
        headers["Cache-Control"] = "no-cache"  # a new version shows at the next reload
