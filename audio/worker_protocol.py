"""Messages between the synthesiser's worker process and the process that owns it.

Both directions carry framed messages over a pipe: one byte that says what it is, the number of the utterance it belongs
to, the length of the body, the body. End of file means that the other side is gone.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import IO, NamedTuple

from audio.espeak import SpokenWord

_HEADER = struct.Struct("<BII")
_COUNT = struct.Struct("<I")
_WORD = struct.Struct("<IIi")


class Kind(IntEnum):
    READY = 1
    """worker → owner: the voice is loaded; body: sample rate in Hz as text."""
    REFUSED = 2
    """worker → owner: the voice cannot be loaded; body: why."""
    SPEAK = 3
    """owner → worker; body: the text."""
    CANCEL = 4
    """owner → worker: stop this utterance, or do not begin it."""
    SOUND = 5
    """worker → owner: words and samples."""
    DONE = 6
    """worker → owner: the utterance is complete, or was cancelled."""


class Message(NamedTuple):
    kind: Kind
    utterance: int = 0
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Sound:
    """Body of a SOUND message; samples are little-endian int16 at the voice's own rate."""

    words: tuple[SpokenWord, ...]
    samples: bytes

    def encode(self) -> bytes:
        return _COUNT.pack(len(self.words)) + b"".join(_WORD.pack(*word) for word in self.words) + self.samples

    @staticmethod
    def decode(body: bytes) -> "Sound":
        (count,) = _COUNT.unpack_from(body)
        samples_start = _COUNT.size + count * _WORD.size
        words: Iterable[tuple[int, int, int]] = _WORD.iter_unpack(body[_COUNT.size : samples_start])
        return Sound(tuple(SpokenWord(*word) for word in words), body[samples_start:])


def send(pipe: IO[bytes], message: Message) -> None:
    """Writes one message and flushes. Raises OSError or ValueError when the other side or the pipe is gone."""
    pipe.write(_HEADER.pack(message.kind, message.utterance, len(message.body)) + message.body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Message | None:
    """The next message; None when the other side is gone."""
    header = pipe.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    kind, utterance, length = _HEADER.unpack(header)
    body = pipe.read(length)
    return Message(Kind(kind), utterance, body) if len(body) == length else None
