"""The whole way, nothing faked but the microphone and the loudspeaker: a spoken question in a real Chromium, the
bundled model thinking while it answers, and the right number in the sound that was played.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray
from playwright.sync_api import Browser, Playwright, sync_playwright

from app.assistant import Assistant
from app.config import load_settings
from app.demo.spoken import spoken
from app.voice import expected_speech
from app.web.server import build_app
from audio.asr.choose import choose_recognizer
from audio.events import FinalTranscript
from audio.listen import Listener
from audio.pcm import INPUT_RATE_HZ, read_wav
from audio.text.speak import speak
from audio.tts.choose import Speech, choose_synthesizer
from audio.tts.synthesizer import Synthesizer
from audio.turns.vad import SileroVad
from tests.browser import Tab, chromium, serving, write_microphone
from tests.conftest import Require

pytestmark = pytest.mark.browser

MICROPHONE_HZ = 48_000
OUTPUT_HZ = 24_000
QUESTION, RESULT = "what is 47 plus 38", "85"
SECOND_QUESTION, SECOND_RESULT = "what is 12 plus 9", "21"
RATE_WPM = 140  # of the answer: a little slow, so that a weak recogniser understands it
WAIT_MS = 60_000  # the machine may be busy


@pytest.fixture(scope="module")
def path(require: Require) -> str:
    return require("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def playwright(path: str) -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def synthesizer() -> Iterator[Synthesizer]:
    chosen, _ = choose_synthesizer(speech=Speech(rate_wpm=RATE_WPM))
    yield chosen
    chosen.close()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    settings = load_settings(flags={"rate_wpm": RATE_WPM})
    assistant = Assistant(settings)
    assistant.start()
    assistant.warm_voice()
    with serving(lambda: build_app(assistant, settings)) as address:
        yield address
    assistant.close()


@pytest.fixture(scope="module")
def question(require: Require, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], NDArray[np.float64]]:
    """A question as another synthesizer than ours says it, at the microphone's rate."""
    flite, folder = require("flite"), tmp_path_factory.mktemp("questions")

    def ask(text: str) -> NDArray[np.float64]:
        wav = folder / "question.wav"
        subprocess.run([flite, "-voice", "slt", "-t", spoken(text), "-o", wav], check=True)
        return soxr.resample(read_wav(wav).astype(np.float64), INPUT_RATE_HZ, MICROPHONE_HZ)

    return ask


def said(synthesizer: Synthesizer, text: str, rate_hz: int) -> NDArray[np.float64]:
    """A text as the synthesizer says it."""
    stream = speak(synthesizer, text)
    assert stream is not None
    pcm = np.concatenate([chunk.pcm for chunk in stream]).astype(np.float64)
    return soxr.resample(pcm, OUTPUT_HZ, rate_hz)


def silence(seconds: float) -> NDArray[np.float64]:
    return np.zeros(round(seconds * MICROPHONE_HZ))


def listening(playwright: Playwright, path: str, wav: Path, *sounds: NDArray[np.float64]) -> Browser:
    microphone = write_microphone(wav, np.concatenate(sounds).astype(np.int16), MICROPHONE_HZ)
    return chromium(playwright, path, microphone)


def likeness(sound: NDArray[np.int16], reference: NDArray[np.float64], rate_hz: int) -> float:
    """How much of the reference is in the sound: for stretches of a quarter of a second, the largest normalised
    cross-correlation with any stretch of the sound, and of these the median. 1 is the same sound; gaps do not count.
    """
    size = rate_hz // 4
    pieces = [reference[at : at + size] for at in range(0, len(reference) - size + 1, size)]
    voiced = [piece for piece in pieces if np.abs(piece).max() > 1000]
    assert voiced and len(sound) > size
    return float(np.median([_best_correlation(sound.astype(np.float64), piece) for piece in voiced]))


def transcripts(sound: NDArray[np.int16], rate_hz: int) -> str:
    """What pocketsphinx hears in the sound, expecting sums and expecting anything."""
    pcm = soxr.resample(sound.astype(np.float32), rate_hz, INPUT_RATE_HZ).astype(np.int16)
    heard: list[str] = []
    for domain in (expected_speech("demo"), None):
        recognizer, _ = choose_recognizer("pocketsphinx", domain=domain)
        listener = Listener(SileroVad(), recognizer)
        happened = [*listener.push(pcm), *listener.finish()]
        heard += [event.text for event in happened if isinstance(event, FinalTranscript)]
        listener.close()
    return " | ".join(heard)


def _best_correlation(signal: NDArray[np.float64], piece: NDArray[np.float64]) -> float:
    size = 1 << (len(signal) + len(piece)).bit_length()
    spectrum = np.fft.rfft(signal, size) * np.conj(np.fft.rfft(piece, size))
    dots = np.fft.irfft(spectrum, size)[: len(signal) - len(piece) + 1]
    energy = np.concatenate([[0.0], np.cumsum(signal**2)])
    norms = np.sqrt((energy[len(piece) :] - energy[: len(dots)]) * (piece**2).sum())
    return float((dots / np.maximum(norms, 1.0)).max())


def test_a_spoken_question_is_answered_aloud_while_it_is_still_thought_about(
    playwright: Playwright,
    path: str,
    url: str,
    synthesizer: Synthesizer,
    question: Callable[[str], NDArray[np.float64]],
    tmp_path: Path,
) -> None:
    browser = listening(playwright, path, tmp_path / "question.wav", silence(1), question(QUESTION), silence(30))
    tab = Tab(browser, url)
    tab.start_microphone()
    tab.page.wait_for_selector(".user.live .open", timeout=WAIT_MS)
    tab.screenshot("whole-way-1-partial-transcript")
    tab.wait_for_text(".user", QUESTION, WAIT_MS)
    tab.wait_for_text(".answer", RESULT, WAIT_MS)
    tab.screenshot("whole-way-2-thinking-and-speaking")
    tab.wait_for_state("mouth", "speaking", WAIT_MS)
    tab.wait_for_state("mouth", "silent", WAIT_MS)
    tab.screenshot("whole-way-3-answered")
    sound, rate_hz = tab.sound()
    last_sentence = tab.text(".answer").strip().splitlines()[-1]
    assert RESULT in last_sentence
    assert tab.text(".thoughts").strip()
    right = said(synthesizer, last_sentence, rate_hz)
    wrong = said(synthesizer, "Tom has a hundred and sixty two books.", rate_hz)
    assert likeness(sound, right, rate_hz) > likeness(sound, wrong, rate_hz) + 0.1
    assert RESULT in transcripts(sound, rate_hz)
    assert tab.complaints == []
    browser.close()


def test_speaking_over_the_answer_silences_it_and_is_the_next_question(
    playwright: Playwright,
    path: str,
    url: str,
    question: Callable[[str], NDArray[np.float64]],
    tmp_path: Path,
) -> None:
    first = question("tom has 303 shells and gives away 55 then finds 67 how many are left")
    second = question(SECOND_QUESTION)
    wav = tmp_path / "barge-in.wav"
    browser = listening(playwright, path, wav, silence(1), first, silence(3.5), second, silence(30))
    tab = Tab(browser, url)
    tab.start_microphone()
    tab.wait_for_state("mouth", "speaking", WAIT_MS)
    tab.wait_for_state("mouth", "interrupted", WAIT_MS)
    tab.screenshot("whole-way-4-interrupted")
    tab.wait_for_text(".user", SECOND_QUESTION, WAIT_MS)
    tab.wait_for_text(".answer", SECOND_RESULT, WAIT_MS)
    tab.wait_for_state("mouth", "silent", WAIT_MS)
    tab.screenshot("whole-way-5-second-answer")
    browser.close()
