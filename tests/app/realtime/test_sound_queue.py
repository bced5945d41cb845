"""Sound keeps its order, commands do not wait behind it, too much of it slows its sender down."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np
from numpy.typing import NDArray

from app.realtime.sound_queue import SoundMark, SoundQueue
from audio.errors import RecognizerUnavailable
from tests.app.realtime.peer import connected
from tests.app.web.fake_assistant import FakeAssistant, FakeConversation


class SlowConversation(FakeConversation):
    """Hears one piece each time it is allowed to."""

    def listen_slowly(self) -> None:
        self.allowed = asyncio.Semaphore(0)
        self.log: list[object] = []
        self.came_s: list[float | None] = []

    async def hear(self, pcm: NDArray[np.int16], came_s: float | None = None) -> None:
        await self.allowed.acquire()
        self.log.append(len(pcm))
        self.came_s.append(came_s)
        if len(pcm) == 13:
            raise RecognizerUnavailable("the recogniser is superstitious")

    async def commit(self, came_s: float | None = None) -> None:
        self.log.append("commit")
        self.came_s.append(came_s)


def slow_conversation() -> SlowConversation:
    conversation = FakeAssistant().converse()
    conversation.__class__ = SlowConversation
    assert isinstance(conversation, SlowConversation)
    conversation.listen_slowly()
    return conversation


def piece(samples: int) -> NDArray[np.int16]:
    return np.zeros(samples, np.int16)


@asynccontextmanager
async def hearing(
    conversation: SlowConversation,
    errors: list[Exception],
    most_waiting_samples: int = 100,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[SoundQueue]:
    ears = SoundQueue(conversation, errors.append, clock, most_waiting_samples)
    running = asyncio.create_task(ears.run())
    try:
        yield ears
    finally:
        running.cancel()
        await asyncio.wait({running})


def test_sound_and_the_end_of_the_turn_keep_their_order() -> None:
    async def scenario() -> None:
        conversation = slow_conversation()
        async with hearing(conversation, []) as ears:
            for sound in (piece(1), piece(2), SoundMark.COMMIT, piece(3)):
                await ears.put(sound)
            for _ in range(3):
                conversation.allowed.release()
            await asyncio.sleep(0.01)
        assert conversation.log == [1, 2, "commit", 3]

    asyncio.run(scenario())


def test_what_is_heard_late_is_told_with_the_time_at_which_it_came() -> None:
    async def scenario() -> None:
        conversation, now_s = slow_conversation(), [10.0]
        async with hearing(conversation, [], clock=lambda: now_s[0]) as ears:
            for sound in (piece(1), SoundMark.COMMIT, piece(3)):
                await ears.put(sound)
                now_s[0] += 1.0
            now_s[0] = 99.0
            conversation.allowed.release()
            conversation.allowed.release()
            await asyncio.sleep(0.01)
        assert conversation.came_s == [10.0, 11.0, 12.0]

    asyncio.run(scenario())


def test_the_time_at_which_a_sender_had_to_wait_does_not_count_either() -> None:
    async def scenario() -> None:
        conversation, now_s = slow_conversation(), [10.0]
        async with hearing(conversation, [], most_waiting_samples=50, clock=lambda: now_s[0]) as ears:
            await ears.put(piece(60))
            await asyncio.sleep(0.01)
            await ears.put(piece(61))
            waiting = asyncio.create_task(ears.put(piece(62)))
            await asyncio.sleep(0.01)
            now_s[0] = 99.0
            for _ in range(3):
                conversation.allowed.release()
            await asyncio.wait_for(waiting, 1)
            await asyncio.sleep(0.01)
        assert conversation.came_s == [10.0, 10.0, 10.0]

    asyncio.run(scenario())


def test_a_sender_that_is_too_fast_waits() -> None:
    async def scenario() -> None:
        conversation = slow_conversation()
        async with hearing(conversation, [], most_waiting_samples=100) as ears:
            for _ in range(3):  # one is being heard, two wait
                await asyncio.wait_for(ears.put(piece(60)), 1)
            fourth = asyncio.create_task(ears.put(piece(60)))
            await asyncio.sleep(0.01)
            assert not fourth.done()
            conversation.allowed.release()
            await asyncio.wait_for(fourth, 1)

    asyncio.run(scenario())


def test_a_recogniser_that_fails_is_told_and_hearing_goes_on() -> None:
    async def scenario() -> None:
        errors: list[Exception] = []
        conversation = slow_conversation()
        async with hearing(conversation, errors) as ears:
            await ears.put(piece(13))
            await ears.put(piece(14))
            conversation.allowed.release()
            conversation.allowed.release()
            await asyncio.sleep(0.01)
        assert [str(error) for error in errors] == ["the recogniser is superstitious"]
        assert conversation.log == [13, 14]

    asyncio.run(scenario())


def test_typing_does_not_wait_behind_sound_that_is_still_being_heard() -> None:
    class Deaf(FakeConversation):
        async def hear(self, pcm: NDArray[np.int16], came_s: float | None = None) -> None:
            await asyncio.Event().wait()

    class DeafAssistant(FakeAssistant):
        def converse(self, method: str | None = None, voice: bool = True) -> FakeConversation:
            conversation = super().converse(method, voice)
            conversation.__class__ = Deaf
            return conversation

    async def scenario() -> None:
        async with connected(DeafAssistant()) as peer:
            for _ in range(50):
                peer.append(bytes(960))
            peer.type("hello")
            await peer.until("response.created")

    asyncio.run(scenario())
