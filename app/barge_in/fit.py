"""Where a sound is in a recording, and what is missing of it there. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from app.barge_in.recording import AUDIBLE
from audio.pcm import INPUT_RATE_HZ, OUTPUT_RATE_HZ, Pcm

PIECE_SAMPLES = OUTPUT_RATE_HZ * 60 // 1000  # by which a place is found again in a recording
LEFT_OUT_SAMPLES = OUTPUT_RATE_HZ * 30 // 1000  # the last bit of what was heard may be cut or faded
SURE_FIT = 0.9
LOUD = 1_000  # of int16: a piece that is louder has something to find it by
STEADY_SAMPLES = INPUT_RATE_HZ * 5 // 1000  # the best fit of a piece may lie so far off without any sample being lost


def found_at(needle: Pcm, haystack: Pcm) -> tuple[int, float]:
    """Where `needle` fits into `haystack` best, and how well (1: exactly, apart from loudness)."""
    a, b = needle.astype(float), haystack.astype(float)
    size = 1 << (len(a) + len(b) - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(b, size) * np.conj(np.fft.rfft(a, size)), size)[: max(1, len(b) - len(a) + 1)]
    energy = np.concatenate([[0.0], np.cumsum(b**2)])
    windows = energy[len(a) : len(a) + len(product)] - energy[: len(product)]
    fits = product / np.sqrt(np.maximum(windows, 1.0) * max(1.0, float((a**2).sum())))
    at = int(np.argmax(fits))
    return at, float(fits[at])


def heard_error_ms(made: Pcm, told: int, recorded: Pcm, last: int) -> float | None:
    """By how much the position told is beyond the last sample that can be heard in the recording; pauses of the voice
    at that place count as heard. The latest piece that is in the recording without a gap tells the place; None if
    there is none. All at 24 kHz.
    """
    audible = np.flatnonzero(np.abs(made[:told].astype(int)) > AUDIBLE)
    if not len(audible):
        return None
    told_last = int(audible[-1])
    before = max(0, last - OUTPUT_RATE_HZ)
    for back in range(LEFT_OUT_SAMPLES, OUTPUT_RATE_HZ * 6 // 10, LEFT_OUT_SAMPLES):
        first = told_last - back - PIECE_SAMPLES
        if first < 0:
            return None
        at, fit = found_at(made[first : first + PIECE_SAMPLES], recorded[before : last + 1])
        if fit > SURE_FIT:
            return (told_last - (first + last - (before + at))) / OUTPUT_RATE_HZ * 1000
    return None


def loud_pieces(pcm: Pcm, samples: int) -> Iterator[tuple[int, Pcm]]:
    """(Where it begins, the piece) of all pieces of that length, one after the other, that can be heard."""
    for at in range(0, len(pcm) - samples + 1, samples):
        piece = pcm[at : at + samples]
        if np.abs(piece.astype(int)).max() > LOUD:
            yield at, piece


def fits(made: Pcm, recorded: Pcm, rate_hz: int = OUTPUT_RATE_HZ) -> list[float]:
    """How well each loud quarter of a second of `made` is found in the recording."""
    return [found_at(piece, recorded)[1] for _, piece in loud_pieces(made, rate_hz // 4)]


def slipped_ms(said: Pcm, heard: Pcm) -> float | None:
    """By how much sound was lost or doubled on the way from `said` to `heard` (16 kHz), all places together: how far
    neighbouring pieces of 0.2 s have moved against each other. None if too little of it is found.
    """
    places = [(at, *found_at(piece, heard)) for at, piece in loud_pieces(said, INPUT_RATE_HZ // 5)]
    sure = [found - at for at, found, fit in places if fit > SURE_FIT]
    if len(sure) < max(2, len(places) // 2):
        return None
    moved = [abs(later - earlier) for earlier, later in pairwise(sure)]
    return sum(one for one in moved if one > STEADY_SAMPLES) / INPUT_RATE_HZ * 1000
