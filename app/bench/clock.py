"""Time and bandwidth on a device, as a bench takes them.

On one CPU thread it is the process's own CPU time, because other programs share the machine and wall time would measure
them too; on several threads or a GPU it is wall time, with the device waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

READ_BYTES = {"cpu": 2**28, "cuda": 2**31}
TRIES = 5


def elapsed_ms(work: Callable[[], object], device: torch.device) -> float:
    """How long the work takes, in milliseconds."""
    clock = time.process_time if device.type == "cpu" and torch.get_num_threads() == 1 else time.perf_counter
    _wait(device)
    started = clock()
    work()
    _wait(device)
    return (clock() - started) * 1000


def bandwidth_bytes_per_s(device: torch.device) -> float:
    """How fast the memory is read: the best of a few passes over more than the caches hold."""
    size = READ_BYTES.get(device.type, READ_BYTES["cpu"])
    stored = torch.ones(size // 4, dtype=torch.float32, device=device)
    return 1000 * size / min(elapsed_ms(stored.sum, device) for _ in range(TRIES))


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
