"""One voice and one detector for all tests of `audio`: both take no harm from being shared."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from audio.asr.choose import Domain
from audio.tts.worker import EspeakSynthesizer
from audio.turns.vad import SileroVad


@pytest.fixture(scope="session")
def voice() -> Iterator[EspeakSynthesizer]:
    with EspeakSynthesizer("en-us", rate_wpm=150) as synthesizer:
        yield synthesizer


@pytest.fixture(scope="session")
def loaded_vad() -> SileroVad:
    return SileroVad()


@pytest.fixture
def vad(loaded_vad: SileroVad) -> SileroVad:
    return loaded_vad.fork()


@pytest.fixture(scope="session")
def sums() -> Domain:
    """What the bundled model's users are expected to say."""
    return Domain.in_folder(Path(__file__).parents[2] / "assets" / "audio")
