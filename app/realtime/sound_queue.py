"""Sound queue: microphone sound on its way to the conversation.

Recognition may lag; commands must not wait behind it. Sound and the end of a push-to-talk turn keep their order, and
carry the time at which they came: how late they are heard must not matter. A peer that sends faster than is heard is
slowed down once `MOST_WAITING_SAMPLES` wait.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from app.realtime.errors import is_foreseen
from app.realtime.interfaces import Conversation
from audio.pcm import INPUT_RATE_HZ

MOST_WAITING_SAMPLES = 30 * INPUT_RATE_HZ


class SoundMark(Enum):
    """What stands between pieces of sound."""

    COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class Arrived:
    """Some sound, int16 [samples] at 16 kHz, or a mark; and when it came, by the conversation's clock."""

    what: NDArray[np.int16] | SoundMark
    at_s: float

    @property
    def samples(self) -> int:
        return 0 if isinstance(self.what, SoundMark) else len(self.what)


class SoundQueue:
    """`run` hands the queue to the conversation; errors meant for the peer go to `on_error`."""

    def __init__(
        self,
        conversation: Conversation,
        on_error: Callable[[Exception], None],
        clock: Callable[[], float],
        most_waiting_samples: int = MOST_WAITING_SAMPLES,
    ) -> None:
        self._conversation = conversation
        self._on_error = on_error
        self._clock = clock
        self._most_waiting_samples = most_waiting_samples
        self._waiting: deque[Arrived] = deque()
        self._waiting_samples = 0
        self._changed = asyncio.Condition()

    async def put(self, what: NDArray[np.int16] | SoundMark) -> None:
        """Waits while there is too much already."""
        arrived = Arrived(what, self._clock())
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting_samples < self._most_waiting_samples)
            self._waiting.append(arrived)
            self._waiting_samples += arrived.samples
            self._changed.notify_all()

    async def run(self) -> None:
        while True:
            arrived = await self._take()
            try:
                if isinstance(arrived.what, SoundMark):
                    await self._conversation.commit(arrived.at_s)
                else:
                    await self._conversation.hear(arrived.what, arrived.at_s)
            except Exception as error:
                if not is_foreseen(error):
                    raise
                self._on_error(error)

    async def _take(self) -> Arrived:
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting)
            arrived = self._waiting.popleft()
            self._waiting_samples -= arrived.samples
            self._changed.notify_all()
            return arrived
