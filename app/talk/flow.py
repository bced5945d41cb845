"""What goes between the sound card's process and ours besides the playback: how devices are wanted, what they turned
out to be, and the memory in which the microphone's sound comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.talk.devices import Device
from app.talk.memory import Memory
from app.talk.ring import COUNTERS_BYTES, SoundRing

RING_SAMPLES = 4 * 48_000


@dataclass(frozen=True, slots=True)
class WantedDevices:
    """What the user asks for. buffer_s: of sound in the devices' buffers; copies: whether what is played is kept."""

    input: str | None
    output: str | None
    buffer_s: float
    copies: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """How a device is opened."""

    device: Device
    rate_hz: int
    channels: int


class Flow:
    """heard: what the microphone brings, at its rate; copied: what the loudspeaker was given, silence included; calls:
    of the microphone's callback and of the loudspeaker's.
    """

    def __init__(self, path: Path | None = None) -> None:
        """path: of the memory another process made."""
        self.memory = Memory(2 * (2 * RING_SAMPLES + COUNTERS_BYTES) + COUNTERS_BYTES, path)
        self.heard = SoundRing(RING_SAMPLES, self.memory)
        self.copied = SoundRing(RING_SAMPLES, self.memory)
        self.calls = self.memory.numbers(2)
