"""What was played, and when a word of it sounded."""

from __future__ import annotations

import numpy as np

from app.conversation.events import AudioDelta
from app.recorder import Span
from app.scripted.played import audible_from, audible_until, phrases, played_at, sample_of

SECOND = 24_000
ANSWER = "Let me add. That is 85."
SOUNDS = [
    AudioDelta(0.0, 1, 1, b"\1\1" * SECOND, "Let me add. ", ((0, 0), (4, 8000), (7, 16_000))),
    AudioDelta(0.0, 1, 1, b"\1\1" * SECOND, "That is 85.", ((0, 100),)),
    AudioDelta(0.0, 1, 1, b"\1\1" * SECOND, "", ((5, 9000), (8, 30_000))),
]
SPANS = [Span(1, 50.0, 0, 0, SECOND), Span(1, 53.0, 3 * SECOND, SECOND, 2 * SECOND)]


def test_phrases_keep_their_place_in_the_answer_and_in_the_sound() -> None:
    first, second = phrases(ANSWER, SOUNDS)
    assert (first.start, first.first, first.duration_s) == (0, 0, 1.0)
    assert (second.start, second.first, second.duration_s) == (12, SECOND, 2.0)
    assert second.words == ((12, SECOND + 100), (17, SECOND + 9000), (20, SECOND + 30_000))


def test_a_word_of_the_answer_is_found_in_what_was_played_behind_the_gap() -> None:
    sample = sample_of(ANSWER.index("85"), phrases(ANSWER, SOUNDS))
    assert sample == SECOND + 30_000
    assert played_at(sample, SPANS) == 53.0 + 1.25


def test_what_was_not_made_into_sound_or_not_played_has_no_time() -> None:
    assert sample_of(99, phrases(ANSWER, SOUNDS)) is None
    assert played_at(3 * SECOND, SPANS) is None


def test_silence_at_both_ends_is_not_heard() -> None:
    pcm = np.zeros(5 * SECOND, "<i2")
    pcm[2400 : 4 * SECOND] = 900
    assert audible_from(SPANS, pcm.tobytes()) == 50.1
    assert audible_until(SPANS, pcm.tobytes()) == 54.0
    assert audible_from(SPANS, bytes(10 * SECOND)) is None
