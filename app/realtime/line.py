"""Line: one session's transport over one socket after another.

A page that loses its network connects again within seconds; its conversation should not notice. The line keeps the
session waiting for the next socket for a grace time, unless the peer said goodbye. A new socket replaces a former one,
which a lost network may have left half open.
"""

import asyncio
from contextlib import suppress
from typing import Protocol

from app.realtime.session import PeerGone

GRACE_S = 20.0
MOST_WAITING = 32
"""Messages read ahead of the session; then the peer is slowed down."""


class CarryingSocket(Protocol):
    """A transport that knows whether its peer said goodbye."""

    said_goodbye: bool

    async def receive(self) -> str | bytes | None: ...

    async def send(self, data: str | bytes, /) -> None: ...

    async def close(self, code: int, reason: str, /) -> None: ...


class Line:
    """A `Transport`; `carry(socket)` gives it a socket to go over. Without grace, the first lost socket ends it."""

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._socket: CarryingSocket | None = None
        self._reading: asyncio.Task[None] | None = None
        self._giving_up: asyncio.TimerHandle | None = None
        self._incoming: asyncio.Queue[str | bytes | None] = asyncio.Queue(MOST_WAITING)
        self._changed = asyncio.Event()  # there is a socket, or the line is over
        self.over = False

    async def carry(self, socket: CarryingSocket) -> None:
        """Goes over this socket until it is lost, replaced or the line is over."""
        if self.over:
            return
        self._stop_waiting()
        if self._reading is not None:
            self._reading.cancel()
        self._socket = socket
        self._changed.set()
        self._reading = reading = asyncio.create_task(self._read(socket))
        try:
            await asyncio.wait({reading})
        finally:
            reading.cancel()

    async def receive(self) -> str | bytes | None:
        """The next message; None once the line is over."""
        if self.over:
            return None
        return await self._incoming.get()

    async def send(self, data: str | bytes) -> None:
        """A message that finds its socket lost goes over the next. Raises PeerGone once the line is over."""
        while True:
            await self._changed.wait()
            socket = self._socket
            if socket is None:
                raise PeerGone
            try:
                await socket.send(data)
                return
            except PeerGone:
                self._lose(socket)

    async def close(self, code: int, reason: str) -> None:
        """Says goodbye and ends the line."""
        if self._socket is not None:
            await self._socket.close(code, reason)
        self.end()

    def end(self) -> None:
        """The session or the peer has gone for good. Harmless when repeated."""
        self.over = True
        self._socket = None
        self._stop_waiting()
        if self._reading is not None:
            self._reading.cancel()
        self._changed.set()
        with suppress(asyncio.QueueEmpty):
            while self._incoming.full():
                self._incoming.get_nowait()
        self._incoming.put_nowait(None)

    async def _read(self, socket: CarryingSocket) -> None:
        while (data := await socket.receive()) is not None:
            await self._incoming.put(data)
        self._lose(socket)

    def _lose(self, socket: CarryingSocket) -> None:
        if self._socket is not socket:
            return
        if socket.said_goodbye or not self._grace_s:
            self.end()
            return
        self._socket = None
        self._changed.clear()
        self._giving_up = asyncio.get_running_loop().call_later(self._grace_s, self.end)

    def _stop_waiting(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None
