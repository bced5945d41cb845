"""Sound as arrays of samples: sample formats, mixing down, sample rates, and WAV files in and out.

Inside the package sound is mono int16. It comes in at `INPUT_RATE_HZ` and leaves at `OUTPUT_RATE_HZ`.
"""

from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from audio.errors import EmptyAudio, NotAudio
from audio.wav import decode_wav, encode_wav

INPUT_RATE_HZ = 16_000
OUTPUT_RATE_HZ = 24_000

FULL_SCALE = 32_768
"""An int16 sample of this size would be 1.0."""

QUIET_AMPLITUDE = 32
"""Samples up to this size count as silence: −60 dB."""

Pcm = NDArray[np.int16]
"""Mono samples, shape [samples]."""


def silence(duration_ms: float, rate_hz: int) -> Pcm:
    return np.zeros(round(duration_ms * rate_hz / 1000), np.int16)


def audible(pcm: Pcm) -> tuple[int, int] | None:
    """(the first sample that can be heard, the one after the last); None if all is silence."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > QUIET_AMPLITUDE)
    return (int(loud[0]), int(loud[-1]) + 1) if len(loud) else None


def to_pcm(samples: NDArray[Any]) -> Pcm:
    """Mono int16 from int16 as it is or from floats in [−1, 1], shape [samples] or [samples, channels].

    Channels are averaged. Floats outside the range are clipped, NaN becomes silence. Raises TypeError for other types.
    """
    sound = np.asarray(samples)
    if sound.dtype == np.int16 and sound.ndim == 1:
        return sound
    if sound.dtype == np.int16:
        sound = to_floats(sound)
    if not np.issubdtype(sound.dtype, np.floating):
        raise TypeError(f"sound must be int16 or floats in [-1, 1], not {sound.dtype}")
    finite = np.nan_to_num(sound, nan=0.0, posinf=1.0, neginf=-1.0)
    mono = finite.mean(axis=1) if finite.ndim == 2 else finite
    return np.clip(np.rint(mono * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def to_floats(pcm: Pcm) -> NDArray[np.float32]:
    """The same samples as float32 in [−1, 1)."""
    return np.divide(pcm, FULL_SCALE, dtype=np.float32)


def resample(pcm: Pcm, from_hz: int, to_hz: int) -> Pcm:
    """The whole of a sound at another sample rate."""
    return pcm if from_hz == to_hz else to_pcm(soxr.resample(to_floats(pcm), from_hz, to_hz))


class StreamResampler:
    """Resamples a stream chunk by chunk; the chunks join without a seam."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self.ratio = to_hz / from_hz
        self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16") if from_hz != to_hz else None

    def push(self, pcm: Pcm, last: bool = False) -> Pcm:
        """What can be said of the output so far; `last` flushes the rest and ends the stream."""
        if self._stream is None:
            return pcm
        return np.asarray(self._stream.resample_chunk(np.ascontiguousarray(pcm), last=last), np.int16).reshape(-1)


def read_wav(path: Path | str) -> Pcm:
    """The sound of a WAV file as 16 kHz mono int16, from any rate, channels, and 8–32 bit or float samples.

    Raises NotAudio (missing, not a WAV, damaged, unknown sample format) and EmptyAudio.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as fault:
        raise NotAudio(f"cannot read {path}: {fault.strerror or fault}") from None
    samples, rate_hz = decode_wav(data, str(path))
    if not len(samples):
        raise EmptyAudio(f"{path} is a WAV file without any sound in it; record it again")
    return resample(to_pcm(samples), rate_hz, INPUT_RATE_HZ)


def write_wav(path: Path | str, pcm: Pcm, rate_hz: int) -> None:
    """Writes mono int16 samples as a WAV file. Raises OSError if the place cannot be written."""
    Path(path).write_bytes(encode_wav(to_pcm(pcm), rate_hz))
