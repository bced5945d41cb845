"""FLAC files of mono 16-bit sound at 16 kHz, through PyAV, which faster-whisper brings along. Nothing is lost."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np

from app.errors import InputError
from audio.pcm import INPUT_RATE_HZ, Pcm


def write_flac(path: Path, sound: Pcm) -> None:
    """Raises OSError if the place cannot be written."""
    data = io.BytesIO()
    with av.open(data, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=INPUT_RATE_HZ, layout="mono", format="s16")
        frame = av.AudioFrame.from_ndarray(sound[None], format="s16", layout="mono")
        frame.sample_rate = INPUT_RATE_HZ
        container.mux([*stream.encode(frame), *stream.encode(None)])
    path.write_bytes(data.getvalue())


def read_flac(path: Path) -> Pcm:
    """Raises InputError for a file that is missing or something else."""
    try:
        with av.open(str(path)) as container:
            frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    except (av.FFmpegError, OSError, IndexError) as fault:
        raise InputError(f"cannot read {path} as FLAC: {fault}") from None
    if not frames or any(frame.dtype != np.int16 for frame in frames):
        raise InputError(f"cannot read {path} as FLAC: it does not hold 16-bit sound")
    return np.concatenate([frame.reshape(-1) for frame in frames])
