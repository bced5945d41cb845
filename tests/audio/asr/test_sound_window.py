"""The window of sound that a pass hears stays bounded and is cut where the words are committed."""

import numpy as np

from audio.asr.local_agreement import Transcript, Word
from audio.asr.sound_window import (
    CUT_FROM_S,
    KEPT_WORDS,
    LONGEST_S,
    PROMPT_CHARACTERS,
    SoundWindow,
    cut_point,
    shortened,
)
from audio.pcm import INPUT_RATE_HZ

SECOND = INPUT_RATE_HZ


def window_of(seconds: float) -> SoundWindow:
    window = SoundWindow()
    for at in range(0, round(seconds * SECOND), SECOND // 2):
        window.append((np.arange(at, at + SECOND // 2) % 30_000).astype(np.int16))
    return window


def one_word_a_second(count: int, *ends_of_sentences: int) -> tuple[Word, ...]:
    return tuple(
        Word(f" w{at}{'.' if at in ends_of_sentences else ''}", at * SECOND, (at + 1) * SECOND) for at in range(count)
    )


def test_a_short_window_is_left_alone() -> None:
    window, transcript = window_of(CUT_FROM_S), Transcript(one_word_a_second(12))
    assert shortened(window, transcript) is transcript
    assert (window.start, window.end) == (0, CUT_FROM_S * SECOND)


def test_a_long_window_is_cut_behind_a_sentence() -> None:
    window, transcript = window_of(14), Transcript(one_word_a_second(13, 4, 7))
    assert shortened(window, transcript) is transcript
    assert window.start == 8 * SECOND
    assert np.array_equal(window.sound(), (np.arange(8 * SECOND, 14 * SECOND) % 30_000).astype(np.int16))


def test_without_a_sentence_the_last_committed_words_are_kept() -> None:
    window = window_of(14)
    shortened(window, Transcript(one_word_a_second(13)))
    assert window.start == (13 - KEPT_WORDS) * SECOND


def test_the_last_committed_word_ends_no_sentence_since_its_mark_may_change() -> None:
    assert cut_point(list(one_word_a_second(8, 7)), 0) == (8 - KEPT_WORDS) * SECOND


def test_a_window_without_committed_words_waits_and_is_cut_in_the_end_and_its_words_committed() -> None:
    window, transcript = window_of(20), Transcript((), one_word_a_second(20))
    assert shortened(window, transcript) is transcript
    assert window.start == 0
    window = window_of(LONGEST_S + 1)
    after = shortened(window, Transcript((), one_word_a_second(26)))
    assert window.end - window.start == CUT_FROM_S * SECOND
    assert after.committed == one_word_a_second(14)
    assert after.text == Transcript((), one_word_a_second(26)).text


def test_the_prompt_is_the_end_of_what_was_said_before_the_window_in_whole_words() -> None:
    window, transcript = window_of(14), Transcript(one_word_a_second(13))
    assert window.prompt(transcript) == ""
    window.cut_to(3 * SECOND)
    assert window.prompt(transcript) == "w0 w1 w2"
    window, many = window_of(100), Transcript(one_word_a_second(99))
    window.cut_to(99 * SECOND)
    prompt = window.prompt(many)
    assert PROMPT_CHARACTERS - 4 <= len(prompt) <= PROMPT_CHARACTERS
    assert many.text.endswith(f" {prompt}")
