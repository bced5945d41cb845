"""Passes over a growing sound, with a network that is a script: what is committed, when passes run, what they cost."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from audio.asr.hypothesis import Hypothesis
from audio.asr.local_agreement import Word
from audio.asr.pass_budget import PassBudget
from audio.asr.sound_window import CUT_FROM_S, LONGEST_S
from audio.asr.whisper_asr import MIN_FIRST_S, MIN_NEW_S, WhisperRecognizer
from audio.errors import RecognizerUnavailable
from audio.pcm import INPUT_RATE_HZ, Pcm

SECOND = INPUT_RATE_HZ
WORD = SECOND // 2
NOTHING: Pcm = np.zeros(0, np.int16)
PATIENCE_S = 10.0
NAMES = [f"{one}{two}" for one in "bcdfghjklmnpqrstvwxyz" for two in "eiuy"]


class ScriptedModel:
    """Every stretch of equal samples is a word, named after their amplitude.

    A word of which less than half is there is misheard, each time in another way. `go_on` is called in every pass;
    `took_s` is how long passes take by the clock of the budget.
    """

    def __init__(self, share: float = 100.0) -> None:
        self.now_s = 0.0
        self.budget = PassBudget(share, clock=lambda: self.now_s)
        self.passes: list[tuple[int, str]] = []
        """(samples, prompt) of each."""
        self.took_s = 0.0
        self.go_on: Callable[[], None] = lambda: None

    def transcribe(self, pcm: Pcm, prompt: str = "") -> list[Word]:
        self.passes.append((len(pcm), prompt))
        self.go_on()
        self.now_s += self.took_s
        places = [0, *(np.flatnonzero(np.diff(pcm)) + 1).tolist(), len(pcm)]
        return [
            Word(f" {NAMES[pcm[start]]}" if end - start > WORD // 2 else f" misheard{len(self.passes)}x", start, end)
            for start, end in itertools.pairwise(places)
        ]


def speech(first: int, after_last: int) -> Pcm:
    """The words from one number to before the other."""
    return np.repeat(np.arange(first, after_last, dtype=np.int16), WORD)


def text(first: int, after_last: int) -> str:
    return " ".join(NAMES[first:after_last])


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel()


@pytest.fixture
def recognizer(model: ScriptedModel) -> Iterator[WhisperRecognizer]:
    made = WhisperRecognizer(model)
    made.start()
    yield made
    made.close()


def until_heard(recognizer: WhisperRecognizer) -> list[Hypothesis]:
    """Lets the running pass end; returns what is told then."""
    told: list[Hypothesis] = []
    deadline_s = time.monotonic() + PATIENCE_S
    while recognizer._running is not None:
        assert time.monotonic() < deadline_s, "a pass did not end"
        guess = recognizer.feed(NOTHING)
        told += [guess] if guess is not None else []
        time.sleep(0.0005)
    return told


def stream(recognizer: WhisperRecognizer, sound: Pcm, chunk: int = SECOND // 10) -> list[Hypothesis]:
    """Speaks on a machine on which no pass takes longer than a chunk."""
    told: list[Hypothesis] = []
    for at in range(0, len(sound), chunk):
        guess = recognizer.feed(sound[at : at + chunk])
        told += [guess] if guess is not None else []
        told += until_heard(recognizer)
    return told


def test_words_are_told_while_they_are_spoken_and_committed_when_two_passes_agree(
    recognizer: WhisperRecognizer, model: ScriptedModel
) -> None:
    told = stream(recognizer, speech(0, 4))
    assert [(guess.text, guess.committed) for guess in told] == [
        (text(0, 2), ""), (text(0, 3), text(0, 2)), (text(0, 4), text(0, 3)),
    ]  # fmt: skip
    assert [samples for samples, _ in model.passes] == [SECOND, SECOND * 3 // 2, SECOND * 2]
    assert recognizer.finish() == text(0, 4)


def test_a_word_that_is_cut_off_is_never_committed(recognizer: WhisperRecognizer) -> None:
    told = stream(recognizer, speech(0, 12)[: -WORD // 3 * 2], chunk=SECOND // 8 + 77)
    assert any("misheard" in guess.text for guess in told)
    assert not any("misheard" in guess.committed for guess in told)
    recognizer.feed(speech(0, 12)[-WORD // 3 * 2 :])
    assert recognizer.finish() == text(0, 12)


def test_minutes_of_speech_are_heard_in_a_bounded_window_with_a_prompt_and_say_what_one_pass_says(
    recognizer: WhisperRecognizer, model: ScriptedModel
) -> None:
    words = len(NAMES)
    for _ in range(3):
        recognizer.start()
        stream(recognizer, speech(0, words))
        assert recognizer.finish() == text(0, words)
    assert words * WORD > 3 * CUT_FROM_S * SECOND
    assert max(samples for samples, _ in model.passes) <= (CUT_FROM_S + MIN_NEW_S + 0.2) * SECOND
    prompts = [prompt for _, prompt in model.passes if prompt]
    assert prompts
    assert all(prompt in text(0, words) for prompt in prompts)


def test_speech_on_which_no_two_passes_agree_is_heard_in_a_bounded_window_too(
    recognizer: WhisperRecognizer, model: ScriptedModel
) -> None:
    flutter = np.arange(60 * 5, dtype=np.int16).repeat(SECOND // 5)  # every word is too short
    told = stream(recognizer, flutter, chunk=SECOND // 2)
    assert max(samples for samples, _ in model.passes) <= (LONGEST_S + 2 * MIN_NEW_S) * SECOND
    assert recognizer.finish().startswith(told[-1].committed)


def test_the_first_pass_waits_for_enough_sound_and_the_next_for_enough_new(
    recognizer: WhisperRecognizer, model: ScriptedModel
) -> None:
    recognizer.feed(np.zeros(round(MIN_FIRST_S * SECOND) - 1, np.int16))
    assert until_heard(recognizer) == [] and model.passes == []
    recognizer.feed(np.zeros(1, np.int16))
    until_heard(recognizer)
    recognizer.feed(np.zeros(round(MIN_NEW_S * SECOND) - 1, np.int16))
    until_heard(recognizer)
    assert len(model.passes) == 1


def test_passes_take_no_more_than_their_share_of_a_core() -> None:
    model = ScriptedModel(share=0.25)
    recognizer = WhisperRecognizer(model)
    recognizer.start()
    model.took_s = 0.5
    sound = speech(0, 80)
    for at in range(0, len(sound), SECOND // 10):
        recognizer.feed(sound[at : at + SECOND // 10])
        until_heard(recognizer)
        model.now_s = max(model.now_s, at / SECOND + 0.1)
    assert 40 * 0.25 - 1 <= len(model.passes) * 0.5 <= 40 * 0.25 + 0.5
    assert recognizer.finish() == text(0, 80)
    recognizer.close()


def test_a_pause_is_listened_to_at_once_and_the_end_needs_no_further_pass() -> None:
    model = ScriptedModel(share=0.001)
    recognizer = WhisperRecognizer(model)
    recognizer.start()
    model.took_s = 1.0
    stream(recognizer, speech(0, 3))
    assert len(model.passes) == 1
    assert recognizer.best_guess() is None
    recognizer.pause()
    assert [guess.text for guess in (recognizer.feed(NOTHING), *until_heard(recognizer)) if guess] == [text(0, 3)]
    assert recognizer.best_guess() == text(0, 3)
    assert recognizer.finish() == text(0, 3)
    assert len(model.passes) == 2
    recognizer.close()


def test_after_a_pause_the_utterance_goes_on(recognizer: WhisperRecognizer) -> None:
    stream(recognizer, speech(0, 3))
    recognizer.pause()
    recognizer.feed(NOTHING)
    until_heard(recognizer)
    told = stream(recognizer, speech(3, 7))
    assert told[-1].text == recognizer.finish() == text(0, 7)


def test_forks_share_one_budget_and_hear_only_their_own_sound(
    recognizer: WhisperRecognizer, model: ScriptedModel
) -> None:
    other = recognizer.fork()
    other.start()
    recognizer.feed(speech(0, 1))
    other.feed(speech(1, 3))
    assert (recognizer.finish(), other.finish()) == (text(0, 1), text(1, 3))
    model.budget.share, model.took_s = 0.01, 1.0
    stream(recognizer, speech(0, 2))
    assert stream(other, speech(0, 6)) == []
    other.close()


def test_a_model_that_stands_still_keeps_nobody_waiting_and_nothing_is_lost(
    recognizer: WhisperRecognizer, model: ScriptedModel
) -> None:
    going = threading.Event()
    model.go_on = lambda: assert_soon(going)
    began_s = time.perf_counter()
    for at in range(0, 5 * SECOND, 512):
        recognizer.feed(speech(0, 10)[at : at + 512])
    recognizer.pause()
    recognizer.feed(NOTHING)
    assert time.perf_counter() - began_s < 2.0
    assert (len(model.passes), recognizer.best_guess()) == (1, None)
    threading.Timer(0.05, going.set).start()
    assert recognizer.finish() == text(0, 10)
    assert stream(recognizer, speech(0, 4))[-1].text == recognizer.finish() == text(0, 4)


def assert_soon(event: threading.Event) -> None:
    assert event.wait(PATIENCE_S)


def test_a_cancelled_utterance_leaves_nothing_behind_though_its_pass_still_runs(
    recognizer: WhisperRecognizer, model: ScriptedModel
) -> None:
    going = threading.Event()
    model.go_on = lambda: assert_soon(going)
    recognizer.feed(speech(0, 3))
    recognizer.cancel()
    recognizer.start()
    assert recognizer.feed(speech(5, 6)) is None
    going.set()
    assert recognizer.finish() == text(5, 6)


def test_an_utterance_without_sound_is_empty_and_costs_nothing(
    recognizer: WhisperRecognizer, model: ScriptedModel
) -> None:
    assert recognizer.feed(NOTHING) is None
    recognizer.pause()
    assert recognizer.feed(NOTHING) is None
    assert (recognizer.best_guess(), recognizer.finish()) == ("", "")
    assert model.passes == []


def test_a_failing_pass_is_told_once_and_the_next_utterance_is_heard(
    recognizer: WhisperRecognizer, model: ScriptedModel
) -> None:
    def fail() -> None:
        raise RecognizerUnavailable("no memory")

    model.go_on = fail
    recognizer.feed(speech(0, 2))
    with pytest.raises(RecognizerUnavailable, match="no memory"):
        until_heard(recognizer)
    recognizer.cancel()
    model.go_on = lambda: None
    recognizer.start()
    recognizer.feed(speech(0, 2))
    assert recognizer.finish() == text(0, 2)
