"""One resident Node process that answers lines with lines. It knows nothing of formulas but the names of the fields.

Nobody waits for it to start, and nobody waits longer than a time limit for an answer: who gets none is told why.
"""

import json
import os
import queue
import subprocess
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

SCRIPT = Path(__file__).with_name("speech_rule_engine.js")
END_TIMEOUT_S = 1.0
HUNG_AFTER_S = 5.0
"""A late answer is dropped; a process that has not answered for so long is lost."""


class NoAnswer(Exception):
    """The process gave no answer; the message says why."""


class NodeProcess:
    """One life of the process. One question at a time; `ask` may be called from any thread."""

    def __init__(self, node: str, folder: Path, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._process = subprocess.Popen(
            [node, str(SCRIPT), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"NODE_OPTIONS": ""},
        )
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._asking = threading.Lock()
        self._number = 0
        self._ready = False
        self._unanswered_since_s: float | None = None
        assert self._process.stdout is not None
        reader = threading.Thread(
            target=_read, args=(self._process.stdout, self._answers), name="speech-rule-engine", daemon=True
        )
        reader.start()
        self.lost: str | None = None
        """Why nothing more will come from this process."""
        self.end = weakref.finalize(self, _end, self._process, reader)

    @property
    def process_id(self) -> int:
        return self._process.pid

    def ask(self, mathml: str, within_s: float) -> str:
        """The answer's `speech`. Raises NoAnswer after `within_s` seconds at the latest, at once while it starts."""
        if not self._asking.acquire(timeout=within_s):
            raise NoAnswer("it is busy")
        try:
            return self._ask(mathml, within_s)
        finally:
            self._asking.release()

    def wait_until_ready(self, within_s: float) -> None:
        """For tests and measurements; speech does not wait. Raises NoAnswer."""
        with self._asking:
            if not self._ready:
                self._note(self._next(within_s))

    def _ask(self, mathml: str, within_s: float) -> str:
        while not self._ready:
            self._note(self._next(0))
        if self._unanswered_since_s is not None and self._clock() - self._unanswered_since_s > HUNG_AFTER_S:
            self.lost = "it hangs"
            raise NoAnswer(self.lost)
        self._number += 1
        self._send({"id": self._number, "mathml": mathml})
        while True:
            answer = self._next(within_s)
            self._unanswered_since_s = None
            if answer.get("id") != self._number:
                continue
            if "speech" not in answer:
                raise NoAnswer(str(answer.get("error")))
            return str(answer["speech"])

    def _next(self, within_s: float) -> dict[str, Any]:
        try:
            answer = self._answers.get(timeout=within_s) if within_s else self._answers.get_nowait()
        except queue.Empty:
            if not self._ready:
                raise NoAnswer("it is still starting") from None
            if self._unanswered_since_s is None:
                self._unanswered_since_s = self._clock()
            raise NoAnswer(f"it took longer than {within_s:g} s") from None
        if answer is None:
            self.lost = self.lost or "its process has ended"
            raise NoAnswer(self.lost)
        return answer

    def _note(self, message: dict[str, Any]) -> None:
        if "error" in message:
            self.lost = f"it could not be loaded: {message['error']}"
            raise NoAnswer(self.lost)
        self._ready = "ready" in message

    def _send(self, question: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
        except (OSError, ValueError):
            self.lost = "its process has ended"
            raise NoAnswer(self.lost) from None


def _read(pipe: IO[bytes], answers: "queue.SimpleQueue[dict[str, Any] | None]") -> None:
    """The reading thread: holds no reference to the process's owner, so that this can be collected."""
    with suppress(ValueError, OSError):
        for line in pipe:
            with suppress(ValueError):
                message = json.loads(line)
                if isinstance(message, dict):
                    answers.put(message)
    answers.put(None)


def _end(process: "subprocess.Popen[bytes]", reader: threading.Thread) -> None:
    """Runs once: when asked, when the owner is collected, or at exit."""
    assert process.stdin is not None and process.stdout is not None
    process.kill()
    process.wait()
    with suppress(OSError):
        process.stdin.close()
    reader.join(END_TIMEOUT_S)
    process.stdout.close()
