"""Finding a sound again in a recording, and what is missing of it."""

import numpy as np
import pytest

from app.barge_in.fit import fits, found_at, heard_error_ms, slipped_ms
from audio.pcm import INPUT_RATE_HZ, OUTPUT_RATE_HZ, Pcm, resample

RATE_MS = INPUT_RATE_HZ // 1000


def noise(seconds: float, rate_hz: int, seed: int) -> Pcm:
    """Never the same for long, so that every place in it can be found again."""
    rough = np.random.default_rng(seed).standard_normal(round(seconds * rate_hz / 4))
    return np.clip(np.repeat(rough, 4) * 4_000, -20_000, 20_000).astype(np.int16)


def test_resampled_noise_is_still_found() -> None:
    pcm = noise(1.0, OUTPUT_RATE_HZ, seed=4)
    twice = resample(resample(pcm, OUTPUT_RATE_HZ, 48_000), 48_000, OUTPUT_RATE_HZ)
    at, fit = found_at(pcm[5_000:9_000], twice)
    assert at == pytest.approx(5_000, abs=3)
    assert fit > 0.95


@pytest.mark.parametrize("wrong_by", [-2_400, 0, 480])
def test_the_error_of_a_position_is_told_in_milliseconds(wrong_by: int) -> None:
    made = noise(3.0, OUTPUT_RATE_HZ, seed=1)
    played = 40_000
    recorded = np.concatenate([np.zeros(7_000, np.int16), made[:played], np.zeros(9_000, np.int16)])
    error_ms = heard_error_ms(made, played + wrong_by, recorded, 7_000 + played - 1)
    assert error_ms == pytest.approx(wrong_by / OUTPUT_RATE_HZ * 1000, abs=0.5)


def test_what_is_not_in_the_recording_has_no_error() -> None:
    made, other = noise(2.0, OUTPUT_RATE_HZ, seed=1), noise(2.0, OUTPUT_RATE_HZ, seed=2)
    assert heard_error_ms(made, 30_000, other, len(other) - 1) is None
    assert heard_error_ms(made, 0, other, len(other) - 1) is None
    assert np.median(fits(made, other)) < 0.2
    assert np.median(fits(made, np.concatenate([other, made]))) > 0.99


def test_sound_that_was_lost_or_doubled_on_the_way_is_counted() -> None:
    said = noise(2.0, INPUT_RATE_HZ, seed=3)
    around = np.zeros(5_000, np.int16)
    gap, place = 20 * RATE_MS, 15_000
    assert slipped_ms(said, np.concatenate([around, said, around])) == 0
    lost = np.concatenate([around, said[:place], said[place + gap :], around])
    assert slipped_ms(said, lost) == pytest.approx(20, abs=1)
    doubled = np.concatenate([around, said[:place], said[place - gap :], around])
    assert slipped_ms(said, doubled) == pytest.approx(20, abs=1)
    assert slipped_ms(said, noise(3.0, INPUT_RATE_HZ, seed=9)) is None
