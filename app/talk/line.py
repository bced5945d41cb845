"""The line: microphone sound on its way to the conversation, which may lag behind.

Every piece is handed over the moment it comes, so that the conversation knows when; it takes them in order. What waits
is bounded: when hearing falls behind by `MOST_WAITING_S`, new sound is lost, and the user told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import numpy as np

from audio.pcm import INPUT_RATE_HZ, Pcm

if TYPE_CHECKING:
    from app.realtime.interfaces import Conversation

PIECE_SAMPLES = INPUT_RATE_HZ * 20 // 1000
MOST_WAITING_S = 30


class HearingBehind(Exception):
    """The conversation takes sound in more slowly than it comes; what is said now is lost."""


class HearingLine:
    """All methods run on the event loop. lost_samples: what hearing was too slow for. on_error: also
    told HearingBehind, once each time it begins to lose.
    """

    def __init__(self, conversation: Conversation, on_error: Callable[[Exception], None]) -> None:
        self._conversation = conversation
        self._on_error = on_error
        self._piece: list[Pcm] = []
        self._waiting_samples = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.lost_samples = 0
        self._losing = False

    def put(self, pcm: Pcm) -> None:
        """16 kHz mono, any length."""
        behind = self._waiting_samples > MOST_WAITING_S * INPUT_RATE_HZ
        if behind and not self._losing:
            message = f"hearing is more than {MOST_WAITING_S} s behind; nothing is heard until it has caught up"
            self._on_error(HearingBehind(message))
        self._losing = behind
        if behind:
            self.lost_samples += len(pcm)
            return
        self._piece.append(pcm)
        if sum(map(len, self._piece)) >= PIECE_SAMPLES:
            self._send_piece()

    def commit(self, then: Callable[[], None]) -> None:
        """The user's turn is over; `then` is called when that was heard and told, or could not be."""
        if self._piece:
            self._send_piece()
        self._run(self._commit(then))

    async def close(self) -> None:
        """Forget what waits."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _commit(self, then: Callable[[], None]) -> None:
        try:
            await self._conversation.commit()
            await asyncio.sleep(0.02)  # whoever reads the events comes first
        finally:
            then()

    def _send_piece(self) -> None:
        pcm, self._piece = np.concatenate(self._piece), []
        self._waiting_samples += len(pcm)

        async def hear() -> None:
            try:
                await self._conversation.hear(pcm)
            finally:
                self._waiting_samples -= len(pcm)

        self._run(hear())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._on_error(error)
