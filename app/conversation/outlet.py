"""The outlet: a conversation's events on their way to whoever reads them. It ends once, and says so to every reader.

A reader that does not read loses what waits, and the outlet ends with a fault: memory is bounded.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from app.conversation.events import ConversationEvent, Fault

MOST_WAITING_EVENTS = 10_000


class Outlet:
    """All methods run on the event loop."""

    def __init__(self, most_waiting: int = MOST_WAITING_EVENTS) -> None:
        self._most_waiting = most_waiting
        self._waiting: asyncio.Queue[ConversationEvent | None] = asyncio.Queue()
        self.over = False

    def put(self, event: ConversationEvent) -> None:
        """Tell this. Without effect once over."""
        if self.over:
            return
        if self._waiting.qsize() < self._most_waiting:
            self._waiting.put_nowait(event)
            return
        while not self._waiting.empty():
            self._waiting.get_nowait()
        message = f"{self._most_waiting} events were not read; the conversation was ended"
        self._waiting.put_nowait(Fault(event.at_s, "events_not_read", message))
        self.end()

    def end(self) -> None:
        """Nothing more will be told. Harmless when repeated."""
        if not self.over:
            self.over = True
            self._waiting.put_nowait(None)

    async def events(self) -> AsyncIterator[ConversationEvent]:
        """What is told, until the end."""
        while (event := await self._waiting.get()) is not None:
            yield event
        self._waiting.put_nowait(None)  # for other readers
