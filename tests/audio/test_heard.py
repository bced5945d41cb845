"""What was heard: whole words only, and never more than was played."""

import re

from hypothesis import given
from hypothesis import strategies as st

from audio.heard import SpokenPhrase, heard_in_answer, heard_in_phrase
from audio.tts.synthesizer import WordMark

WORDS = st.sampled_from(["47", "plus", "38", "is", "85,", "so", "(well)", "12:30."])
ANSWER_WORDS = st.lists(WORDS, min_size=1, max_size=8)


def phrase_of(words: list[str], start: int = 0, lead: str = "", gap_samples: int = 1000) -> SpokenPhrase:
    """A phrase in which every word lasts equally long."""
    text = lead + " ".join(words) + " "
    starts = [found.start() for found in re.finditer(r"\S+", text)]
    numbered = enumerate(zip(starts, words, strict=True))
    marks = tuple(WordMark(at, len(word), number * gap_samples) for number, (at, word) in numbered)
    return SpokenPhrase(text, start, marks, len(words) * gap_samples)


def test_a_word_is_heard_when_the_next_one_has_begun() -> None:
    phrase = phrase_of(["47", "plus", "38,", "so"])
    assert heard_in_phrase(phrase, 0) == 0
    assert heard_in_phrase(phrase, 1000) == 0
    assert phrase.text[: heard_in_phrase(phrase, 1001)] == "47"
    assert phrase.text[: heard_in_phrase(phrase, 2500)] == "47 plus"
    assert phrase.text[: heard_in_phrase(phrase, 3999)] == "47 plus 38,"
    assert heard_in_phrase(phrase, 4000) == len(phrase.text)


def test_a_phrase_still_being_made_is_not_heard_whole() -> None:
    phrase = phrase_of(["47", "plus"])
    growing = SpokenPhrase(phrase.text, 0, phrase.words, phrase.samples, complete=False)
    assert growing.text[: heard_in_phrase(growing, phrase.samples)] == "47"


def test_phrases_are_heard_one_after_the_other() -> None:
    first = phrase_of(["one", "two"])
    second = phrase_of(["three", "four"], start=len(first.text))
    answer = first.text + second.text
    assert answer[: heard_in_answer([first, second], 1500)] == "one"
    assert answer[: heard_in_answer([first, second], 2000)] == "one two "
    assert answer[: heard_in_answer([first, second], 3001)] == "one two three"
    assert heard_in_answer([first, second], 10_000) == len(answer)
    assert heard_in_answer([], 10_000) == 0


@given(st.lists(ANSWER_WORDS, min_size=1, max_size=4), st.integers(0, 40_000))
def test_what_was_heard_ends_with_a_whole_word_that_was_played(phrases_words: list[list[str]], played: int) -> None:
    phrases: list[SpokenPhrase] = []
    for words in phrases_words:
        phrases.append(phrase_of(words, start=sum(len(phrase.text) for phrase in phrases)))
    answer = "".join(phrase.text for phrase in phrases)
    heard = answer[: heard_in_answer(phrases, played)]
    assert len(heard.split()) <= played // 1000 + 1
    assert answer.split()[: len(heard.split())] == heard.split()
    assert len(answer) == len(heard) or answer[len(heard)].isspace() or answer[len(heard) - 1].isspace()


@given(ANSWER_WORDS, st.integers(0, 9000), st.integers(0, 9000))
def test_more_played_is_never_less_heard(words: list[str], earlier: int, more: int) -> None:
    phrase = phrase_of(words, lead=" ")
    assert heard_in_phrase(phrase, earlier) <= heard_in_phrase(phrase, earlier + more)
