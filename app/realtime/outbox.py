"""Outbox: messages waiting for the socket.

JSON events go out at once, in order. Sound is paced: it goes out at most `LEAD_S` ahead of real time, so that an
interruption drops it here instead of behind a slow network's buffers. `flush` drops an epoch's waiting sound. A peer
that does not take its messages is given up when `CAP_BYTES` wait. The clock is the caller's, in seconds.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from app.realtime.messages import Close, Event, Message, Sound
from audio.pcm import OUTPUT_RATE_HZ

LEAD_S = 2.0
CAP_BYTES = 8 * 2**20
EVENT_COST_BYTES = 500  # an event's usual length; counted, not measured


@dataclass(slots=True)
class Pace:
    """When sound may go: a speaker started at the epoch's first sample and has played in real time since."""

    lead_s: float
    epoch: int | None = None
    start_s: float = 0.0

    def wait_s(self, sound: Sound, now_s: float) -> float:
        """Seconds until this sound is due; 0 if it is."""
        if sound.epoch != self.epoch:
            return 0.0
        return max(0.0, self.start_s + sound.first_sample / OUTPUT_RATE_HZ - self.lead_s - now_s)

    def sent(self, sound: Sound, now_s: float) -> None:
        """Sound that comes late has made the speaker wait: its start moves with it."""
        earliest_s = now_s - sound.first_sample / OUTPUT_RATE_HZ
        self.start_s = earliest_s if sound.epoch != self.epoch else max(self.start_s, earliest_s)
        self.epoch = sound.epoch


class PeerTooSlow(Exception):
    """More messages wait for the peer than the outbox holds."""


class Outbox:
    """A queue with two lanes, one for events and one for sound; one task takes from it."""

    def __init__(self, clock: Callable[[], float], lead_s: float = LEAD_S, cap_bytes: int = CAP_BYTES) -> None:
        self._clock = clock
        self._pace = Pace(lead_s)
        self._cap_bytes = cap_bytes
        self._waiting_bytes = 0
        self._events: deque[Message] = deque()
        self._sound: deque[Message] = deque()
        self._changed = asyncio.Event()

    def put(self, message: Message) -> None:
        """Never waits. Raises PeerTooSlow."""
        self._waiting_bytes += _cost_bytes(message)
        if self._waiting_bytes > self._cap_bytes:
            raise PeerTooSlow
        behind_sound = isinstance(message, Sound) or (isinstance(message, Event) and message.after_sound)
        (self._sound if behind_sound else self._events).append(message)
        self._changed.set()

    def flush(self, epoch: int) -> None:
        """Drops the waiting sound of this epoch and of older ones; events stay."""
        waiting, self._sound = self._sound, deque()
        for message in waiting:
            if isinstance(message, Sound) and message.epoch <= epoch:
                self._waiting_bytes -= _cost_bytes(message)
            else:
                self._sound.append(message)
        self._changed.set()

    async def get(self) -> Message:
        """The next message, once it is due."""
        while True:
            wait_s = self._wait_s()
            if wait_s == 0:
                return self._take()
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()

    def _wait_s(self) -> float | None:
        """Seconds until a message is due; None if there is none."""
        if self._events:
            return 0.0
        if not self._sound:
            return None
        first = self._sound[0]
        return self._pace.wait_s(first, self._clock()) if isinstance(first, Sound) else 0.0

    def _take(self) -> Message:
        message = (self._events or self._sound).popleft()
        self._waiting_bytes -= _cost_bytes(message)
        if isinstance(message, Sound):
            self._pace.sent(message, self._clock())
        return message


def _cost_bytes(message: Message) -> int:
    match message:
        case Sound(pcm=pcm):
            return len(pcm)
        case Event() | Close():
            return EVENT_COST_BYTES
