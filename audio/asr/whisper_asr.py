"""Speech to text with faster-whisper, while the user speaks: pass after pass over a window of the sound.

Words on which two passes agree are committed (`audio.asr.local_agreement`); the window is cut behind them
(`audio.asr.sound_window`), so that a pass costs the same after minutes of speech. Passes run on a thread of their own,
when there is enough new sound and their budget allows: feeding never waits. When the voice pauses, a pass begins at
once; if the pause turns out to be the end, the result is there already or nearly so.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

from audio.asr.hypothesis import Hypothesis
from audio.asr.local_agreement import Transcript, Word, agree, continued
from audio.asr.pass_budget import PassBudget
from audio.asr.sound_window import SoundWindow, shortened
from audio.pcm import INPUT_RATE_HZ, Pcm

MIN_FIRST_S = 1.0
"""How much sound makes it worth listening at all: of less, Whisper makes up words."""
MIN_NEW_S = 0.5
"""How much new sound makes it worth listening again."""


class Transcriber(Protocol):
    """A network that hears a whole sound at once, and what it may cost."""

    budget: PassBudget

    def transcribe(self, pcm: Pcm, prompt: str = "") -> Sequence[Word]:
        """The words of this sound; times count its samples. prompt: what was said before."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What was heard from sample `start` of the utterance to `end`."""

    words: tuple[Word, ...]
    start: int
    end: int


@dataclass(slots=True)
class HeardSoFar:
    """What is known of the utterance that is being heard. Positions count its samples."""

    window: SoundWindow = field(default_factory=SoundWindow)
    transcript: Transcript = field(default_factory=Transcript)
    heard_to: int = 0
    """Sample up to which the latest pass heard."""
    told: Hypothesis = field(default_factory=lambda: Hypothesis(""))
    pausing: bool = False


class WhisperRecognizer:
    """`Recognizer` by faster-whisper."""

    name = "faster-whisper"

    def __init__(self, model: Transcriber) -> None:
        self._model = model
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="whisper")
        self._running: Future[Pass] | None = None
        self._now = HeardSoFar()

    def start(self) -> None:
        self.cancel()

    def feed(self, pcm: Pcm) -> Hypothesis | None:
        if len(pcm):
            self._now.window.append(pcm)
            self._now.pausing = False
        if self._running is not None and self._running.done():
            self._take_result(self._running)
        if self._running is None and self._worth_a_pass():
            self._running = self._worker.submit(self._listen, *self._to_hear())
        guess = self._now.transcript.hypothesis()
        if guess == self._now.told:
            return None
        self._now.told = guess
        return guess

    def pause(self) -> None:
        self._now.pausing = True

    def best_guess(self) -> str | None:
        return self._now.transcript.text if self._now.heard_to == self._now.window.end else None

    def finish(self) -> str:
        if self._running is not None:
            self._take_result(self._running)
        if self._now.heard_to < self._now.window.end:
            last = self._listen(*self._to_hear())
            self._now.transcript = continued(self._now.transcript, last.words, last.start)
        text = self._now.transcript.text
        assert text.startswith(self._now.told.committed), f"{text!r} does not begin with {self._now.told.committed!r}"
        self._now = HeardSoFar()
        return text

    def cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()
            self._running = None
        self._now = HeardSoFar()

    def fork(self) -> Self:
        return type(self)(self._model)

    def close(self) -> None:
        self.cancel()
        self._worker.shutdown(wait=True)

    def _worth_a_pass(self) -> bool:
        new = self._now.window.end - self._now.heard_to
        if self._now.pausing:
            return new > 0
        least_s = MIN_NEW_S if self._now.heard_to else MIN_FIRST_S
        return new >= least_s * INPUT_RATE_HZ and self._model.budget.free()

    def _to_hear(self) -> tuple[Pcm, int, str]:
        return self._now.window.sound(), self._now.window.start, self._now.window.prompt(self._now.transcript)

    def _listen(self, sound: Pcm, start: int, prompt: str) -> Pass:
        """Runs on the recogniser's own thread too, and touches nothing of it."""
        with self._model.budget.one_pass():
            words = self._model.transcribe(sound, prompt)
        placed = tuple(replace(word, start=word.start + start, end=word.end + start) for word in words)
        return Pass(placed, start, start + len(sound))

    def _take_result(self, running: Future[Pass]) -> None:
        self._running = None
        heard = running.result()
        self._now.heard_to = heard.end
        self._now.transcript = shortened(self._now.window, agree(self._now.transcript, heard.words, heard.start))
