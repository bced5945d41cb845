"""Hearing: microphone sound on its way to the conversation, in a queue of its own.

Recognition may lag; commands must not wait behind it. Sound and the end of a push-to-talk turn keep their order. A
peer that sends faster than is heard is slowed down once `MOST_WAITING_SAMPLES` wait.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from app.realtime.errors import is_foreseen
from app.realtime.interfaces import Conversation
from audio.pcm import INPUT_RATE_HZ

MOST_WAITING_SAMPLES = 30 * INPUT_RATE_HZ


class Mark(Enum):
    """What stands between pieces of sound."""

    COMMIT = "commit"


class Hearing:
    """`run` hands the queue to the conversation; errors meant for the peer go to `on_error`."""

    def __init__(
        self,
        conversation: Conversation,
        on_error: Callable[[Exception], None],
        most_waiting_samples: int = MOST_WAITING_SAMPLES,
    ) -> None:
        self._conversation = conversation
        self._on_error = on_error
        self._most_waiting_samples = most_waiting_samples
        self._waiting: deque[NDArray[np.int16] | Mark] = deque()
        self._waiting_samples = 0
        self._changed = asyncio.Condition()

    async def put(self, sound: NDArray[np.int16] | Mark) -> None:
        """Waits while there is too much already."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting_samples < self._most_waiting_samples)
            self._waiting.append(sound)
            self._waiting_samples += _samples(sound)
            self._changed.notify_all()

    async def run(self) -> None:
        while True:
            sound = await self._take()
            try:
                if isinstance(sound, Mark):
                    await self._conversation.commit()
                else:
                    await self._conversation.hear(sound)
            except Exception as error:
                if not is_foreseen(error):
                    raise
                self._on_error(error)

    async def _take(self) -> NDArray[np.int16] | Mark:
        async with self._changed:
            await self._changed.wait_for(lambda: self._waiting)
            sound = self._waiting.popleft()
            self._waiting_samples -= _samples(sound)
            self._changed.notify_all()
            return sound


def _samples(sound: NDArray[np.int16] | Mark) -> int:
    return 0 if isinstance(sound, Mark) else len(sound)
