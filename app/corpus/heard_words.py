"""A recogniser that hears perfectly: it knows what a recording says and when. Tells what better ears would bring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from app.corpus.recording import Entry
from audio.asr.hypothesis import Hypothesis
from audio.asr.transcript import digits
from audio.listen import PRE_ROLL_MS
from audio.pcm import INPUT_RATE_HZ, Pcm


class TrueWords:
    """`Recognizer` of one recording. `at_sample` must tell how much of it has been heard."""

    name = "the true words"

    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._since = 0
        self.at_sample: Callable[[], int] = lambda: 0

    def start(self) -> None:
        self._since = self.at_sample() - 2 * PRE_ROLL_MS * INPUT_RATE_HZ // 1000

    def feed(self, pcm: Pcm) -> Hypothesis | None:
        return None

    def pause(self) -> None:
        pass

    def best_guess(self) -> str | None:
        now = self.at_sample()
        return digits(" ".join(word for word, sample in self._entry.words if self._since <= sample < now))

    def finish(self) -> str:
        return self.best_guess() or ""

    def cancel(self) -> None:
        pass

    def fork(self) -> Self:
        return type(self)(self._entry)

    def close(self) -> None:
        pass
