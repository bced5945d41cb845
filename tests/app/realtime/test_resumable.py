"""A session goes on over the page's next socket; goodbyes and silence end it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.realtime.resumable import MOST_WAITING, ResumableTransport
from app.realtime.sent_messages import Encoded, Received, SentMessages, SoundPlace
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
        transport, socket = ResumableTransport(grace_s=1.0), FakeSocket()
        carrying = asyncio.create_task(transport.carry(socket))
        socket.incoming.put_nowait("in")
        assert await transport.receive() == "in"
        await transport.send(Encoded("out", 1))
        assert socket.sent == ["out"]
        await transport.close(1000, "bye")
        assert socket.closed == (1000, "bye")
        await carrying
        assert await transport.receive() is None

    run(scenario)


def test_a_lost_socket_is_followed_by_the_next() -> None:
    async def scenario() -> None:
        transport, first, second = ResumableTransport(grace_s=1.0), FakeSocket(), FakeSocket()
        carrying = asyncio.create_task(transport.carry(first))
        receiving = asyncio.create_task(transport.receive())
        await asyncio.sleep(0)
        first.lose()
        await carrying
        sending = asyncio.create_task(transport.send(Encoded("waits for the next", 1)))
        await asyncio.sleep(0.01)
        assert not (sending.done() or receiving.done() or transport.over)
        carrying = asyncio.create_task(transport.carry(second))
        second.incoming.put_nowait("here again")
        assert await receiving == "here again"
        await sending
        assert (first.sent, second.sent) == ([], ["waits for the next"])
        transport.end()
        await carrying

    run(scenario)


def test_a_half_open_socket_is_replaced() -> None:
    async def scenario() -> None:
        transport, half_open, fresh = ResumableTransport(grace_s=1.0), FakeSocket(), FakeSocket()
        former = asyncio.create_task(transport.carry(half_open))
        receiving = asyncio.create_task(transport.receive())
        await asyncio.sleep(0)
        carrying = asyncio.create_task(transport.carry(fresh))
        await former
        fresh.incoming.put_nowait("fresh")
        assert await receiving == "fresh"
        half_open.lose()  # found out late: the fresh socket stays
        await transport.send(Encoded("x", 1))
        assert fresh.sent == ["x"]
        transport.end()
        await carrying

    run(scenario)


def test_a_goodbye_ends_the_line_at_once() -> None:
    async def scenario() -> None:
        transport, socket = ResumableTransport(grace_s=60.0), FakeSocket()
        carrying = asyncio.create_task(transport.carry(socket))
        await asyncio.sleep(0)
        socket.lose(goodbye=True)
        assert await transport.receive() is None
        with pytest.raises(PeerGone):
            await transport.send(Encoded("nobody hears", 1))
        await carrying

    run(scenario)


def test_a_peer_that_stays_away_ends_the_line() -> None:
    async def scenario() -> None:
        transport, socket = ResumableTransport(grace_s=0.05), FakeSocket()
        carrying = asyncio.create_task(transport.carry(socket))
        await asyncio.sleep(0)
        socket.lose()
        assert await transport.receive() is None
        assert transport.over
        await carrying

    run(scenario)


def test_a_peer_that_sends_faster_than_it_is_read_is_slowed_down() -> None:
    async def scenario() -> None:
        transport, socket = ResumableTransport(grace_s=1.0), FakeSocket()
        for number in range(3 * MOST_WAITING):
            socket.incoming.put_nowait(str(number))
        carrying = asyncio.create_task(transport.carry(socket))
        await asyncio.sleep(0.01)
        assert socket.incoming.qsize() >= 2 * MOST_WAITING - 1
        assert [await transport.receive() for _ in range(3 * MOST_WAITING)] == [str(n) for n in range(3 * MOST_WAITING)]
        for number in range(3 * MOST_WAITING):
            socket.incoming.put_nowait(str(number))
        await asyncio.sleep(0.01)
        transport.end()  # also with a full queue
        await carrying

    run(scenario)


# -- what was lost on the way


def event(number: int) -> Encoded:
    return Encoded(f"event {number}", number)


def sound(number: int, epoch: int, first_sample: int) -> Encoded:
    return Encoded(f"{epoch}:{first_sample}".encode(), number, SoundPlace(epoch, first_sample))


def has(number: int, epoch: int = 0, samples: int = 0) -> Received:
    return Received(number, SoundPlace(epoch, samples))


def test_what_the_peer_lacks_is_sent_again_in_order_and_nothing_twice() -> None:
    """The first socket took all of it; the network lost all but two events and a piece of sound."""

    async def scenario() -> None:
        transport, first, second = ResumableTransport(grace_s=1.0), FakeSocket(), FakeSocket()
        carrying = asyncio.create_task(transport.carry(first))
        messages = [event(1), event(2), sound(3, 1, 0), sound(4, 1, 480), event(5), sound(6, 1, 960), event(7)]
        for message in messages:
            await transport.send(message)
        first.lose()
        await carrying
        sending = asyncio.create_task(transport.send(event(8)))
        await asyncio.sleep(0.01)
        carrying = asyncio.create_task(transport.carry(second, has(2, epoch=1, samples=480)))
        await sending
        await transport.send(event(9))
        assert first.sent == [message.data for message in messages]
        assert second.sent == [b"1:480", "event 5", b"1:960", "event 7", "event 8", "event 9"]
        transport.end()
        await carrying

    run(scenario)


def test_what_was_lost_comes_again_although_there_is_nothing_new() -> None:
    async def scenario() -> None:
        transport, first, second = ResumableTransport(grace_s=1.0), FakeSocket(), FakeSocket()
        carrying = asyncio.create_task(transport.carry(first))
        await transport.send(event(1))
        carrying_again = asyncio.create_task(transport.carry(second, has(0)))
        await carrying
        await asyncio.sleep(0.01)
        assert second.sent == ["event 1"]
        transport.end()
        await carrying_again

    run(scenario)


def test_sound_that_was_flushed_meanwhile_is_never_heard() -> None:
    async def scenario() -> None:
        transport, first, second = ResumableTransport(grace_s=1.0), FakeSocket(), FakeSocket()
        carrying = asyncio.create_task(transport.carry(first))
        await transport.send(sound(1, 1, 0))
        first.lose()
        await carrying
        waiting = asyncio.create_task(transport.send(sound(2, 1, 480)))
        await asyncio.sleep(0.01)
        transport.forget_sound(1)
        carrying = asyncio.create_task(transport.carry(second, has(0)))
        await waiting
        await transport.send(Encoded("flush", 3))
        await transport.send(sound(4, 2, 0))
        assert second.sent == ["flush", b"2:0"]
        transport.end()
        await carrying

    run(scenario)


def test_a_message_that_breaks_its_socket_goes_out_once_over_the_next() -> None:
    async def scenario() -> None:
        transport, first, second = ResumableTransport(grace_s=1.0), FakeSocket(), FakeSocket()
        carrying = asyncio.create_task(transport.carry(first))
        first.lost = True
        sending = asyncio.create_task(transport.send(event(1)))
        await asyncio.sleep(0.01)
        carrying_again = asyncio.create_task(transport.carry(second, has(0)))
        await sending
        assert (first.sent, second.sent) == ([], ["event 1"])
        transport.end()
        await asyncio.gather(carrying, carrying_again)

    run(scenario)


def test_a_peer_that_does_not_say_what_it_has_gets_what_is_new() -> None:
    async def scenario() -> None:
        transport, first, second = ResumableTransport(grace_s=1.0), FakeSocket(), FakeSocket()
        carrying = asyncio.create_task(transport.carry(first))
        await transport.send(event(1))
        carrying_again = asyncio.create_task(transport.carry(second))
        await carrying
        await transport.send(event(2))
        assert second.sent == ["event 2"]
        transport.end()
        await carrying_again

    run(scenario)


def test_only_the_latest_messages_are_kept() -> None:
    kept = SentMessages(most_bytes=100)
    for number in range(1, 100):
        kept.add(sound(number, 1, 10 * number) if number % 2 else event(number))
    lacking = kept.lacking(has(0))
    assert sum(len(message.data) for message in lacking) <= 100
    assert [message.number for message in lacking] == list(range(100 - len(lacking), 100))
    kept.forget_sound(1)
    assert [message.number % 2 for message in kept.lacking(has(0))] == [0] * (len(lacking) // 2)
