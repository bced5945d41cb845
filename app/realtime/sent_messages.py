"""Sent messages: the latest of them, for a peer whose network lost some on the way.

The peer says what it has: the number of the latest event, and how far it has the sound. What it lacks is sent again, in
order, but for sound that was flushed meanwhile: it must never be heard. What is kept is bounded. Pure.
"""

from collections import deque
from dataclasses import dataclass

MOST_BYTES = 2 * 2**20
"""43 s of sound as binary messages: longer than a lost network goes unnoticed."""


@dataclass(frozen=True, slots=True, order=True)
class SoundPlace:
    """A place in the sound of all epochs: before this sample of this epoch."""

    epoch: int
    sample: int


@dataclass(frozen=True, slots=True)
class Encoded:
    """A message as it goes over the socket. number: counts all messages of a session, from 1; sound: where it begins,
    of a binary message.
    """

    data: str | bytes
    number: int
    sound: SoundPlace | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """What a peer has: all events up to this number, and all sound before this place."""

    event: int
    sound: SoundPlace

    def lacks(self, message: Encoded) -> bool:
        """Whether the peer has yet to get this."""
        return message.number > self.event if message.sound is None else message.sound >= self.sound


class SentMessages:
    """The latest messages, oldest first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._messages: deque[Encoded] = deque()
        self._bytes = 0

    def add(self, message: Encoded) -> None:
        """One more was sent, or is about to be; the oldest make room."""
        self._messages.append(message)
        self._bytes += len(message.data)
        while self._bytes > self._most_bytes and len(self._messages) > 1:
            self._bytes -= len(self._messages.popleft().data)

    def forget_sound(self, epoch: int) -> None:
        """The sound of this epoch and of older ones is stale."""
        self._messages = deque(one for one in self._messages if one.sound is None or one.sound.epoch > epoch)
        self._bytes = sum(len(one.data) for one in self._messages)

    def lacking(self, received: Received) -> list[Encoded]:
        """What a peer that has so much still lacks."""
        return [message for message in self._messages if received.lacks(message)]
