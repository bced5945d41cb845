"""Input sound: the peer's bytes as 16 kHz samples, and how much has come.

Takes s16le mono at the session's input rate; a changed rate begins a new stream. Knows nothing of sockets.
"""

import numpy as np
from numpy.typing import NDArray

from app.realtime.errors import ProtocolError
from app.realtime.messages import SAMPLE_BYTES
from audio.pcm import INPUT_RATE_HZ, StreamResampler


class InputSound:
    """Turns chunks of bytes into chunks of samples at `INPUT_RATE_HZ`."""

    def __init__(self, rate_hz: int) -> None:
        self._resampler = StreamResampler(rate_hz, INPUT_RATE_HZ)
        self._rate_hz = rate_hz
        self._received_s = 0.0

    @property
    def received_ms(self) -> int:
        """All sound received so far, in milliseconds."""
        return round(self._received_s * 1000)

    def change_rate(self, rate_hz: int) -> None:
        if rate_hz != self._rate_hz:
            self._resampler = StreamResampler(rate_hz, INPUT_RATE_HZ)
            self._rate_hz = rate_hz

    def samples(self, data: bytes) -> NDArray[np.int16]:
        """The chunk at 16 kHz, int16 [samples]. Raises ProtocolError if the bytes are no whole samples."""
        if len(data) % SAMPLE_BYTES:
            raise ProtocolError(
                f"{len(data)} bytes of sound are no whole number of 16-bit samples.",
                code="invalid_audio",
                param="audio",
            )
        self._received_s += len(data) / SAMPLE_BYTES / self._rate_hz
        return self._resampler.push(np.frombuffer(data, "<i2").astype(np.int16, copy=False))
