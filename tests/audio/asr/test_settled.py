"""What was given away of a growing transcript is never written otherwise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.asr.settled import settled_count
from audio.asr.transcript import digits
from tests.audio.asr.test_transcript import in_words

LINES = (
    "what is it's at a the one two five nine ten twelve nineteen twenty forty hundred thousand million and point oh",
    "plus minus times quarter half past to minutes o'clock of another which no first apples then now percent 7 47 3:45",
    "forty-seven Two Hundred",
)
WORDS = [word for line in LINES for word in line.split()]
MARKS = ("", "", "", "", ",", ".", "?")
spoken = st.lists(st.builds("{}{}".format, st.sampled_from(WORDS), st.sampled_from(MARKS)), max_size=14)


def settled(text: str) -> str:
    """What can be given away of a text that still grows."""
    words = text.split()
    return digits(" ".join(words[: settled_count(words)]))


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("what is forty", "what is"),
        ("what is forty seven", "what is"),
        ("what is forty seven plus", "what is 47 plus"),
        ("one hundred and", ""),
        ("it is three oh", "it is"),
        ("i have a", "i have"),
        ("salt and", "salt and"),
        ("what is three point", "what is"),
        ("what is three point oh", "what is"),
        ("it is a quarter", "it is"),
        ("it is ten minutes past", "it is"),
        ("wait ten minutes for me", "wait 10 minutes for me"),
        ("is five to nine", "is"),
        ("is five to nine what", "is 8:55 what"),
        ("What is Forty-Seven,", "What is"),
        ("it costs two thousand, ", "it costs"),
        ("it costs 47", "it costs"),
        ("it is half", "it is"),
        ("half of", "half of"),
        ("", ""),
    ],
)
def test_a_number_that_may_go_on_is_not_in_a_partial_transcript(heard: str, wanted: str) -> None:
    assert settled(heard) == wanted


@settings(deadline=None)
@given(st.integers(0, 99_999), st.integers(0, 99_999))
def test_partial_transcripts_of_a_growing_sum_are_only_ever_added_to(a: int, b: int) -> None:
    words = f"what is {in_words(a, True)} plus {in_words(b, True)} and then".split()
    final = digits(" ".join(words))
    for count in range(len(words) + 1):
        assert final.startswith(settled(" ".join(words[:count])))


@settings(deadline=None)
@given(spoken)
def test_what_is_settled_stays_whatever_comes(words: list[str]) -> None:
    final = digits(" ".join(words))
    counts = [settled_count(words[:end]) for end in range(len(words) + 1)]
    assert counts == sorted(counts)
    for count in counts:
        assert final.startswith(digits(" ".join(words[:count])))


@settings(deadline=None)
@given(spoken)
def test_what_is_settled_stays_when_it_is_written_a_second_time(words: list[str]) -> None:
    final = digits(digits(" ".join(words)))
    for end in range(len(words) + 1):
        assert final.startswith(digits(settled(" ".join(words[:end]))))
