"""What the worker processes of all synthesisers do: read commands, speak, send sound (see `audio.tts.worker_protocol`).

One thread reads, so that a cancel takes effect while the main thread speaks. The process ends when its input ends, that
is, with its owner. Interrupts from the keyboard are the owner's business. Imports nothing that takes time.
"""

import os
import queue
import signal
import threading
from collections.abc import Callable, Sequence
from typing import IO, Protocol

from audio.errors import AudioError, SpeechFailed
from audio.tts.worker_protocol import Kind, Message, Sound, SpokenWord, private_pipes, receive, send

OnSound = Callable[[bytes, Sequence[SpokenWord], bool], bool]
"""Takes native 16-bit samples, the words reported with them, and whether their places are estimates; False: stop."""


class Voice(Protocol):
    """What a worker process speaks with."""

    sample_rate_hz: int
    description: str

    def speak(self, text: str, on_sound: OnSound) -> None:
        """Makes the sound of `text`, piece by piece; returns when it is done or stopped. Raises SpeechFailed."""


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


def run(load: Callable[[], Voice]) -> int:
    """The process's life; returns its exit status. `load` raises AudioError with what to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    commands, sound = private_pipes()
    try:
        voice = load()
    except AudioError as fault:
        send(sound, Message(Kind.REFUSED, body=str(fault).encode(errors="replace")))
        return 1
    send(sound, Message(Kind.READY, body=f"{voice.sample_rate_hz} {voice.description}".encode(errors="replace")))
    texts: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
    cancelled = Cancelled()
    threading.Thread(target=_read_commands, args=(commands, texts, cancelled), daemon=True).start()
    try:
        while (command := texts.get()) is not None:
            _speak(voice, command, cancelled, sound)
    except (BrokenPipeError, ConnectionError):
        pass
    return 0


def leave(status: int) -> None:
    """Ends the process now: the reading thread may be inside a read, which an orderly shutdown would trip over."""
    os._exit(status)


def _speak(voice: Voice, command: Message, cancelled: Cancelled, pipe: IO[bytes]) -> None:
    utterance = command.utterance

    def on_sound(samples: bytes, words: Sequence[SpokenWord], estimated: bool) -> bool:
        if utterance in cancelled:
            return False
        if samples or words:
            send(pipe, Message(Kind.SOUND, utterance, Sound(tuple(words), samples, estimated).encode()))
        return True

    end = Message(Kind.DONE, utterance)
    if utterance not in cancelled:
        try:
            voice.speak(command.body.decode(), on_sound)
        except SpeechFailed as fault:
            end = Message(Kind.FAILED, utterance, str(fault).encode(errors="replace"))
    cancelled.forget(utterance)
    send(pipe, end)


def _read_commands(pipe: IO[bytes], texts: "queue.SimpleQueue[Message | None]", cancelled: Cancelled) -> None:
    while (message := receive(pipe)) is not None:
        if message.kind is Kind.CANCEL:
            cancelled.add(message.utterance)
        else:
            texts.put(message)
    cancelled.everything = True
    texts.put(None)
