"""Events overtake waiting sound, sound keeps its pace, a flush drops what is stale, a stuck peer is given up."""

import asyncio

import pytest

from app.realtime.messages import Event, Message, Sound
from app.realtime.outbox import EVENT_COST_BYTES, Outbox, Pace, PeerTooSlow

SECOND = 24_000


def sound(epoch: int, first_s: float, seconds: float = 0.1) -> Sound:
    return Sound({}, epoch, round(first_s * SECOND), b"\0\0" * round(seconds * SECOND))


def event(name: str, after_sound: bool = False) -> Event:
    return Event({"type": name}, after_sound)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


async def due(outbox: Outbox) -> list[Message]:
    """Every message that may go now."""
    messages = []
    while True:
        try:
            messages.append(await asyncio.wait_for(outbox.get(), 0.01))
        except TimeoutError:
            return messages


def test_events_go_in_order_and_before_waiting_sound() -> None:
    async def scenario() -> None:
        outbox = Outbox(Clock(), lead_s=0.5)
        sounds = [sound(1, 0.0), sound(1, 1.0)]
        for message in (sounds[0], sounds[1], event("a"), event("b")):
            outbox.put(message)
        assert await due(outbox) == [event("a"), event("b"), sounds[0]]

    asyncio.run(scenario())


def test_sound_goes_no_further_ahead_than_the_lead() -> None:
    async def scenario() -> None:
        clock = Clock()
        outbox = Outbox(clock, lead_s=0.5)
        sounds = [sound(1, number / 10) for number in range(20)]
        for message in sounds:
            outbox.put(message)
        assert await due(outbox) == sounds[:6]
        clock.now_s += 0.3
        assert await due(outbox) == sounds[6:9]

    asyncio.run(scenario())


def test_sound_that_is_due_wakes_the_waiting_sender() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        outbox = Outbox(loop.time, lead_s=0.1)
        outbox.put(sound(1, 0.0))
        outbox.put(sound(1, 0.2))
        await outbox.get()
        began_s = loop.time()
        await outbox.get()
        assert 0.08 <= loop.time() - began_s <= 0.5

    asyncio.run(scenario())


def test_a_speaker_that_ran_dry_starts_again_from_now() -> None:
    pace = Pace(lead_s=0.5)
    pace.sent(sound(1, 0.0), now_s=10.0)
    pace.sent(sound(1, 0.1), now_s=20.0)  # the writer paused for ten seconds
    assert pace.wait_s(sound(1, 0.2), now_s=20.0) == 0.0
    assert pace.wait_s(sound(1, 1.1), now_s=20.0) == pytest.approx(0.5)


def test_a_flush_drops_sound_of_its_epoch_and_older_but_no_event() -> None:
    async def scenario() -> None:
        outbox = Outbox(Clock())
        kept = sound(3, 0.0)
        for message in (sound(1, 0.0), sound(2, 0.0), event("done", after_sound=True), kept):
            outbox.put(message)
        outbox.flush(2)
        assert await due(outbox) == [event("done", after_sound=True), kept]

    asyncio.run(scenario())


def test_an_event_of_the_sound_stays_behind_it() -> None:
    async def scenario() -> None:
        clock = Clock()
        outbox = Outbox(clock, lead_s=0.5)
        for message in (sound(1, 0.0), sound(1, 1.0), event("end", after_sound=True), event("now")):
            outbox.put(message)
        assert [type(message) for message in await due(outbox)] == [Event, Sound]
        clock.now_s += 1.0
        assert (await due(outbox))[-1] == event("end", after_sound=True)

    asyncio.run(scenario())


def test_a_peer_that_takes_nothing_is_given_up() -> None:
    outbox = Outbox(Clock(), cap_bytes=10 * EVENT_COST_BYTES)
    for _ in range(10):
        outbox.put(event("x"))
    with pytest.raises(PeerTooSlow):
        outbox.put(event("one too many"))


def test_flushed_sound_makes_room_again() -> None:
    outbox = Outbox(Clock(), cap_bytes=10_000)
    for epoch in range(1, 20):
        outbox.put(sound(epoch, 0.0))  # 4,800 bytes each
        outbox.flush(epoch)
