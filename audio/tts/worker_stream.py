"""The sound of one phrase, whatever happens to the process that makes it.

A process that dies, or owes sound and says nothing for too long, is replaced, and the phrase goes on where it broke off
(see `audio.tts.splice`). After `MOST_RESTARTS` of these in one phrase it is given up.
"""

import queue
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from audio.errors import SpeechFailed, SynthesizerDied
from audio.tts.shaping import Shaping
from audio.tts.splice import FromWord, Progress, Splice, WithinWord
from audio.tts.synthesizer import SpeechChunk
from audio.tts.worker_process import Utterance
from audio.tts.worker_protocol import Kind, Message, Sound

MOST_RESTARTS = 2
LOOKS = 4
"""A silent process is looked at so many times before it is given up: a pause of our own process counts as one look."""
LONGEST_SEAM_S = 0.3
"""After a longer silence a word that broke off is said again from its beginning: nobody follows one across a pause."""


class Owner(Protocol):
    """What a stream needs of its synthesizer."""

    def begin(self, text: str) -> Utterance:
        """Begins an utterance in a process that lives. Raises SynthesizerUnavailable."""

    def ended(self, stream: "WorkerStream") -> None:
        """The stream is over."""


class WorkerStream(Iterator[SpeechChunk]):
    """The sound of one phrase. One thread iterates; any thread may cancel, which never blocks."""

    def __init__(self, owner: Owner, text: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._owner, self._text, self._clock = owner, text, clock
        self._cancelled = self._finished = False
        self._restarts = 0
        self._progress = Progress()
        self._splice: Splice = FromWord(self._progress)
        self._first_at_s: float | None = None
        """When the first sound was handed over: the earliest at which it can have begun to be played."""
        self._utterance = owner.begin(text)
        self._command = self._utterance.process.command
        self._shaping = Shaping(text, self._utterance.process.voice_rate_hz)

    def cancel(self) -> None:
        self._cancelled = True
        utterance = self._utterance
        utterance.process.cancel(utterance.number)
        utterance.inbox.put(Message(Kind.CANCEL))

    def __next__(self) -> SpeechChunk:
        while not (self._cancelled or self._finished):
            chunk = self._take(self._receive())
            if chunk is not None and not self._cancelled:
                if self._first_at_s is None:
                    self._first_at_s = self._clock()
                return chunk
        self._owner.ended(self)
        raise StopIteration

    def _receive(self) -> Message | None:
        """The next message; None if the process has died, or hangs and was killed for it."""
        process, _, inbox = self._utterance
        delivered, looks = process.delivered, 0
        while looks < LOOKS:
            try:
                return inbox.get(timeout=self._command.silent_timeout_s / LOOKS)
            except queue.Empty:
                looks = looks + 1 if process.delivered == delivered else 0
                delivered = process.delivered
        process.give_up()
        return None

    def _take(self, message: Message | None) -> SpeechChunk | None:
        if message is None:
            self._go_on_in_another_process()
            return None
        match message.kind:
            case Kind.CANCEL:
                return None
            case Kind.DONE:
                self._finished = True
                return self._shaping.finish()
            case Kind.FAILED:
                self._end()
                raise SpeechFailed(f"{self._command.name} cannot speak {self._quote()}: {message.body.decode()}")
            case kind:
                assert kind is Kind.SOUND, kind
                return self._take_sound(Sound.decode(message.body))

    def _take_sound(self, sound: Sound) -> SpeechChunk | None:
        samples = np.frombuffer(sound.samples, "<i2").astype(np.int16, copy=False)
        pcm, words = self._splice.push(samples, sound.words)
        return self._shaping.push(pcm, [(word.text_start, word.sample) for word in words], sound.estimated)

    def _go_on_in_another_process(self) -> None:
        lost = self._utterance.process
        if self._restarts == MOST_RESTARTS:
            self._end()
            raise SynthesizerDied(
                f"{self._command.name}'s process ended {self._restarts + 1} times while it spoke {self._quote()}, "
                f"at last {lost.cause}; try another voice or text"
            )
        self._restarts += 1
        if self._command.repeats_itself:
            self._splice = WithinWord(self._progress, self._seam_is_long)
        else:
            self._splice = FromWord(self._progress)
        words = self._progress.words
        self._shaping.rewind(words[-1].text_start + 1 if words else 0)
        self._utterance = self._owner.begin(self._text[self._splice.text_start :])
        if self._cancelled:
            self._utterance.process.cancel(self._utterance.number)

    def _seam_is_long(self) -> bool:
        """Whether what was handed over has been over for long, if it was played at once."""
        if self._first_at_s is None:
            return False
        made_s = self._progress.samples / self._utterance.process.voice_rate_hz
        return self._clock() - (self._first_at_s + made_s) > LONGEST_SEAM_S

    def _end(self) -> None:
        self._finished = True
        self._owner.ended(self)

    def _quote(self) -> str:
        return repr(self._text[:60])
