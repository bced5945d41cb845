"""Memory that two processes share: a file, in RAM where the system has such a place, mapped by both.

Both sides carve the same arrays in the same order. The side that made it deletes the file when it is done with it.
"""

from __future__ import annotations

import mmap
import tempfile
import weakref
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio.pcm import Pcm

IN_RAM = Path("/dev/shm")
ALIGNMENT = 64  # a cache line: the two sides do not write to the same one


class Memory:
    """Zeroed when made; `path` given: one that another process made."""

    def __init__(self, size_bytes: int = 0, path: Path | None = None) -> None:
        if path is None:
            place = IN_RAM if IN_RAM.is_dir() else None
            with tempfile.NamedTemporaryFile(prefix="sotto-talk-", dir=place, delete=False) as file:
                file.truncate(size_bytes)
            path = Path(file.name)
            weakref.finalize(self, path.unlink, missing_ok=True)
        self.path = path
        with path.open("r+b") as shared:
            self._map = mmap.mmap(shared.fileno(), 0)
        self._used = 0

    def numbers(self, count: int) -> NDArray[np.int64]:
        """The next so many whole numbers."""
        return np.frombuffer(self._map, np.int64, count, self._carve(8 * count))

    def times(self, rows: int, columns: int) -> NDArray[np.float64]:
        """The next table of numbers."""
        return np.frombuffer(self._map, np.float64, rows * columns, self._carve(8 * rows * columns)).reshape(
            rows, columns
        )

    def pcm(self, samples: int) -> Pcm:
        """The next so many samples."""
        return np.frombuffer(self._map, np.int16, samples, self._carve(2 * samples))

    def _carve(self, size_bytes: int) -> int:
        at = self._used
        self._used += -(-size_bytes // ALIGNMENT) * ALIGNMENT
        return at
