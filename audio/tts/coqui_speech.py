"""What the two kinds of coqui voices share, in the worker process: speed, languages, speakers, and giving sound out."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.errors import SynthesizerUnavailable
from audio.pcm import Pcm, to_pcm
from audio.tts.worker_main import OnSound
from audio.tts.worker_protocol import SpokenWord

NATURAL_WPM = 165
"""A coqui voice has a speed of its own; it is taken for this, and scaled to what is asked for."""
PIECE_MS = 200
"""Sound that is ready at once is given out in pieces, so that a cancel finds little of it on its way."""


def speed(rate_wpm: int) -> float:
    """How many times faster than by nature to speak."""
    return rate_wpm / NATURAL_WPM


def choose_speaker(wanted: str | None, there: Sequence[str], model: str) -> str | None:
    """The speaker to take; None if the model has no choice of them. Raises SynthesizerUnavailable."""
    if wanted is None:
        return there[0] if there else None
    if not there:
        raise SynthesizerUnavailable(f"{model} has one voice only, and no {wanted!r}; leave out --voice")
    if wanted not in there:
        raise SynthesizerUnavailable(f"{model} has no voice {wanted!r}; it has {', '.join(there)}")
    return wanted


def choose_language(wanted: str, there: Sequence[str], model: str) -> str:
    """The model's name of the language: the same, or one of the same first part. Raises SynthesizerUnavailable."""
    exact = [code for code in there if code.lower() == wanted.lower()]
    related = [code for code in there if code.lower().split("-")[0] == wanted.lower().split("-")[0]]
    if not exact and not related:
        raise SynthesizerUnavailable(f"{model} does not speak {wanted!r}; it speaks {', '.join(there)}; use --language")
    return (exact or related)[0]


def as_pcm(sound: Any) -> Pcm:
    """A model's floats, as tensor or array of any shape, as mono int16."""
    floats: NDArray[np.float32] = np.asarray(sound.cpu() if hasattr(sound, "cpu") else sound, np.float32)
    return to_pcm(floats.reshape(-1))


def pieces(pcm: Pcm, rate_hz: int) -> Iterator[tuple[int, Pcm]]:
    """(where it begins, a piece of the sound) one after the other."""
    length = rate_hz * PIECE_MS // 1000
    for start in range(0, len(pcm), length):
        yield start, pcm[start : start + length]


def give(pcm: Pcm, rate_hz: int, words: Sequence[SpokenWord], estimated: bool, on_sound: OnSound) -> bool:
    """Gives a whole sound out, each word with the piece in which it begins; False if nobody wants more."""
    for start, piece in pieces(pcm, rate_hz):
        begun = [word for word in words if start <= word.sample < start + len(piece)]
        if not on_sound(piece.astype("<i2").tobytes(), begun, estimated):
            return False
    return True
