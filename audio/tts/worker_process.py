"""One life of a synthesiser's worker process, and who waits for what it says.

The process is a fresh interpreter (never a fork), connected by two pipes, so it needs no locks or shared memory that
could outlive it, and does not care what the main program is. Two threads read and write, so that nobody who speaks or
cancels ever waits for it. The owner's death ends it too, because its standard input ends.
"""

import os
import queue
import subprocess
import sys
import threading
import weakref
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from audio.errors import SynthesizerUnavailable
from audio.tts.worker_protocol import Kind, Message, receive, send

END_TIMEOUT_S = 2.0
PACKAGE_PARENT = Path(__file__).resolve().parents[2]

Inbox = queue.SimpleQueue[Message | None]
"""What one stream gets from the process; None says that the process has died."""
Outbox = queue.SimpleQueue[Message | None]


@dataclass(frozen=True, slots=True)
class WorkerCommand:
    """Which process to start, and how long to wait for it."""

    name: str
    """As messages call it."""
    module: str
    arguments: tuple[str, ...]
    start_timeout_s: float
    silent_timeout_s: float
    """A process that owes sound and says nothing for so long is taken to hang."""
    repeats_itself: bool
    """Whether the same text gives the same sound, but for some samples."""


class Inboxes:
    """Which stream waits for which utterance. Shared with the reading thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._boxes: dict[int, Inbox] = {}
        self._closed = False
        self.delivered = 0

    def open(self, utterance: int) -> Inbox:
        box: Inbox = queue.SimpleQueue()
        with self._lock:
            if self._closed:
                box.put(None)
            else:
                self._boxes[utterance] = box
        return box

    @property
    def closed(self) -> bool:
        with self._lock:
            return self._closed

    def deliver(self, message: Message) -> None:
        with self._lock:
            self.delivered += 1
            box = self._boxes.get(message.utterance)
            if message.kind is not Kind.SOUND:
                self._boxes.pop(message.utterance, None)
        if box is not None:
            box.put(message)

    def close(self) -> None:
        """Tells everybody who waits that nothing more will come."""
        with self._lock:
            self._closed = True
            boxes, self._boxes = list(self._boxes.values()), {}
        for box in boxes:
            box.put(None)


class Utterance(NamedTuple):
    """One text that one process was told to speak."""

    process: "WorkerProcess"
    number: int
    inbox: Inbox


class WorkerProcess:
    """Starts the process; `wait_until_ready` must be called next. Raises SynthesizerUnavailable."""

    def __init__(self, command: WorkerCommand) -> None:
        self.command = command
        self._numbers = 0
        self._numbering = threading.Lock()
        self._hung = False
        self._process = _spawn(command)
        self._inboxes = Inboxes()
        self._ready = self._inboxes.open(0)
        self._outbox: Outbox = queue.SimpleQueue()
        assert self._process.stdin is not None and self._process.stdout is not None
        threads = (
            threading.Thread(target=_read, args=(self._process.stdout, self._inboxes), daemon=True),
            threading.Thread(target=_write, args=(self._process.stdin, self._outbox), daemon=True),
        )
        for thread in threads:
            thread.start()
        self.close = weakref.finalize(self, _end, self._process, self._outbox, threads)
        """Ends the process; harmless when repeated."""
        self.voice_rate_hz = 0
        self.description = ""

    @property
    def alive(self) -> bool:
        """A process whose pipe has ended is lost, even if the system has not noticed its death yet."""
        return not self._inboxes.closed and self._process.poll() is None

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def delivered(self) -> int:
        """How many messages have come from it: if this stands still, the process does."""
        return self._inboxes.delivered

    def wait_until_ready(self) -> None:
        """Until the voice is loaded. Raises SynthesizerUnavailable, and then the process is gone."""
        try:
            message = self._ready.get(timeout=self.command.start_timeout_s)
        except queue.Empty:
            self.kill()
            self.close()
            raise SynthesizerUnavailable(
                f"{self.command.name}'s process did not start within {self.command.start_timeout_s:.0f} s; "
                "is the machine overloaded?"
            ) from None
        if message is not None and message.kind is Kind.READY:
            rate, _, self.description = message.body.decode(errors="replace").partition(" ")
            self.voice_rate_hz = int(rate)
            return
        self.close()
        if message is not None:
            raise SynthesizerUnavailable(message.body.decode(errors="replace"))
        by_hand = " ".join(("python -m", self.command.module, *map(repr, self.command.arguments)))
        raise SynthesizerUnavailable(f"{self.command.name}'s process ended at once, {self.cause}; run: {by_hand}")

    def speak(self, text: str) -> Utterance:
        """Begins an utterance. Never blocks."""
        with self._numbering:
            self._numbers += 1
            number = self._numbers
        inbox = self._inboxes.open(number)
        self._outbox.put(Message(Kind.SPEAK, number, text.encode(errors="replace")))
        return Utterance(self, number, inbox)

    def cancel(self, number: int) -> None:
        """Never blocks. A process that is gone is not an error here: its end reaches every inbox."""
        self._outbox.put(Message(Kind.CANCEL, number))

    def give_up(self) -> None:
        """It hangs: kills it, and tells everybody who waits, even if the system is slow to end it."""
        self._hung = True
        self.kill()
        self._inboxes.close()

    def kill(self) -> None:
        self._process.kill()

    @property
    def cause(self) -> str:
        """What ended it, after the end."""
        if self._hung:
            return f"it said nothing for {self.command.silent_timeout_s:g} s"
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_TIMEOUT_S)
        status = self._process.returncode
        return f"killed by signal {-status}" if status is not None and status < 0 else f"with status {status}"


def _spawn(command: WorkerCommand) -> "subprocess.Popen[bytes]":
    paths = [str(PACKAGE_PARENT), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", command.module, *command.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
    except OSError as fault:
        raise SynthesizerUnavailable(f"cannot start {command.name}'s process with {sys.executable}: {fault}") from None


def _read(pipe: IO[bytes], inboxes: Inboxes) -> None:
    """The reading thread: holds no reference to the process's owner, so that this can be collected."""
    try:
        while (message := receive(pipe)) is not None:
            inboxes.deliver(message)
    finally:
        inboxes.close()


def _write(pipe: IO[bytes], outbox: Outbox) -> None:
    """The writing thread: ends with the process, or when told to end it."""
    with suppress(OSError, ValueError):
        while (message := outbox.get()) is not None:
            send(pipe, message)
    with suppress(OSError):
        pipe.close()


def _end(process: "subprocess.Popen[bytes]", outbox: Outbox, threads: tuple[threading.Thread, ...]) -> None:
    """Ends the process and what belongs to it. Runs once: on close, when the owner is collected, or at exit."""
    assert process.stdout is not None
    outbox.put(None)
    try:
        process.wait(END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for thread in threads:
        thread.join(END_TIMEOUT_S)
    process.stdout.close()
