"""Words that nobody said: a network that writes subtitles fills silence and noise with phrases, and falls into loops.

Sound without voice is not given to it at all (`audio.listen`). What it makes of the rest is judged by Whisper's own
signs, with their published thresholds, and by what no one says. Pure.
Source: Radford et al. 2022, arXiv 2212.04356, section 4.5.
"""

from collections.abc import Sequence
from dataclasses import replace

from audio.asr.local_agreement import Word, joined
from audio.asr.settled import MARKS

NO_SPEECH = 0.6
"""Above it, a stretch that is also improbable is silence."""
LOG_PROBABILITY = -1.0
"""Mean of a token; below it, the words are a guess: they are told, but only committed at the end."""
COMPRESSION = 2.4
"""Text that gzip makes smaller than by this factor repeats itself."""
MOST_REPEATS, MOST_REPEATS_COMPRESSED = 5, 2
"""How often in a row words may stand there ("two plus two plus two plus two"), and how often if `COMPRESSION` tells."""
LONGEST_PHRASE = 12
"""In words."""
NEVER_SAID = frozenset({
    "thanks for watching", "thank you for watching", "thank you so much for watching", "please subscribe",
    "subtitles by the amara.org community", "untertitel der amara.org-community", "untertitelung des zdf, 2020",
    "sous-titres réalisés par la communauté d'amara.org", "subtítulos realizados por la comunidad de amara.org",
    "ご視聴ありがとうございました",
})  # fmt: skip
"""What stood in its training data where nobody spoke."""


def believed(
    words: Sequence[Word], log_probability: float, no_speech: float, compression_ratio: float
) -> tuple[Word, ...]:
    """What remains of a stretch of words. log_probability: mean of its tokens. no_speech: probability of silence."""
    if no_speech > NO_SPEECH and log_probability < LOG_PROBABILITY:
        return ()
    if joined(words).strip(MARKS).casefold() in NEVER_SAID:
        return ()
    repetitive = compression_ratio > COMPRESSION
    once = without_loops(words, MOST_REPEATS_COMPRESSED if repetitive else MOST_REPEATS)
    if repetitive and len(once) == len(words):
        return ()
    return tuple(replace(word, sure=log_probability >= LOG_PROBABILITY) for word in once)


def without_loops(words: Sequence[Word], most: int = MOST_REPEATS) -> tuple[Word, ...]:
    """The words; of a phrase said more than `most` times in a row only the first time."""
    kept: list[Word] = list(words)
    for length in range(1, LONGEST_PHRASE + 1):
        start = 0
        while start + length < len(kept):
            repeats = _repeats(kept, start, length)
            if repeats > most:
                del kept[start + length : start + repeats * length]
            start += 1
    return tuple(kept)


def _repeats(words: Sequence[Word], start: int, length: int) -> int:
    """How often in a row the phrase of `length` words at `start` stands there."""
    phrase = _plain(words[start : start + length])
    count = 1
    while _plain(words[start + count * length : start + (count + 1) * length]) == phrase:
        count += 1
    return count


def _plain(words: Sequence[Word]) -> list[str]:
    return [word.text.strip().strip(MARKS).casefold() for word in words]
