"""How faster-whisper is run. Knows nothing of faster-whisper itself, so that settings can be read without it."""

import os
from dataclasses import dataclass

COMPUTE_TYPES = (
    "auto", "int8", "int8_float32", "int8_float16", "int8_bfloat16", "int16", "float16", "bfloat16", "float32",
)  # fmt: skip
MOST_THREADS = 4
"""More help little with one utterance."""


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    """None and "auto" follow from the machine."""

    device: str = "auto"
    """"cpu", "cuda" or "cuda:N"."""
    compute_type: str = "auto"
    """Number format of the network: int8 on a CPU, float16 on a GPU."""
    beam_size: int | None = None
    """Transcripts followed at a time: 1 on a CPU, 5 on a GPU."""
    threads: int | None = None
    """Of a CPU: half of its cores, at most `MOST_THREADS`."""
    share: float | None = None
    """Of one core's time that passes may take, all conversations together. On a CPU a quarter of its cores, at least
    0.5; that on a GPU.
    """

    def __post_init__(self) -> None:
        if self.compute_type not in COMPUTE_TYPES:
            raise ValueError(f"compute_type is {self.compute_type!r}; it should be one of {', '.join(COMPUTE_TYPES)}")
        least = min(number for number in (1, self.beam_size, self.threads) if number is not None)
        if least < 1 or not (self.share is None or self.share > 0):
            raise ValueError("beam_size and threads should be at least 1, and share more than 0")

    @property
    def cpu_threads(self) -> int:
        return self.threads or max(1, min(MOST_THREADS, (os.cpu_count() or 1) // 2))


def beam_size(options: WhisperOptions, device: str) -> int:
    return options.beam_size or (1 if device == "cpu" else 5)


def compute_type(options: WhisperOptions, device: str) -> str:
    if options.compute_type != "auto":
        return options.compute_type
    return "int8" if device == "cpu" else "float16"


def core_share(options: WhisperOptions, device: str) -> float:
    if options.share is not None:
        return options.share
    return max(0.5, (os.cpu_count() or 1) / 4) if device == "cpu" else 0.5
