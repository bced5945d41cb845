"""The espeak-ng synthesiser: a worker process that speaks, and the object that owns it.

The process is a fresh interpreter (never a fork), connected by two pipes, so it needs no locks or shared memory that
could outlive it, and does not care what the main program is. If it dies it is replaced once per phrase, and the phrase
goes on where it broke off. The owner's death ends it too, because its standard input ends.
"""

import os
import queue
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import numpy as np

from audio.errors import SynthesizerDied, SynthesizerUnavailable
from audio.pcm import OUTPUT_RATE_HZ
from audio.shaping import Shaping
from audio.tts import SpeechChunk
from audio.worker_protocol import Kind, Message, Sound, receive, send

START_TIMEOUT_S = 20.0
END_TIMEOUT_S = 2.0
PACKAGE_PARENT = Path(__file__).resolve().parent.parent

Inbox = queue.SimpleQueue[Message | None]
"""What one stream gets from the process; None says that the process has died."""


class Inboxes:
    """Which stream waits for which utterance. Shared with the reading thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._boxes: dict[int, Inbox] = {}
        self._closed = False

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


class WorkerProcess:
    """One life of the worker process. Raises SynthesizerUnavailable if it does not come up."""

    def __init__(self, voice: str, rate_wpm: int) -> None:
        self._numbers = 0
        self._sending = threading.Lock()
        self._process = _spawn(voice, rate_wpm)
        self._inboxes = Inboxes()
        ready = self._inboxes.open(0)
        assert self._process.stdout is not None
        self._reader = threading.Thread(
            target=_read, args=(self._process.stdout, self._inboxes), name="espeak-reader", daemon=True
        )
        self._reader.start()
        self.close = weakref.finalize(self, _end, self._process, self._reader)
        self.voice_rate_hz = self._wait_until(ready)

    @property
    def alive(self) -> bool:
        """A process whose pipe has ended is lost, even if the system has not noticed its death yet."""
        return not self._inboxes.closed and self._process.poll() is None

    @property
    def process_id(self) -> int:
        return self._process.pid

    def speak(self, text: str) -> tuple[int, Inbox]:
        """Begins an utterance; returns its number and where its messages will arrive."""
        with self._sending:
            self._numbers += 1
            utterance = self._numbers
        inbox = self._inboxes.open(utterance)
        self._send(Message(Kind.SPEAK, utterance, text.encode(errors="replace")))
        return utterance, inbox

    def cancel(self, utterance: int) -> None:
        self._send(Message(Kind.CANCEL, utterance))

    def _send(self, message: Message) -> None:
        """A process that is gone is not an error here: its end reaches every inbox."""
        assert self._process.stdin is not None
        with self._sending, suppress(OSError, ValueError):
            send(self._process.stdin, message)

    def _wait_until(self, ready: Inbox) -> int:
        try:
            message = ready.get(timeout=START_TIMEOUT_S)
        except queue.Empty:
            self.close()
            raise SynthesizerUnavailable(
                f"espeak-ng's process did not start within {START_TIMEOUT_S:.0f} s; is the machine overloaded?"
            ) from None
        if message is not None and message.kind is Kind.READY:
            return int(message.body)
        self.close()
        if message is not None:
            raise SynthesizerUnavailable(message.body.decode())
        raise SynthesizerUnavailable(
            f"espeak-ng's process ended at once with status {self._process.returncode}; "
            "run: python -m audio.espeak_process en-us 165"
        )


class EspeakStream(Iterator[SpeechChunk]):
    """The sound of one phrase. One thread iterates; any thread may cancel."""

    def __init__(self, owner: "EspeakSynthesizer", text: str) -> None:
        self._owner = owner
        self._text = text
        self._cancelled = False
        self._finished = False
        self._replaced = False
        self._voice_samples = self._words = 0
        """How much has arrived: a replacement process repeats the phrase from its start, this much is skipped."""
        self._process, self._utterance, self._inbox = owner._begin(text)
        self._skip_samples = self._skip_words = 0
        self._shaping = Shaping(text, self._process.voice_rate_hz)

    def cancel(self) -> None:
        self._cancelled = True
        self._process.cancel(self._utterance)
        self._inbox.put(Message(Kind.CANCEL))

    def __next__(self) -> SpeechChunk:
        while not (self._cancelled or self._finished):
            chunk = self._take(self._inbox.get())
            if chunk is not None:
                return chunk
        self._owner._ended(self)
        raise StopIteration

    def _take(self, message: Message | None) -> SpeechChunk | None:
        if message is None:
            self._replace_process()
            return None
        if message.kind is Kind.CANCEL:
            return None
        if message.kind is Kind.DONE:
            self._finished = True
            return self._shaping.finish()
        assert message.kind is Kind.SOUND, message.kind
        sound = Sound.decode(message.body)
        pcm = np.frombuffer(sound.samples, "<i2").astype(np.int16, copy=False)
        words = [(word.text_start, word.sample) for word in sound.words]
        fresh_pcm, fresh_words = pcm[self._skip_samples :], words[self._skip_words :]
        self._skip_samples -= len(pcm) - len(fresh_pcm)
        self._skip_words -= len(words) - len(fresh_words)
        self._voice_samples += len(fresh_pcm)
        self._words += len(fresh_words)
        return self._shaping.push(fresh_pcm, fresh_words)

    def _replace_process(self) -> None:
        if self._replaced:
            self._owner._ended(self)
            self._finished = True
            raise SynthesizerDied(
                f"espeak-ng's process ended twice while it spoke {self._text[:60]!r}; try another voice or text"
            )
        self._replaced = True
        self._process, self._utterance, self._inbox = self._owner._begin(self._text)
        self._skip_samples, self._skip_words = self._voice_samples, self._words


class EspeakSynthesizer:
    """`Synthesizer` by espeak-ng in a process of its own. Raises SynthesizerUnavailable."""

    name = "espeak-ng"
    sample_rate_hz = OUTPUT_RATE_HZ

    def __init__(self, voice: str = "en-us", rate_wpm: int = 165) -> None:
        self._voice, self._rate_wpm = voice, rate_wpm
        self._lock = threading.Lock()
        self._streams: weakref.WeakSet[EspeakStream] = weakref.WeakSet()
        self._closed = False
        self._process = WorkerProcess(voice, rate_wpm)

    @property
    def process_id(self) -> int:
        return self._process.process_id

    def stream(self, text: str) -> EspeakStream:
        stream = EspeakStream(self, text)
        with self._lock:
            self._streams.add(stream)
        return stream

    def cancel(self) -> None:
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            stream.cancel()

    def close(self) -> None:
        self._closed = True
        self.cancel()
        self._process.close()

    def __enter__(self) -> "EspeakSynthesizer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self, text: str) -> tuple[WorkerProcess, int, Inbox]:
        """Begins an utterance in the worker process, a new one if the last has died."""
        with self._lock:
            if self._closed:
                raise SynthesizerUnavailable("the synthesiser has been closed")
            if not self._process.alive:
                self._process.close()
                self._process = WorkerProcess(self._voice, self._rate_wpm)
            process = self._process
        return process, *process.speak(text)

    def _ended(self, stream: EspeakStream) -> None:
        with self._lock:
            self._streams.discard(stream)


def _spawn(voice: str, rate_wpm: int) -> "subprocess.Popen[bytes]":
    paths = [str(PACKAGE_PARENT), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "audio.espeak_process", voice, str(rate_wpm)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
    except OSError as fault:
        raise SynthesizerUnavailable(f"cannot start espeak-ng's process with {sys.executable}: {fault}") from None


def _read(pipe: IO[bytes], inboxes: Inboxes) -> None:
    """The reading thread: holds no reference to the process's owner, so that this can be collected."""
    try:
        while (message := receive(pipe)) is not None:
            inboxes.deliver(message)
    finally:
        inboxes.close()


def _end(process: "subprocess.Popen[bytes]", reader: threading.Thread) -> None:
    """Ends the process and what belongs to it. Runs once: on close, when the owner is collected, or at exit."""
    assert process.stdin is not None and process.stdout is not None
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    reader.join(END_TIMEOUT_S)
    process.stdout.close()
