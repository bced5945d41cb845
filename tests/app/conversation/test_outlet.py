"""Events on their way to their reader: in order, bounded, ended once."""

from __future__ import annotations

import asyncio

from app.conversation.events import ConversationEvent, Fault, SpeechEnded, SpeechStarted
from app.conversation.outlet import Outlet


async def read(outlet: Outlet) -> list[ConversationEvent]:
    async with asyncio.timeout(5):
        return [event async for event in outlet.events()]


def test_events_come_in_order_and_end() -> None:
    async def scenario() -> None:
        outlet = Outlet()
        outlet.put(SpeechStarted(1.0))
        outlet.put(SpeechEnded(2.0))
        outlet.end()
        outlet.end()
        outlet.put(SpeechStarted(3.0))
        assert await read(outlet) == [SpeechStarted(1.0), SpeechEnded(2.0)]

    asyncio.run(scenario())


def test_every_reader_learns_of_the_end_also_one_that_comes_late() -> None:
    async def scenario() -> None:
        outlet = Outlet()
        readers = [asyncio.create_task(read(outlet)) for _ in range(3)]
        await asyncio.sleep(0)
        outlet.put(SpeechStarted(1.0))
        outlet.end()
        assert sorted(await asyncio.gather(*readers), key=len) == [[], [], [SpeechStarted(1.0)]]
        assert await read(outlet) == []

    asyncio.run(scenario())


def test_a_reader_that_does_not_read_costs_bounded_memory_and_is_told_why_it_ended() -> None:
    async def scenario() -> None:
        outlet = Outlet(most_waiting=3)
        for second in range(10):
            outlet.put(SpeechStarted(float(second)))
        assert outlet.over
        message = "3 events were not read; the conversation was ended"
        assert await read(outlet) == [Fault(3.0, "events_not_read", message)]

    asyncio.run(scenario())
