"""How long speech would last, without speaking: words at a stated rate, numbers as the words they are read as."""

from __future__ import annotations

import re
from collections.abc import Sequence

from num2words import num2words

from app.latency import silences, silent_delays
from audio.text.speakable import speakable

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_LONGEST_READ = 15  # digits; what is longer is read digit by digit


def spoken_words(text: str) -> int:
    """How many words a voice says for this text."""
    words = _NUMBER.sub(lambda match: f" {_read(match[0])} ", speakable(text))
    return len(re.findall(r"\w+", words))


def _read(number: str) -> str:
    return num2words(number) if len(number) <= _LONGEST_READ else " ".join(number)


def simulated_delays_ms(
    phrases: Sequence[tuple[int, int]], steps: int, step_ms: float, rate_wpm: float
) -> tuple[float, float]:
    """The total and the adjusted delay (arXiv 2512.10931, section 4) of an answer whose phrases are ready in these
    steps (app.written) and have so many words; without an answer all of its steps are silence. Synthesis takes no time
    here.
    """
    pieces = [(step * step_ms / 1000, words * 60 / rate_wpm) for step, words in phrases]
    heard = silences(pieces) if pieces else [steps * step_ms / 1000]
    delays = silent_delays(heard)
    return delays["total_delay"], delays["adjusted_delay"]
