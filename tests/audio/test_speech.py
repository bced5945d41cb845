"""From sound to words with everything real: espeak-ng speaks, Silero and the endpointer listen, pocketsphinx hears."""

import itertools
import time

import numpy as np
import pytest

from audio.asr.choose import Domain
from audio.asr.pocketsphinx_asr import PocketsphinxRecognizer
from audio.events import (
    FinalTranscript,
    ListenEvent,
    PartialTranscript,
    SpeechConfirmed,
    SpeechEnded,
    SpeechStarted,
)
from audio.listen import Listener
from audio.pcm import INPUT_RATE_HZ
from audio.tts.worker import EspeakSynthesizer
from audio.turns.endpoint import EndpointSettings
from audio.turns.vad import FRAME_SAMPLES, SileroVad
from tests.audio.speech import MILLISECOND, CountingRecognizer, in_room, quiet, say

QUESTIONS = {
    "what is forty seven plus thirty eight": "what is 47 plus 38",
    "what is nine times eight": "what is 9 times 8",
    "how much is sixty three minus eighteen": "how much is 63 minus 18",
    "a film starts at three forty five and lasts two hours, when does it end":
        "a film starts at 3:45 and lasts 2 hours when does it end",
}  # fmt: skip
LEAD_MS, TAIL_MS = 600, 1200


@pytest.fixture(scope="module")
def loaded_recognizer(sums: Domain) -> PocketsphinxRecognizer:
    return PocketsphinxRecognizer(sums.language_model, sums.dictionary)


@pytest.fixture
def recognizer(loaded_recognizer: PocketsphinxRecognizer) -> PocketsphinxRecognizer:
    return loaded_recognizer.fork()


def listen(listener: Listener, sound: np.ndarray, chunk_samples: int = 320) -> list[ListenEvent]:
    chunks = (sound[at : at + chunk_samples] for at in range(0, len(sound), chunk_samples))
    return [event for chunk in chunks for event in listener.push(chunk)]


def without_partials(events: list[ListenEvent]) -> list[type]:
    return [type(event) for event in events if not isinstance(event, PartialTranscript)]


@pytest.mark.parametrize("noise_amplitude", [3.0, 30.0, 150.0])
@pytest.mark.parametrize("text", ["what is nine times eight", "stop", "hello there, how are you today"])
def test_speech_is_found_where_it_is(
    voice: EspeakSynthesizer, vad: SileroVad, text: str, noise_amplitude: float
) -> None:
    speech = say(voice, text)
    sound = in_room(quiet(LEAD_MS), speech, quiet(TAIL_MS), noise_amplitude=noise_amplitude)
    events = listen(Listener(vad, CountingRecognizer()), sound)
    started = [event for event in events if isinstance(event, SpeechStarted)]
    ended = [event for event in events if isinstance(event, SpeechEnded)]
    assert (len(started), len(ended)) == (1, 1)
    begins, ends = LEAD_MS * MILLISECOND, LEAD_MS * MILLISECOND + len(speech)
    assert -100 <= (started[0].at_sample - begins) / MILLISECOND <= 150
    assert -150 <= (ended[0].last_speech_sample - ends) / MILLISECOND <= 200
    decided_ms = (ended[0].at_sample - ends) / MILLISECOND
    assert 350 <= decided_ms <= 750


@pytest.mark.parametrize("noise_amplitude", [0.0, 30.0, 1000.0])
def test_noise_alone_is_not_speech(vad: SileroVad, noise_amplitude: float) -> None:
    recognizer = CountingRecognizer()
    assert listen(Listener(vad, recognizer), in_room(quiet(10_000), noise_amplitude=noise_amplitude)) == []
    assert recognizer.calls == []


def test_two_questions_are_two_utterances(voice: EspeakSynthesizer, vad: SileroVad) -> None:
    first, second = say(voice, "what is nine times eight"), say(voice, "and what is ten times eight")
    sound = in_room(quiet(500), first, quiet(900), second, quiet(900))
    events = listen(Listener(vad, CountingRecognizer()), sound)
    assert sum(isinstance(event, FinalTranscript) for event in events) == 2


def test_a_short_breath_does_not_split_a_question(voice: EspeakSynthesizer, vad: SileroVad) -> None:
    first, second = say(voice, "what is nine"), say(voice, "times eight")
    sound = in_room(quiet(500), first, quiet(250), second, quiet(900))
    events = listen(Listener(vad, CountingRecognizer()), sound)
    assert sum(isinstance(event, FinalTranscript) for event in events) == 1


def test_clipped_speech_is_still_speech(voice: EspeakSynthesizer, vad: SileroVad) -> None:
    loud = np.clip(say(voice, "what is nine times eight").astype(int) * 20, -32_768, 32_767).astype(np.int16)
    events = listen(Listener(vad, CountingRecognizer()), in_room(quiet(500), loud, quiet(900)))
    assert without_partials(events) == [SpeechStarted, SpeechConfirmed, SpeechEnded, FinalTranscript]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_spoken_question_becomes_its_transcript(
    voice: EspeakSynthesizer, vad: SileroVad, recognizer: PocketsphinxRecognizer, question: str
) -> None:
    sound = in_room(quiet(LEAD_MS), say(voice, question), quiet(TAIL_MS))
    events = listen(Listener(vad, recognizer), sound)
    assert isinstance(events[-1], FinalTranscript)
    assert events[-1].text == QUESTIONS[question]


def test_guesses_grow_into_the_final_transcript(
    voice: EspeakSynthesizer, vad: SileroVad, recognizer: PocketsphinxRecognizer
) -> None:
    sound = in_room(quiet(LEAD_MS), say(voice, "what is forty seven plus thirty eight"), quiet(TAIL_MS))
    events = listen(Listener(vad, recognizer), sound)
    partials = [event for event in events if isinstance(event, PartialTranscript)]
    ended = next(event for event in events if isinstance(event, SpeechEnded))
    agreed = [partial.text[: partial.agreed] for partial in partials]
    assert {"what is", "what is 47 plus"} <= set(agreed)
    assert all("what is 47 plus 38".startswith(beginning) for beginning in agreed)
    assert all(partial.at_sample < ended.last_speech_sample + 300 * MILLISECOND for partial in partials)
    assert all(one.at_sample <= other.at_sample for one, other in itertools.pairwise(partials))


def test_the_final_transcript_follows_the_end_within_milliseconds(
    voice: EspeakSynthesizer, vad: SileroVad, recognizer: PocketsphinxRecognizer
) -> None:
    listener = Listener(vad, recognizer)
    sound = in_room(quiet(LEAD_MS), say(voice, "what is forty seven plus thirty eight"), quiet(TAIL_MS))
    fastest_s = 1.0
    for _ in range(3):
        for at in range(0, len(sound), FRAME_SAMPLES):
            began = time.perf_counter()
            events = listener.push(sound[at : at + FRAME_SAMPLES])
            if any(isinstance(event, FinalTranscript) for event in events):
                fastest_s = min(fastest_s, time.perf_counter() - began)
    assert fastest_s < 0.03


def test_a_released_key_gives_the_transcript_without_waiting_for_silence(
    voice: EspeakSynthesizer, vad: SileroVad, recognizer: PocketsphinxRecognizer
) -> None:
    listener = Listener(vad, recognizer)
    speech = in_room(quiet(300), say(voice, "what is nine times eight"), quiet(150))
    assert not any(isinstance(event, FinalTranscript) for event in listen(listener, speech))
    events = listener.finish()
    assert without_partials(events) == [SpeechEnded, FinalTranscript]
    assert isinstance(events[-1], FinalTranscript)
    assert events[-1].text == "what is 9 times 8"


def test_the_end_comes_later_if_more_silence_is_asked_for(voice: EspeakSynthesizer, loaded_vad: SileroVad) -> None:
    sound = in_room(quiet(300), say(voice, "what is nine times eight"), quiet(1500))
    decided = []
    for silence_ms in (300, 900):
        listener = Listener(loaded_vad.fork(), CountingRecognizer(), EndpointSettings(silence_ms=silence_ms))
        decided += [event.at_sample for event in listen(listener, sound) if isinstance(event, SpeechEnded)]
    assert decided[1] - decided[0] == pytest.approx(600 * MILLISECOND, abs=32 * MILLISECOND)


def test_forks_of_a_recogniser_do_not_hear_each_other(
    voice: EspeakSynthesizer, recognizer: PocketsphinxRecognizer
) -> None:
    other = recognizer.fork()
    sounds = [in_room(quiet(300), say(voice, text), quiet(300)) for text in list(QUESTIONS)[:2]]
    recognizer.start()
    other.start()
    for at in range(0, INPUT_RATE_HZ * 4, 1000):
        recognizer.feed(sounds[0][at : at + 1000])
        other.feed(sounds[1][at : at + 1000])
    assert [recognizer.finish(), other.finish()] == list(QUESTIONS.values())[:2]
