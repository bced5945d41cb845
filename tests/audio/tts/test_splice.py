"""A phrase that broke off goes on: no word lost, none said again without need, every word marked where it begins.

The voice of these tests says word number i as samples of value i + 1, so that what was said can be read off.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audio.pcm import Pcm
from audio.tts.splice import ESTIMATE_SLACK_WORDS, FromWord, Progress, Splice, WithinWord
from audio.tts.worker_protocol import SpokenWord

LENGTHS = st.lists(st.integers(5, 40), min_size=1, max_size=8)
LIVES = st.lists(st.tuples(st.integers(1, 30), st.floats(0, 1), st.integers(-4, 4)), min_size=1, max_size=3)
"""Of every life: how long its pieces are, how much of its sound comes, how much longer it says every word."""


def text_of(words: int) -> str:
    return " ".join(f"w{index}" for index in range(words))


def spoken(lengths: Sequence[int], text_start: int, longer: int) -> tuple[Pcm, list[SpokenWord]]:
    """What the voice makes of the text from there on, offsets counted from there."""
    first = text_of(len(lengths))[:text_start].count(" ")
    sound, words, sample = [], [], 0
    for index in range(first, len(lengths)):
        words.append(SpokenWord(3 * index - text_start, 2, sample))
        sound.append(np.full(lengths[index] + longer, index + 1, np.int16))
        sample += lengths[index] + longer
    return np.concatenate(sound), words


def feed(splice: Splice, pcm: Pcm, words: list[SpokenWord], piece: int, until: int) -> Pcm:
    """Hands the sound over in pieces, as far as it comes, words with the piece in which they begin."""
    out = []
    for start in range(0, until, piece):
        end = min(start + piece, until)
        begun = [word for word in words if start <= word.sample < end]
        out.append(splice.push(pcm[start:end], begun)[0])
    return np.concatenate([*out, pcm[:0]])


def said(sound: Pcm) -> list[int]:
    """Which words, in which order; one that is begun anew after another counts again."""
    values = [int(value) - 1 for value in sound]
    return [value for index, value in enumerate(values) if index == 0 or values[index - 1] != value]


def live(
    lengths: Sequence[int], lives: list[tuple[int, float, int]], repeats: bool, again: bool
) -> tuple[Pcm, Progress]:
    """The whole phrase over several lives, of which the last is not broken off."""
    progress, sound = Progress(), []
    for number, (piece, share, longer) in enumerate(lives):
        splice: Splice = WithinWord(progress, lambda: again) if number and repeats else FromWord(progress)
        pcm, words = spoken(lengths, splice.text_start, longer)
        until = len(pcm) if number == len(lives) - 1 else round(share * len(pcm))
        sound.append(feed(splice, pcm, words, piece, until))
    return np.concatenate(sound), progress


@given(LENGTHS, LIVES)
def test_a_voice_that_repeats_itself_goes_on_within_the_word(
    lengths: list[int], lives: list[tuple[int, float, int]]
) -> None:
    same = [(piece, share, 0) for piece, share, _ in lives]
    sound, _ = live(lengths, same, repeats=True, again=False)
    assert sound.tolist() == spoken(lengths, 0, 0)[0].tolist(), "not a sample is lost or said twice"


@example([20, 20, 20], [(1, 0.375, -3), (1, 0.0, 0), (1, 0.0, 0)])  # a life that ends before its first sound
@given(st.lists(st.integers(20, 40), min_size=1, max_size=8), LIVES)
def test_a_voice_that_repeats_itself_roughly_says_every_word_once(
    lengths: list[int], lives: list[tuple[int, float, int]]
) -> None:
    sound, _ = live(lengths, lives, repeats=True, again=False)
    assert said(sound) == list(range(len(lengths)))


@given(LENGTHS, LIVES, st.booleans(), st.booleans())
def test_no_word_is_lost_and_marks_stand_where_words_begin(
    lengths: list[int], lives: list[tuple[int, float, int]], repeats: bool, again: bool
) -> None:
    same = [(piece, share, 0) for piece, share, _ in lives]
    sound, progress = live(lengths, same, repeats, again)
    heard = said(sound)
    assert set(heard) == set(range(len(lengths)))
    assert all(later - earlier <= 1 for earlier, later in pairwise(heard)), "none is skipped"
    assert progress.samples == len(sound)
    assert [word.text_start for word in progress.words] == [3 * index for index in range(len(lengths))]
    for index, word in enumerate(progress.words):
        assert sound[word.sample] == index + 1


@given(LENGTHS, st.floats(0, 1), st.integers(1, 30))
def test_a_voice_that_cannot_repeat_itself_says_few_words_again(lengths: list[int], share: float, piece: int) -> None:
    heard = said(live(lengths, [(piece, share, 0), (piece, 1.0, 3)], repeats=False, again=False)[0])
    assert len(heard) <= len(lengths) + 1 + ESTIMATE_SLACK_WORDS


@pytest.mark.parametrize(("again", "expected"), [(False, [1] * 10 + [2] * 10), (True, [1] * 10 + [2] * 4 + [2] * 10)])
def test_after_a_long_seam_the_word_is_said_from_its_beginning(again: bool, expected: list[int]) -> None:
    progress = Progress()
    pcm, words = spoken([10, 10], 0, 0)
    feed(FromWord(progress), pcm, words, piece=7, until=14)
    splice = WithinWord(progress, lambda: again)
    rest = feed(splice, pcm, words, piece=7, until=20)
    assert ([1] * 10 + [2] * 4 + rest.tolist()) == expected


def test_a_voice_that_says_a_word_elsewhere_goes_on_at_the_same_place_in_it() -> None:
    """The new sound is longer before the word that broke off; four samples into it the old sound ended."""
    progress = Progress()
    feed(FromWord(progress), *spoken([10, 10, 10], 0, 0), piece=7, until=14)
    splice = WithinWord(progress, lambda: False)
    rest = feed(splice, *spoken([16, 10, 10], 0, 0), piece=5, until=36)
    assert rest.tolist() == [2] * 6 + [3] * 10
    assert [word.sample for word in progress.words] == [0, 10, 20]


def test_words_reported_ahead_of_their_sound_are_placed_anew() -> None:
    progress = Progress()
    first = FromWord(progress)
    first.push(np.full(8, 1, np.int16), [SpokenWord(0, 2, 0), SpokenWord(3, 2, 10)])
    assert progress.sounding == 0
    splice = WithinWord(progress, lambda: True)
    pcm, words = splice.push(np.full(10, 1, np.int16), [SpokenWord(0, 2, 0), SpokenWord(3, 2, 10)])
    assert (len(pcm), words) == (10, [SpokenWord(0, 2, 8), SpokenWord(3, 2, 18)])
