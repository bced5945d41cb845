"""Equality of formulas by math-verify, in a process of its own that is ended when it takes too long.

math-verify's own limit is an alarm signal: it needs the main thread and is not heard inside long arithmetic. The
process is a fresh interpreter, so it works from any thread and beside any other; it starts with the first formula.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from app.errors import RunError

LIMIT_S = 5.0
START_LIMIT_S = 60.0
PACKAGE_PARENT = Path(__file__).resolve().parents[2]

log = logging.getLogger(__name__)


class MathChecker:
    """Raises RunError if the process does not start. Not to be used by two threads at once."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def equal(self, formula: str, answer: str) -> bool:
        """Whether the answer gives what is equal to the formula; what takes too long is not."""
        if self._process is None:
            self._process = self._start()
        found = self._ask(self._process, json.dumps([formula, answer]))
        if found is None:
            log.warning("comparing with %r took too long, or failed; counted as not equal", formula)
            self.close()
        return found == "true"

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            assert process.stdin is not None
            with suppress(OSError):
                process.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _start(self) -> subprocess.Popen[str]:
        paths = [str(PACKAGE_PARENT), *filter(None, [os.environ.get("PYTHONPATH")])]
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "app.evaluation.math_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"},
        )
        assert process.stdout is not None
        self._lines = queue.SimpleQueue()
        threading.Thread(target=_read, args=(process.stdout, self._lines), daemon=True).start()
        if self._next_line(START_LIMIT_S) is None:
            process.kill()
            process.wait()
            raise RunError("the process that compares formulas (math-verify) does not start; see: launch.py doctor")
        return process

    def _ask(self, process: subprocess.Popen[str], line: str) -> str | None:
        assert process.stdin is not None
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
        except OSError:  # it has died
            return None
        return self._next_line(self._limit_s)

    def _next_line(self, limit_s: float) -> str | None:
        try:
            return self._lines.get(timeout=limit_s)
        except queue.Empty:
            return None


def _read(pipe: IO[str], lines: queue.SimpleQueue[str | None]) -> None:
    with pipe:
        for line in pipe:
            lines.put(line.strip())
    lines.put(None)
