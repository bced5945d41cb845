"""Messages on their way out: JSON events, and sound that stays bytes until the socket's format is known.

Sound may travel as base64 in the API's JSON or as one binary message:

    bytes 0–3   epoch, unsigned, little endian
    bytes 4–7   index of the first sample within the epoch, unsigned, little endian
    bytes 8–    samples, 24 kHz mono s16le

A binary message to the server is bare s16le samples at the session's input rate.
"""

import base64
import struct
from dataclasses import dataclass
from typing import Any

BINARY_HEADER = struct.Struct("<II")
SAMPLE_BYTES = 2

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One JSON event. Events overtake sound that waits for its time, unless `after_sound`."""

    body: Json
    after_sound: bool = False


@dataclass(frozen=True, slots=True)
class Sound:
    """Sound of one epoch; `body` is its JSON event without the samples."""

    body: Json
    epoch: int
    first_sample: int
    pcm: bytes

    @property
    def samples(self) -> int:
        return len(self.pcm) // SAMPLE_BYTES

    def as_binary(self) -> bytes:
        return BINARY_HEADER.pack(self.epoch, self.first_sample) + self.pcm

    def as_json(self) -> Json:
        return self.body | {"delta": base64.b64encode(self.pcm).decode("ascii")}


@dataclass(frozen=True, slots=True)
class Close:
    """The end of the connection, with a WebSocket close code."""

    code: int
    reason: str


Message = Event | Sound | Close
