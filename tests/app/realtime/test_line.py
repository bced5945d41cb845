"""A session goes on over the page's next socket; goodbyes and silence end it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.realtime.line import MOST_WAITING, Line
from app.realtime.session import PeerGone


class FakeSocket:
    """A socket whose loss and messages a test decides."""

    def __init__(self) -> None:
        self.said_goodbye = False
        self.sent: list[str | bytes] = []
        self.closed: tuple[int, str] | None = None
        self.lost = False
        self.incoming: asyncio.Queue[str | bytes | None] = asyncio.Queue()

    async def receive(self) -> str | bytes | None:
        return await self.incoming.get()

    async def send(self, data: str | bytes) -> None:
        if self.lost:
            raise PeerGone
        self.sent.append(data)

    async def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def lose(self, goodbye: bool = False) -> None:
        self.lost, self.said_goodbye = True, goodbye
        self.incoming.put_nowait(None)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(5):
            await scenario()
        assert asyncio.all_tasks() == {asyncio.current_task()}, "a task was left running"

    asyncio.run(main())


def test_messages_go_both_ways_over_the_socket() -> None:
    async def scenario() -> None:
        line, socket = Line(grace_s=1.0), FakeSocket()
        carrying = asyncio.create_task(line.carry(socket))
        socket.incoming.put_nowait("in")
        assert await line.receive() == "in"
        await line.send("out")
        assert socket.sent == ["out"]
        await line.close(1000, "bye")
        assert socket.closed == (1000, "bye")
        await carrying
        assert await line.receive() is None

    run(scenario)


def test_a_lost_socket_is_followed_by_the_next() -> None:
    async def scenario() -> None:
        line, first, second = Line(grace_s=1.0), FakeSocket(), FakeSocket()
        carrying = asyncio.create_task(line.carry(first))
        receiving = asyncio.create_task(line.receive())
        await asyncio.sleep(0)
        first.lose()
        await carrying
        sending = asyncio.create_task(line.send("waits for the next"))
        await asyncio.sleep(0.01)
        assert not (sending.done() or receiving.done() or line.over)
        carrying = asyncio.create_task(line.carry(second))
        second.incoming.put_nowait("here again")
        assert await receiving == "here again"
        await sending
        assert (first.sent, second.sent) == ([], ["waits for the next"])
        line.end()
        await carrying

    run(scenario)


def test_a_half_open_socket_is_replaced() -> None:
    async def scenario() -> None:
        line, half_open, fresh = Line(grace_s=1.0), FakeSocket(), FakeSocket()
        former = asyncio.create_task(line.carry(half_open))
        receiving = asyncio.create_task(line.receive())
        await asyncio.sleep(0)
        carrying = asyncio.create_task(line.carry(fresh))
        await former
        fresh.incoming.put_nowait("fresh")
        assert await receiving == "fresh"
        half_open.lose()  # found out late: the fresh socket stays
        await line.send("x")
        assert fresh.sent == ["x"]
        line.end()
        await carrying

    run(scenario)


def test_a_goodbye_ends_the_line_at_once() -> None:
    async def scenario() -> None:
        line, socket = Line(grace_s=60.0), FakeSocket()
        carrying = asyncio.create_task(line.carry(socket))
        await asyncio.sleep(0)
        socket.lose(goodbye=True)
        assert await line.receive() is None
        with pytest.raises(PeerGone):
            await line.send("nobody hears")
        await carrying

    run(scenario)


def test_a_peer_that_stays_away_ends_the_line() -> None:
    async def scenario() -> None:
        line, socket = Line(grace_s=0.05), FakeSocket()
        carrying = asyncio.create_task(line.carry(socket))
        await asyncio.sleep(0)
        socket.lose()
        assert await line.receive() is None
        assert line.over
        await carrying

    run(scenario)


def test_a_peer_that_sends_faster_than_it_is_read_is_slowed_down() -> None:
    async def scenario() -> None:
        line, socket = Line(grace_s=1.0), FakeSocket()
        for number in range(3 * MOST_WAITING):
            socket.incoming.put_nowait(str(number))
        carrying = asyncio.create_task(line.carry(socket))
        await asyncio.sleep(0.01)
        assert socket.incoming.qsize() >= 2 * MOST_WAITING - 1
        assert [await line.receive() for _ in range(3 * MOST_WAITING)] == [str(n) for n in range(3 * MOST_WAITING)]
        for number in range(3 * MOST_WAITING):
            socket.incoming.put_nowait(str(number))
        await asyncio.sleep(0.01)
        line.end()  # also with a full queue
        await carrying

    run(scenario)
