"""Socket: the thin shell around one accepted WebSocket (Starlette's).

Caps the size of a message (close code 1009) and translates its failures; decides nothing else.
"""

from contextlib import suppress

from fastapi import WebSocket, WebSocketDisconnect

from app.realtime.session import PeerGone

MESSAGE_LIMIT_BYTES = 2**20
"""21 s of sound at 24 kHz; longer sound comes in pieces."""

TOO_BIG = 1009
GOODBYES = {1000, 1001, TOO_BIG, 1012}
"""Close codes after which the peer will not be back: done, page left, refused, server restarts."""


class Socket:
    """An accepted WebSocket as a `Transport`."""

    def __init__(self, websocket: WebSocket, limit_bytes: int = MESSAGE_LIMIT_BYTES) -> None:
        self._websocket = websocket
        self._limit_bytes = limit_bytes
        self.said_goodbye = False

    async def receive(self) -> str | bytes | None:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            self.said_goodbye = message.get("code") in GOODBYES
            return None
        data: str | bytes = message["bytes"] if message.get("bytes") is not None else message["text"]
        if len(data) > self._limit_bytes:
            await self.close(TOO_BIG, "message_too_big")
            self.said_goodbye = True
            return None
        return data

    async def send(self, data: str | bytes) -> None:
        try:
            if isinstance(data, bytes):
                await self._websocket.send_bytes(data)
            else:
                await self._websocket.send_text(data)
        except (WebSocketDisconnect, RuntimeError) as error:  # Starlette's two words for a closed socket
            raise PeerGone from error

    async def close(self, code: int, reason: str) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.close(code, reason)
