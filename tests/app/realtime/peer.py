"""A peer for sessions without a network: what it sends is queued, what it is sent is kept."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.realtime.configuration import Configuration
from app.realtime.interfaces import Assistant
from app.realtime.sent_messages import Encoded
from app.realtime.session import Session

PATIENCE_S = 5.0


class Peer:
    """The other end of one connection; also the session's transport."""

    def __init__(self) -> None:
        self.closed: tuple[int, str] | None = None
        self.deaf = False  # takes no more messages
        self.forgotten: int | None = None  # the newest epoch of which no sound is to be sent again
        self._incoming: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._received: asyncio.Queue[str | bytes] = asyncio.Queue()

    # The transport's side

    async def receive(self) -> str | bytes | None:
        return await self._incoming.get()

    async def send(self, message: Encoded) -> None:
        if self.deaf:
            await asyncio.Event().wait()
        self._received.put_nowait(message.data)

    def forget_sound(self, epoch: int) -> None:
        self.forgotten = epoch

    async def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    # The peer's side

    def say(self, kind: str, **fields: Any) -> None:
        self._incoming.put_nowait(json.dumps({"type": kind, **fields}))

    def say_raw(self, data: str | bytes) -> None:
        self._incoming.put_nowait(data)

    def type(self, text: str) -> None:
        content = [{"type": "input_text", "text": text}]
        self.say("conversation.item.create", item={"type": "message", "role": "user", "content": content})
        self.say("response.create")

    def append(self, pcm: bytes) -> None:
        self.say("input_audio_buffer.append", audio=base64.b64encode(pcm).decode())

    def leave(self) -> None:
        self._incoming.put_nowait(None)

    async def next(self) -> dict[str, Any] | bytes:
        data = await asyncio.wait_for(self._received.get(), PATIENCE_S)
        return data if isinstance(data, bytes) else json.loads(data)

    async def until(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        """All JSON events up to the first of this type with these fields, which is the last."""
        events: list[dict[str, Any]] = []
        while True:
            event = await self.next()
            if isinstance(event, bytes):
                continue
            events.append(event)
            if event["type"] == kind and all(event.get(name) == value for name, value in fields.items()):
                return events


@asynccontextmanager
async def connected(assistant: Assistant) -> AsyncIterator[Peer]:
    """A running session and its peer, who leaves at the end."""
    peer = Peer()
    configuration = Configuration(model="demo", default_method="async")
    running = asyncio.create_task(Session(assistant, peer, configuration, time.monotonic).run())
    try:
        yield peer
    finally:
        peer.leave()
        await asyncio.wait_for(running, PATIENCE_S)
