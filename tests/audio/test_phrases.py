"""Phrases: the text is cut where a speaker would breathe, and nowhere else."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.phrases import Phrase, PhraseSplitter

WORDS = st.sampled_from(
    ["the", "answer", "is", "So", "well", "47", "1,200", "3.5", "12:30", "$5.50", "-4", "e.g.", "Dr.", "p.m.", "85",
     "Tom", "forty", "seven", "one", "hundred", "x^2", "**bold**", "`a b`", "$x + 1$", "[a link](http://a.b/c d)"]
)  # fmt: skip
JOINTS = st.sampled_from([" ", " ", " ", ", ", ". ", "? ", "! ", ": ", "; ", "\n", "\n\n", "... "])
TEXTS = st.lists(st.tuples(WORDS, JOINTS), min_size=1, max_size=25).map(lambda pairs: "".join(w + j for w, j in pairs))
NUMBER = re.compile(r"\$?\d+(?:[.,:]\d+)*")


def split(text: str, cuts: list[int], splitter: PhraseSplitter) -> list[Phrase]:
    """The phrases of a text that arrives in pieces, one a tenth of a second."""
    phrases: list[Phrase] = []
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        phrases += splitter.push(text[start:end], number / 10)
    return phrases + splitter.flush()


def all_at_once(text: str) -> list[str]:
    return [phrase.text.strip() for phrase in split(text, [], PhraseSplitter())]


@given(TEXTS, st.lists(st.integers(0, 500), max_size=30))
def test_phrases_joined_are_the_text(text: str, cuts: list[int]) -> None:
    phrases = split(text, cuts, PhraseSplitter())
    assert "".join(phrase.text for phrase in phrases).rstrip() == text.rstrip()
    for phrase in phrases:
        assert text[phrase.start : phrase.end] == phrase.text
        assert phrase.text.strip()


@given(TEXTS, st.lists(st.integers(0, 500), max_size=30))
def test_no_cut_falls_inside_a_number_a_time_or_a_word(text: str, cuts: list[int]) -> None:
    inside_numbers = {spot for found in NUMBER.finditer(text) for spot in range(found.start() + 1, found.end())}
    for phrase in split(text, cuts, PhraseSplitter())[:-1]:
        assert phrase.end not in inside_numbers
        assert text[phrase.end - 1].isspace()
        assert "\n" in phrase.text or not phrase.text.rstrip().endswith((" e.g.", " Dr."))
    for opened, closed in (("`a b`", "`"), ("$x + 1$", "$"), ("[a link](http://a.b/c d)", "[")):
        for phrase in split(text, cuts, PhraseSplitter())[:-1]:
            assert phrase.text.count(closed) >= phrase.text.count(opened)
            assert phrase.text.count("`") % 2 == 0
            assert phrase.text.count("[a link](") == phrase.text.count("c d)")


@given(TEXTS, st.integers(0, 500))
def test_a_stalled_text_is_cut_after_whole_words_and_never_inside_a_number(text: str, cut: int) -> None:
    splitter = PhraseSplitter(max_wait_s=0.6)
    first = text[: cut % (len(text) + 1)]
    if re.search(r"[.!?…]\W*$", first):  # a full stop at the very end is the end of a sentence, see below
        return
    phrases = splitter.push(first, 0.0) + splitter.due(0.7) + splitter.push(text[len(first) :], 0.8) + splitter.flush()
    assert "".join(phrase.text for phrase in phrases).rstrip() == text.rstrip()
    for phrase in phrases[:-1]:
        assert text[phrase.end - 1].isspace()
        assert not re.search(r"\b(forty|one|hundred) +$", text[: phrase.end]) or phrase.end > len(first)


def test_sentences_clauses_and_lines_end_phrases() -> None:
    text = "First I add 47 and 38, then I stop. Is that right? Yes!\n1. One\n2. Two\n"
    assert all_at_once(text) == ["First I add 47 and 38,", "then I stop.", "Is that right?", "Yes!", "1. One", "2. Two"]


@pytest.mark.parametrize(
    "whole",
    [
        "So, it is 1,200 and 3.5 and 12:30 at 5 p.m. today.",
        "It is e.g. 5 i.e. five vs. 6 etc. for Dr. Smith.",
        "Well... maybe it is.",
        "Take $x. y$ and `a. b` now.",
        "See [this. page](http://a.b/c) now.",
        "It is **very. much** so.",
        "The initials are J. S. Bach here.",
    ],
)
def test_a_sentence_stays_whole(whole: str) -> None:
    assert all_at_once(f"{whole} The next one is here.")[0] == whole


def test_an_opened_sign_that_is_never_closed_does_not_silence_the_answer() -> None:
    text = "This costs ** something. " + "And this goes on for a while. " * 30
    assert len(all_at_once(text)) > 5


def test_a_stalled_sentence_is_spoken_up_to_its_last_whole_word() -> None:
    splitter = PhraseSplitter(max_wait_s=0.6)
    assert splitter.push("the answer to that is eigh", 10.0) == []
    assert splitter.due(10.5) == []
    assert splitter.due_at_s == pytest.approx(10.6)
    assert splitter.due(10.6) == [Phrase("the answer to that is ", 0, 22)]
    assert splitter.due(11.0) == []
    assert splitter.push("teen. ", 11.5) == []
    assert splitter.flush() == [Phrase("eighteen. ", 22, 32)]
    assert splitter.due_at_s is None


@pytest.mark.parametrize(
    ("stalled", "said"),
    [
        ("they meet at 5 ", "they meet at "),
        ("there are forty ", "there are "),
        ("there are one hundred ", "there are "),
        ("it costs $", "it costs "),
        ("it is Dr. ", "it is "),
        ("the sum is 85", "the sum is "),
        ("the sum is 85, ", "the sum is 85, "),
        ("take `a b", "take "),
        ("five ", None),
    ],
)
def test_a_stalled_sentence_is_not_cut_where_a_word_may_belong_to_the_next(stalled: str, said: str | None) -> None:
    splitter = PhraseSplitter(max_wait_s=0.6)
    phrases = splitter.push(stalled, 0.0) + splitter.due(1.0)
    assert [phrase.text for phrase in phrases] == ([] if said is None else [said])


def test_a_full_stop_at_the_end_of_a_stalled_text_ends_the_sentence() -> None:
    splitter = PhraseSplitter()
    assert splitter.push("so the answer is 85.", 0.0) == []
    assert [phrase.text for phrase in splitter.due(1.0)] == ["so the answer is 85."]


def test_white_space_alone_is_no_phrase() -> None:
    splitter = PhraseSplitter()
    assert splitter.push("\n\n", 0.0) + splitter.due(5.0) + splitter.flush() == []


def test_a_waiting_time_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="max_wait_s"):
        PhraseSplitter(max_wait_s=0)
