"""A resumable transport: one session's messages over one socket after another.

A page that loses its network connects again within seconds; its conversation should not notice. The transport keeps
the session waiting for the next socket for a grace time, unless the peer said goodbye. A new socket replaces a former
one, which a lost network may have left half open; what the peer lacks of the former is sent again first
(`app.realtime.sent_messages`).
"""

import asyncio
from collections import deque
from contextlib import suppress
from typing import Protocol

from app.realtime.sent_messages import Encoded, Received, SentMessages
from app.realtime.session import PeerGone

GRACE_S = 20.0
MOST_WAITING = 32
"""Messages read ahead of the session; then the peer is slowed down."""


class CarryingSocket(Protocol):
    """One socket, which knows whether its peer said goodbye."""

    said_goodbye: bool

    async def receive(self) -> str | bytes | None: ...

    async def send(self, data: str | bytes, /) -> None: ...

    async def close(self, code: int, reason: str, /) -> None: ...


class ResumableTransport:
    """A `Transport`; `carry(socket)` gives it a socket to go over. Without grace, the first lost socket ends it."""

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._socket: CarryingSocket | None = None
        self._reading: asyncio.Task[None] | None = None
        self._giving_up: asyncio.TimerHandle | None = None
        self._incoming: asyncio.Queue[str | bytes | None] = asyncio.Queue(MOST_WAITING)
        self._sent = SentMessages()
        self._unsent: deque[Encoded] = deque()  # over the present socket
        self._delivering = asyncio.Lock()
        self._changed = asyncio.Event()  # there is a socket, or the transport is over
        self.over = False

    async def carry(self, socket: CarryingSocket, received: Received | None = None) -> None:
        """Goes over this socket until it is lost, replaced or the transport is over. received: what the peer has
        already, if it was here before.
        """
        if self.over:
            return
        self._stop_waiting()
        if self._reading is not None:
            self._reading.cancel()
        self._socket = socket
        if received is not None:
            self._unsent = deque(self._sent.lacking(received))
        self._changed.set()
        self._reading = reading = asyncio.create_task(self._read(socket))
        sending = asyncio.create_task(self._send_again())
        try:
            await asyncio.wait({reading})
        finally:
            reading.cancel()
            sending.cancel()

    async def receive(self) -> str | bytes | None:
        """The next message; None once the transport is over."""
        if self.over:
            return None
        return await self._incoming.get()

    async def send(self, message: Encoded) -> None:
        """A message that finds its socket lost goes over the next. Raises PeerGone once the transport is over."""
        if self._grace_s:
            self._sent.add(message)
        self._unsent.append(message)
        await self._deliver()

    def forget_sound(self, epoch: int) -> None:
        """The sound of this epoch and of older ones is not sent any more."""
        self._sent.forget_sound(epoch)
        self._unsent = deque(one for one in self._unsent if one.sound is None or one.sound.epoch > epoch)

    async def close(self, code: int, reason: str) -> None:
        """Says goodbye and ends the transport."""
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

    async def _deliver(self) -> None:
        """Until nothing is left to be sent, over whatever socket there is."""
        async with self._delivering:
            while self._unsent:
                await self._changed.wait()
                socket = self._socket
                if socket is None:
                    raise PeerGone
                if not self._unsent:
                    return
                message = self._unsent[0]
                try:
                    await socket.send(message.data)
                except PeerGone:
                    self._lose(socket)
                    continue
                if socket is self._socket and self._unsent and self._unsent[0] is message:
                    self._unsent.popleft()  # else another socket has begun, and it knows what its peer lacks

    async def _send_again(self) -> None:
        with suppress(PeerGone):
            await self._deliver()

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
