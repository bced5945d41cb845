"""The ear: microphone sound in, speech events out, on a thread of its own, which may block.

Sound is taken in the order in which it came. A recogniser that is slow keeps nobody else waiting; one that fails loses
the utterance, not the conversation. It knows no turns, no clock and no model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from audio.events import ListenEvent
from audio.listen import Listener


class Ear:
    """One conversation's hearing."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._thread = ThreadPoolExecutor(1, "sotto-hearing")
        self._order = asyncio.Lock()
        self._closed = False

    async def listen(
        self,
        step: Callable[[Listener], list[ListenEvent]],
        on_event: Callable[[ListenEvent, Listener], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Let the listener take something in, and tell what was heard in it, or that it failed, on the event loop while
        the next sound waits. Without effect once closed.
        """
        async with self._order:
            if self._closed:
                return
            loop = asyncio.get_running_loop()
            try:
                heard = await loop.run_in_executor(self._thread, step, self._listener)
            except Exception as error:  # whatever a recogniser raises
                on_error(error)
                await loop.run_in_executor(self._thread, self._listener.reset)
                return
            for event in heard:
                on_event(event, self._listener)

    async def close(self) -> None:
        """Give the recogniser back. Harmless when repeated."""
        async with self._order:
            if not self._closed:
                self._closed = True
                await asyncio.get_running_loop().run_in_executor(self._thread, self._listener.close)
                self._thread.shutdown(wait=False)
