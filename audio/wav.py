"""The WAV container: RIFF chunks, and the sample formats that occur in them.

Written here because the standard library's `wave` reads neither float samples nor (before Python 3.12) the extensible
header that most recorders write for more than 16 bits.
Source: Microsoft, "Multiple channel audio data and WAVE files".
"""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.errors import NotAudio

INTEGERS, FLOATS, EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
FORMAT_NAMES = {0x0002: "ADPCM", 0x0006: "A-law", 0x0007: "mu-law", 0x0055: "MP3"}
MAX_RATE_HZ = 768_000
CONVERT = "convert it with: ffmpeg -i INPUT -ar 16000 -ac 1 OUTPUT.wav"


def encode_wav(pcm: NDArray[np.int16], rate_hz: int) -> bytes:
    """A mono 16-bit WAV file."""
    body = np.ascontiguousarray(pcm, "<i2").tobytes()
    form = struct.pack("<HHIIHH", INTEGERS, 1, rate_hz, rate_hz * 2, 2, 16)
    chunks = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def decode_wav(data: bytes, name: str) -> tuple[NDArray[np.float32], int]:
    """(samples in [−1, 1], shape [samples, channels]; rate in Hz). `name` is what error messages call the file.

    A file cut off in the middle gives the samples that are there. Raises NotAudio.
    """
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise NotAudio(f"{name} is not a WAV file ({_what_it_looks_like(data)}); {CONVERT}")
    form: bytes | None = None
    for kind, body in _chunks(data):
        if kind == b"fmt ":
            form = body
        elif kind == b"data":
            if form is None:
                raise NotAudio(f"{name} is a damaged WAV file: its sound comes before its format; {CONVERT}")
            return _samples(form, body, name)
    raise NotAudio(f"{name} is a damaged WAV file: it has no data chunk; {CONVERT}")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 12
    while position + 8 <= len(data):
        kind, size = data[position : position + 4], struct.unpack_from("<I", data, position + 4)[0]
        yield kind, data[position + 8 : position + 8 + size]
        position += 8 + size + size % 2


def _samples(form: bytes, body: bytes, name: str) -> tuple[NDArray[np.float32], int]:
    if len(form) < 16:
        raise NotAudio(f"{name} is a damaged WAV file: its format chunk has {len(form)} bytes; {CONVERT}")
    coding, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if coding == EXTENSIBLE and len(form) >= 26:
        coding = struct.unpack_from("<H", form, 24)[0]
    if not 1 <= channels <= 64 or not 1 <= rate_hz <= MAX_RATE_HZ:
        raise NotAudio(f"{name} is a damaged WAV file: {channels} channels at {rate_hz} Hz; {CONVERT}")
    frame_bytes = channels * bits // 8
    whole = body[: len(body) // frame_bytes * frame_bytes] if frame_bytes else b""
    return _scaled(coding, bits, whole, name).reshape(-1, channels), rate_hz


def _scaled(coding: int, bits: int, body: bytes, name: str) -> NDArray[np.float32]:
    """Samples of one format as floats in [−1, 1], channels still interleaved."""
    sound: NDArray[Any]
    match coding, bits:
        case 0x0001, 8:
            sound = (np.frombuffer(body, np.uint8).astype(np.float32) - 128) / 128
        case 0x0001, 16:
            sound = np.frombuffer(body, "<i2") / 2**15
        case 0x0001, 24:
            low_byte_empty = np.zeros((len(body) // 3, 4), np.uint8)
            low_byte_empty[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
            sound = low_byte_empty.view("<i4").reshape(-1) / 2**31
        case 0x0001, 32:
            sound = np.frombuffer(body, "<i4") / 2**31
        case 0x0003, 32 | 64:
            sound = np.frombuffer(body, f"<f{bits // 8}")
        case _:
            coded = FORMAT_NAMES.get(coding, f"format {coding:#06x}")
            raise NotAudio(f"{name} holds {bits}-bit {coded} samples, which cannot be read; {CONVERT}")
    return sound.astype(np.float32)


def _what_it_looks_like(data: bytes) -> str:
    starts = {b"ID3": "an MP3", b"OggS": "an Ogg file", b"fLaC": "a FLAC file", b"\x1aE\xdf\xa3": "a WebM file"}
    known = [what for start, what in starts.items() if data.startswith(start)]
    if known:
        return f"it looks like {known[0]}"
    return "it is empty" if not data else f"it starts with {data[:4]!r}"
