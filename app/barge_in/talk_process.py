"""`talk` in a terminal of its own, as a user starts it: keys go in, the screen and the events come out."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import RunError

if TYPE_CHECKING:
    from app.barge_in.pulse import Pulse

ROOT = Path(__file__).parents[2]
LOADING_S = 180.0
SETTLE_S = 3.0  # a null sink that was idle has to come down from a long latency first
POLL_S = 0.05
END_S = 30.0
TALK = ("launch.py", "talk")
LoggedEvent = dict[str, Any]


class TalkProcess:
    """program: what is started, with `options` behind it; it must write its events to a file. before: the terminal's
    attributes at first.
    """

    def __init__(self, pulse: Pulse, events: Path, *options: str, program: Sequence[str] = TALK) -> None:
        self.screen = b""
        self._file, self._taken, self._events = events, 0, list[LoggedEvent]()
        self._terminal, inside = pty.openpty()
        self.before = termios.tcgetattr(self._terminal)
        words = [sys.executable, *program, "--events", str(events), "--threads", "1", *options]
        environment = {**pulse.environment, "OMP_NUM_THREADS": "1", "TERM": "xterm-256color", "COLUMNS": "100"}
        self.process = subprocess.Popen(
            words, cwd=ROOT, env=environment, stdin=inside, stdout=inside, stderr=inside, start_new_session=True
        )
        os.close(inside)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_until_it_listens(self) -> None:
        """Loading takes a while."""
        self.wait_for(lambda: b"q quit" in self.screen, LOADING_S, "the client did not start")
        time.sleep(SETTLE_S)

    def press(self, keys: str) -> None:
        """As if the user did."""
        os.write(self._terminal, keys.encode())

    @property
    def attributes(self) -> list[Any]:
        """The terminal's, now."""
        return termios.tcgetattr(self._terminal)

    @property
    def events(self) -> list[LoggedEvent]:
        """All so far, as the event log writes them. Reads only what is new."""
        if self._file.exists():
            with self._file.open("rb") as file:
                file.seek(self._taken)
                lines = file.read()
            whole = lines.rfind(b"\n") + 1
            self._taken += whole
            self._events += [json.loads(line) for line in lines[:whole].splitlines()]
        return self._events

    def of(self, kind: str) -> list[LoggedEvent]:
        """Those of one type."""
        return [event for event in self.events if event["type"] == kind]

    def wait_for(self, condition: Callable[[], object], timeout_s: float, failed: str) -> None:
        """Raises RunError, with the end of the screen, if it does not come true in time or the client ends."""
        until_s = time.monotonic() + timeout_s
        while not condition():
            if self.process.poll() is not None:
                self._reader.join(1)
                raise RunError(f"talk ended by itself (exit code {self.process.returncode}): {self._seen()}")
            if time.monotonic() > until_s:
                raise RunError(f"{failed} within {timeout_s:g} s; its screen: {self._seen()}")
            time.sleep(POLL_S)

    def close(self) -> None:
        """End it, by force if it must be."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(END_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        os.close(self._terminal)

    def _seen(self) -> str:
        return self.screen[-2000:].decode(errors="replace").strip()

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._terminal, 65_536)
            except OSError:
                return
            if not piece:
                return
            self.screen += piece
