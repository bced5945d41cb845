"""Hearing: microphone sound on its way to the conversation, in a queue of its own.

Recognition may lag; commands must not wait behind it. Sound and the end of a push-to-talk turn keep their order. A
peer that sends faster than is heard is slowed down once `MOST_WAITING` pieces wait.
"""

import asyncio
from collections.abc import Callable
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from app.realtime.errors import is_foreseen
from app.realtime.interfaces import Conversation

MOST_WAITING = 1500
"""30 s of 20 ms pieces."""


class Mark(Enum):
    """What stands between pieces of sound."""

    COMMIT = "commit"


class Hearing:
    """`run` hands the queue to the conversation; errors meant for the peer go to `on_error`."""

    def __init__(self, conversation: Conversation, on_error: Callable[[Exception], None]) -> None:
        self._conversation = conversation
        self._on_error = on_error
        self._waiting: asyncio.Queue[NDArray[np.int16] | Mark] = asyncio.Queue(MOST_WAITING)

    async def put(self, sound: NDArray[np.int16] | Mark) -> None:
        await self._waiting.put(sound)

    async def run(self) -> None:
        while True:
            sound = await self._waiting.get()
            try:
                if isinstance(sound, Mark):
                    await self._conversation.commit()
                else:
                    await self._conversation.hear(sound)
            except Exception as error:
                if not is_foreseen(error):
                    raise
                self._on_error(error)
