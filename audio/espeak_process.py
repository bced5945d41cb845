"""The synthesiser's worker process: `python -m audio.espeak_process VOICE RATE_WPM`.

Reads commands from its standard input and writes sound to its standard output (see `audio.worker_protocol`). One
thread reads, so that a cancel takes effect while the main thread speaks. Ends when its input ends, that is, with its
owner. Interrupts from the keyboard are the owner's business.
"""

import os
import queue
import signal
import sys
import threading
from typing import IO

from audio.errors import SynthesizerUnavailable
from audio.espeak import Espeak, SpokenWord
from audio.worker_protocol import Kind, Message, Sound, receive, send


class Cancelled:
    """Which utterances are not wanted any more. Shared by the two threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: set[int] = set()
        self.everything = False

    def add(self, utterance: int) -> None:
        with self._lock:
            self._numbers.add(utterance)

    def forget(self, utterance: int) -> None:
        with self._lock:
            self._numbers = {number for number in self._numbers if number > utterance}

    def __contains__(self, utterance: int) -> bool:
        return self.everything or utterance in self._numbers


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    voice, rate_wpm = arguments
    commands, sound = sys.stdin.buffer, _private_stdout()
    try:
        espeak = Espeak(voice, int(rate_wpm))
    except SynthesizerUnavailable as fault:
        send(sound, Message(Kind.REFUSED, body=str(fault).encode()))
        return 1
    send(sound, Message(Kind.READY, body=str(espeak.sample_rate_hz).encode()))
    texts: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
    cancelled = Cancelled()
    threading.Thread(target=_read_commands, args=(commands, texts, cancelled), daemon=True).start()
    try:
        while (command := texts.get()) is not None:
            _speak(espeak, command, cancelled, sound)
    except (BrokenPipeError, ConnectionError):
        pass
    return 0


def _speak(espeak: Espeak, command: Message, cancelled: Cancelled, pipe: IO[bytes]) -> None:
    utterance = command.utterance

    def on_sound(samples: bytes, words: list[SpokenWord]) -> bool:
        if utterance in cancelled:
            return False
        if samples or words:
            send(pipe, Message(Kind.SOUND, utterance, Sound(tuple(words), samples).encode()))
        return True

    if utterance not in cancelled:
        espeak.speak(command.body.decode(), on_sound)
    cancelled.forget(utterance)
    send(pipe, Message(Kind.DONE, utterance))


def _read_commands(pipe: IO[bytes], texts: "queue.SimpleQueue[Message | None]", cancelled: Cancelled) -> None:
    while (message := receive(pipe)) is not None:
        if message.kind is Kind.CANCEL:
            cancelled.add(message.utterance)
        else:
            texts.put(message)
    cancelled.everything = True
    texts.put(None)


def _private_stdout() -> IO[bytes]:
    """The pipe to the owner; whatever else this process prints goes to standard error instead."""
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return pipe


if __name__ == "__main__":
    status = main(sys.argv[1:])
    os._exit(
        status
    )  # not sys.exit: the reading thread may be waiting inside a read, which shutting down would trip over
