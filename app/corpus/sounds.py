"""Sounds without words, noise, and mixing. Every sound follows from its seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.errors import RunError
from audio.pcm import INPUT_RATE_HZ, Pcm

Wave = NDArray[np.float64]

ROOM_AMPLITUDE = 12.0
"""The hiss of a quiet room."""
BENEATH_DB = 12
"""How far the other voice lies under the first."""
COUGH_PEAK, THROAT_PEAK, BREATH_PEAK = 9_000, 4_000, 700


def sound_effect(name: str, seed: int) -> Pcm:
    """ "<cough>", "<throat>" (a short clearing of the throat) or "<breath>". Raises RunError for another name."""
    rng = np.random.default_rng(seed)
    match name:
        case "<cough>":
            bursts = [_burst(rng, duration_ms, 10, (250, 3500)) for duration_ms in rng.integers(90, 170, 2)]
            gap = np.zeros(int(rng.integers(60, 140)) * INPUT_RATE_HZ // 1000)
            return _scaled(np.concatenate([bursts[0], gap, bursts[1] * 0.6]), COUGH_PEAK)
        case "<throat>":
            return _scaled(_burst(rng, 220, 40, (120, 1200)), THROAT_PEAK)
        case "<breath>":
            return _scaled(_burst(rng, 600, 250, (400, 5000)), BREATH_PEAK)
        case _:
            raise RunError(f"the corpus knows no sound {name}; it has <cough>, <throat>, <breath>")


def in_noise(sound: Pcm, speech: list[tuple[int, int]], snr_db: int | None, seed: int) -> Pcm:
    """The sound in a room: faint hiss, or pink noise so far under the power of the parts with speech."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, ROOM_AMPLITUDE, len(sound))
    if snr_db is not None:
        voice = np.concatenate([sound[start:end] for start, end in speech]).astype(np.float64)
        pink = _shaped(rng, len(sound), (60, 7500), slope=-0.5)
        noise += pink / np.sqrt(np.mean(pink**2)) * np.sqrt(np.mean(voice**2)) * 10 ** (-snr_db / 20)
    return _clipped(sound + noise)


def beneath(sound: Pcm, other: Pcm, start: int) -> Pcm:
    """The sound with another voice under it, from this sample on; the other one is cut where the sound ends."""
    mixed = sound.astype(np.float64)
    fitting = other[: len(sound) - start]
    mixed[start : start + len(fitting)] += fitting * 10 ** (-BENEATH_DB / 20)
    return _clipped(mixed)


def _burst(rng: np.random.Generator, duration_ms: int, attack_ms: int, band_hz: tuple[int, int]) -> Wave:
    samples, attack = (int(ms) * INPUT_RATE_HZ // 1000 for ms in (duration_ms, attack_ms))
    time = np.arange(samples)
    envelope = np.minimum(time / attack, 1) * np.exp(-3 * np.maximum(time - attack, 0) / samples)
    return np.asarray(_shaped(rng, samples, band_hz, slope=-0.3) * envelope)


def _shaped(rng: np.random.Generator, samples: int, band_hz: tuple[int, int], slope: float) -> Wave:
    """Noise within a band, its amplitude falling with the frequency to the power of `slope`."""
    spectrum = np.fft.rfft(rng.normal(0, 1, samples))
    hz = np.fft.rfftfreq(samples, 1 / INPUT_RATE_HZ)
    low, high = band_hz
    gains = np.where((hz >= low) & (hz <= high), (np.maximum(hz, low) / low) ** slope, 0.0)
    return np.fft.irfft(spectrum * gains, samples)


def _scaled(wave: Wave, peak: int) -> Pcm:
    return _clipped(wave / np.abs(wave).max() * peak)


def _clipped(wave: Wave) -> Pcm:
    return np.clip(np.rint(wave), -32_768, 32_767).astype(np.int16)
