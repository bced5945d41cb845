"""Phrases: the text is cut where a speaker would breathe, and nowhere else."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.text.phrases import Phrase, PhraseSplitter

PROTECTED = (
    "$x + 1$", "$a. b, c$", r"$3 \times \$5. y$", "$2ab. c$", r"\(x. y\)", "$$a.\n b$$", "\\[x,\n y. z\\]",
    r"\boxed{1. 2, 3}", r"\frac{a, b}{c. d}", "\\begin{cases} 1. & x \\\\\n2, & y \\end{cases}", "`a. b, c`",
    "```py\nx = 1. \n\ny\n```", "[a. link, here](http://a.b/c d)", "![it. is](c.png)", "https://a.b/c.d?e=1,2",
    "jane.doe@example.com", "**very. much, so**",
    "<think>no. never,\n\nnot ever</think>", "<tool_call>\n{1. 2}\n</tool_call>",
    "<|im_start|>assistant\n",
)  # fmt: skip
"""Each is one thing; a cut within it would be heard."""
NUMBERS = (
    "47",
    "1,200",
    "3.5",
    "12:30",
    "$5.50",
    "$1,200.",
    "-4",
    "2026-11-21",
    "21.11.2026",
    "192.168.0.1",
    "+1 555 123-4567",
)
SIMPLE = ("the", "answer", "is", "So", "well", "e.g.", "Dr.", "p.m.", "Tom", "forty", "seven", "one", "hundred", "x^2")
WORDS = st.sampled_from([*SIMPLE, "Nov.", "21", *NUMBERS, *PROTECTED])
JOINTS = st.sampled_from([" ", " ", " ", ", ", ". ", "? ", "! ", ": ", "; ", "\n", "\n\n", "... "])
TEXTS = st.lists(st.tuples(WORDS, JOINTS), min_size=1, max_size=25).map(lambda pairs: "".join(w + j for w, j in pairs))
CUTS = st.lists(st.integers(0, 700), max_size=30)
NUMBER = re.compile(r"\$?\d+(?:[.,:-]\d+)*")


def split(text: str, cuts: list[int], splitter: PhraseSplitter) -> list[Phrase]:
    """The phrases of a text that arrives in pieces, one a tenth of a second."""
    phrases: list[Phrase] = []
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        phrases += splitter.push(text[start:end], number / 10)
    return phrases + splitter.flush()


def split_with_stalls(text: str, cuts: list[int]) -> list[Phrase]:
    """The same, where the text stands still after each piece, so that the timeout flushes what it can."""
    splitter = PhraseSplitter(max_wait_s=0.6)
    phrases: list[Phrase] = []
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        phrases += splitter.push(text[start:end], float(number))
        phrases += splitter.due(number + 0.7)
    return phrases + splitter.flush()


def all_at_once(text: str) -> list[str]:
    return [phrase.text.strip() for phrase in split(text, [], PhraseSplitter())]


def inside(text: str, things: tuple[str, ...]) -> set[int]:
    """Every place within one of the things, where it stands in the text."""
    return {
        place
        for thing in things
        for found in re.finditer(re.escape(thing), text)
        for place in range(found.start() + 1, found.end())
    }


def are_the_text(phrases: list[Phrase], text: str) -> bool:
    return "".join(phrase.text for phrase in phrases).rstrip() == text.rstrip() and all(
        text[phrase.start : phrase.end] == phrase.text and phrase.text.strip() for phrase in phrases
    )


@given(TEXTS, CUTS)
def test_phrases_joined_are_the_text(text: str, cuts: list[int]) -> None:
    assert are_the_text(split(text, cuts, PhraseSplitter()), text)
    assert are_the_text(split_with_stalls(text, cuts), text)


@given(TEXTS, CUTS)
def test_however_the_text_arrives_its_phrases_are_the_same(text: str, cuts: list[int]) -> None:
    assert [phrase.text.strip() for phrase in split(text, cuts, PhraseSplitter())] == all_at_once(text)


@given(TEXTS, CUTS)
def test_no_cut_falls_inside_what_belongs_together(text: str, cuts: list[int]) -> None:
    forbidden = inside(text, PROTECTED) | {
        place for found in NUMBER.finditer(text) for place in range(found.start() + 1, found.end())
    }
    stops = {cut % (len(text) + 1) for cut in cuts if re.search(r"[.!?…]$", text[: cut % (len(text) + 1)])}
    assert not any(phrase.end in forbidden for phrase in split(text, cuts, PhraseSplitter())[:-1])
    for phrase in split_with_stalls(text, cuts)[:-1]:
        assert phrase.end not in forbidden or phrase.end in stops, "only where it stood still behind a full stop"
        assert text[phrase.end - 1].isspace() or text[phrase.end - 1] in ".!?…\"'”’)]*_"
        assert "\n" in phrase.text or not phrase.text.rstrip().endswith((" e.g.", " Dr.", " Nov."))


@given(st.text("ab .,\n$`*[]()\\<>think/{}5", max_size=60), CUTS)
def test_no_text_is_lost_or_repeated(text: str, cuts: list[int]) -> None:
    assert are_the_text(split(text, cuts, PhraseSplitter()), text)
    assert are_the_text(split_with_stalls(text, cuts), text)


@given(TEXTS, st.integers(0, 700))
def test_a_stalled_text_is_cut_after_whole_words_and_never_inside_a_number(text: str, cut: int) -> None:
    splitter = PhraseSplitter(max_wait_s=0.6)
    first = text[: cut % (len(text) + 1)]
    if re.search(r"[.!?…]\W*$", first):  # a full stop at the very end is the end of a sentence, see below
        return
    phrases = splitter.push(first, 0.0) + splitter.due(0.7) + splitter.push(text[len(first) :], 0.8) + splitter.flush()
    for phrase in phrases[:-1]:
        assert text[phrase.end - 1].isspace()
        assert not re.search(r"\b(forty|one|hundred|Nov\.) +$", text[: phrase.end]) or phrase.end > len(first)


def test_sentences_clauses_and_lines_end_phrases() -> None:
    text = "First I add 47 and 38, then I stop. Is that right? Yes!\n1. One\n2. Two\n"
    assert all_at_once(text) == ["First I add 47 and 38,", "then I stop.", "Is that right?", "Yes!", "1. One", "2. Two"]


@pytest.mark.parametrize(
    "whole",
    [
        "So, it is 1,200 and 3.5 and 12:30 at 5 p.m. today.",
        "It is e.g. 5 i.e. five vs. 6 etc. for Dr. Smith.",
        "It is due on Nov. 21 at No. 5.",
        "Well... maybe it is.",
        "The initials are J. S. Bach here.",
        "It costs $5. so it is cheap.",
        *(f"Take {thing.strip()} and go." for thing in PROTECTED if "im_start" not in thing),
    ],
)
def test_a_sentence_stays_whole(whole: str) -> None:
    assert all_at_once(f"{whole} The next one is here.")[0] == whole


@pytest.mark.parametrize(
    "opened",
    ["This costs ** something. ", "In a [ bracket. ", "It is $x or so. ", "A `tick here. ", "About $5 then. ",
     "\\frac{1 is. "],
)  # fmt: skip
def test_an_opened_sign_that_is_never_closed_does_not_silence_the_answer(opened: str) -> None:
    assert len(all_at_once(opened + "And this goes on for a while. " * 30)) > 5


def test_prices_wait_no_longer_than_a_word() -> None:
    splitter = PhraseSplitter()
    assert splitter.push("It costs $5. T", 0.0) == []
    assert [phrase.text for phrase in splitter.push("he", 0.1)] == ["It costs $5. "]


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
        ("it costs $5.", "it costs $5."),
        ("it is Dr. ", "it is "),
        ("it is in Nov ", "it is in "),
        ("the sum is 85", "the sum is "),
        ("the sum is 85, ", "the sum is 85, "),
        ("take `a b", "take "),
        (r"take \frac{1}{ ", "take "),
        ("take <think>I wonder. ", "take "),
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
