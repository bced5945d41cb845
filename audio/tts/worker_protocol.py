"""Messages between a synthesiser's worker process and the process that owns it.

Both directions carry framed messages over a pipe: one byte that says what it is, the number of the utterance it belongs
to, the length of the body, the body. End of file means that the other side is gone. Imports nothing that takes time.
"""

import os
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import IO, NamedTuple

_HEADER = struct.Struct("<BII")
_SOUND = struct.Struct("<I?")
_WORD = struct.Struct("<IIi")


class Kind(IntEnum):
    READY = 1
    """worker → owner: the voice is loaded; body: sample rate in Hz, and after a space what was loaded, as text."""
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
    FAILED = 7
    """worker → owner: the utterance cannot be spoken (on), another can; body: why."""


class SpokenWord(NamedTuple):
    """A word event: code points of the text, and the sample of the whole sound at which the word begins."""

    text_start: int
    text_length: int
    sample: int


class Message(NamedTuple):
    kind: Kind
    utterance: int = 0
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Sound:
    """Body of a SOUND message; samples are little-endian int16 at the voice's own rate."""

    words: tuple[SpokenWord, ...]
    samples: bytes
    estimated: bool = False
    """Whether the places of the words are only an estimate."""

    def encode(self) -> bytes:
        head = _SOUND.pack(len(self.words), self.estimated)
        return head + b"".join(_WORD.pack(*word) for word in self.words) + self.samples

    @staticmethod
    def decode(body: bytes) -> "Sound":
        count, estimated = _SOUND.unpack_from(body)
        samples_start = _SOUND.size + count * _WORD.size
        words: Iterable[tuple[int, int, int]] = _WORD.iter_unpack(body[_SOUND.size : samples_start])
        return Sound(tuple(SpokenWord(*word) for word in words), body[samples_start:], estimated)


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


def private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """(commands, sound): the worker's pipes from and to its owner, out of reach of libraries.

    Whatever a library prints goes to standard error, and one that asks on standard input finds it at its end.
    """
    commands = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    sound = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())
    os.close(nothing)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return commands, sound
