"""A stream that its reader leaves, or does not take."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message

from app.api import event_stream
from app.api.event_stream import EventStream


class Peer:
    """leaves: after so many messages it hangs up; sticks: from then on it takes nothing."""

    def __init__(self, leaves: int | None = None, sticks: int | None = None) -> None:
        self.got: list[Message] = []
        self._leaves, self._sticks = leaves, sticks
        self._gone = asyncio.Event()

    async def receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if len(self.got) == self._sticks:
            await asyncio.Event().wait()
        self.got.append(message)
        if len(self.got) == self._leaves:
            self._gone.set()

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.got).decode()


async def words(count: int | None) -> AsyncIterator[str]:
    """So many and an end, or words without end."""
    number = 0
    while count is None or number < count:
        yield f"{number}"
        number += 1
        await asyncio.sleep(0)


def streamed(count: int | None, leaves: int | None = None, sticks: int | None = None) -> tuple[Peer, int]:
    """What the peer got, and how often the end was told."""
    ends: list[None] = []

    async def run() -> Peer:
        peer = Peer(leaves, sticks)
        async with asyncio.timeout(10):
            await EventStream(words(count), lambda: ends.append(None))({"type": "http"}, peer.receive, peer.send)
        return peer

    return asyncio.run(run()), len(ends)


def test_events_are_data_lines() -> None:
    peer, ends = streamed(2)
    assert peer.text == "data: 0\n\ndata: 1\n\n" and ends == 1
    assert dict(peer.got[0]["headers"])[b"content-type"].startswith(b"text/event-stream")
    assert peer.got[-1]["more_body"] is False


def test_a_reader_that_leaves_ends_a_stream_without_end() -> None:
    peer, ends = streamed(None, leaves=4)
    assert len(peer.got) < 10 and ends == 1


def test_a_reader_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "SLOWEST_READ_S", 0.01)
    ends: list[None] = []

    async def run() -> None:
        peer = Peer(sticks=3)
        await EventStream(words(None), lambda: ends.append(None))({"type": "http"}, peer.receive, peer.send)

    with pytest.raises(TimeoutError):
        asyncio.run(run())
    assert len(ends) == 1
