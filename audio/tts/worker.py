"""Synthesisers that speak in a worker process of their own, which is replaced when it is lost.

What they have in common, and the simplest of them: espeak-ng.
"""

import threading
import weakref

from audio.errors import SynthesizerUnavailable
from audio.pcm import OUTPUT_RATE_HZ
from audio.tts.worker_process import Utterance, WorkerCommand, WorkerProcess
from audio.tts.worker_stream import WorkerStream

ESPEAK_START_TIMEOUT_S = 20.0
ESPEAK_SILENT_TIMEOUT_S = 3.0
"""espeak-ng makes sound three hundred times faster than it lasts; an overloaded machine may keep it waiting."""


class WorkerSynthesizer:
    """`Synthesizer` in a process of its own. Raises SynthesizerUnavailable."""

    sample_rate_hz = OUTPUT_RATE_HZ

    def __init__(self, command: WorkerCommand) -> None:
        self.name = command.name
        self._command = command
        self._streams: weakref.WeakSet[WorkerStream] = weakref.WeakSet()
        self._listing = threading.Lock()
        """For the set of streams; never held for long, for a cancel must not wait."""
        self._replacing = threading.Lock()
        self._closed = False
        self._process = WorkerProcess(command)
        self._process.wait_until_ready()
        self.description = self._process.description
        """What was loaded: the voice, the model."""

    @property
    def process_id(self) -> int:
        return self._process.process_id

    def stream(self, text: str) -> WorkerStream:
        stream = WorkerStream(self, text)
        with self._listing:
            self._streams.add(stream)
        return stream

    def cancel(self) -> None:
        with self._listing:
            streams = list(self._streams)
        for stream in streams:
            stream.cancel()

    def close(self) -> None:
        self._closed = True
        self.cancel()
        self._process.close()

    def __enter__(self) -> "WorkerSynthesizer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, text: str) -> Utterance:
        """Begins an utterance in the worker process, a new one if the last is lost. Raises SynthesizerUnavailable."""
        with self._replacing:
            self._refuse_if_closed()
            if not self._process.alive:
                self._process.close()
                self._process = WorkerProcess(self._command)
                if self._closed:
                    self._process.close()
                self._refuse_if_closed()
                self._process.wait_until_ready()
            return self._process.speak(text)

    def ended(self, stream: WorkerStream) -> None:
        """The stream is over: a cancel need not reach it any more."""
        with self._listing:
            self._streams.discard(stream)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise SynthesizerUnavailable("the synthesiser has been closed")


class EspeakSynthesizer(WorkerSynthesizer):
    """`Synthesizer` by espeak-ng. Raises SynthesizerUnavailable.

    silent_timeout_s: after so much silence when sound is due its process is taken to hang, and replaced.
    """

    def __init__(
        self, voice: str = "en-us", rate_wpm: int = 165, silent_timeout_s: float = ESPEAK_SILENT_TIMEOUT_S
    ) -> None:
        arguments = (voice, str(rate_wpm))
        super().__init__(
            WorkerCommand(
                "espeak-ng",
                "audio.tts.espeak_process",
                arguments,
                ESPEAK_START_TIMEOUT_S,
                silent_timeout_s,
                repeats_itself=True,
            )
        )

    def __enter__(self) -> "EspeakSynthesizer":
        return self
