"""The figures by which a stream is compared with one pass."""

import pytest

from app.streaming_check import Heard, beginning_errors, figures, revisions
from audio.asr.hypothesis import Hypothesis


def told(*texts: str) -> tuple[tuple[float, Hypothesis], ...]:
    """One guess a second; what stands before the bar is committed."""
    guesses = [text.partition("|") for text in texts]
    return tuple(
        (float(at), Hypothesis(before + rest, len(before.rstrip()) if bar else 0))
        for at, (before, bar, rest) in enumerate(guesses, start=1)
    )


def test_what_is_told_and_taken_back_counts_as_a_revision() -> None:
    partials = told("what", "what was", "what |is the", "what is the| time")
    assert revisions(Heard("", "what is the time", "", partials, 5.0, 5.0, 1.0)) == 1
    assert revisions(Heard("", "who is", "", partials, 5.0, 5.0, 1.0)) == 2


@pytest.mark.parametrize(
    ("words", "whole", "errors"), [("a b", "a b c", 0), ("a x", "a b c", 1), ("", "a", 0), ("a b c", "a", 2)]
)
def test_committed_words_are_compared_with_a_beginning(words: str, whole: str, errors: int) -> None:
    assert beginning_errors(words.split(), whole.split()) == errors


def test_figures_of_a_voice() -> None:
    good = Heard("what is 2", "what is 2", "what is 2", told("what", "what |is", "what is| 2"), 2.5, 4.0, 1.0)
    bad = Heard("what is it", "who is it", "what is it", told("who", "who |is"), 2.5, 4.0, 1.0)
    got = figures([good, bad])
    assert (got.utterances, got.same_final, got.words) == (2, 1, 6)
    assert (got.committed_speaking, got.committed_words, got.committed_wrong) == (2, 3, 1)
    assert (got.first_told_s, got.first_committed_s, got.revisions) == (1.0, 2.0, 0.0)
    assert (got.wer_streamed, got.wer_at_once, got.cpu_share) == (16.7, 0.0, 0.25)
