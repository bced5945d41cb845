"""The language model of the recogniser: made from what may be said, complete, and the same every time."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.recognizer_check import score, word_errors
from app.demo.recognizer_lm import (
    FOLDER,
    NAME,
    Wordings,
    as_said,
    dictionary_lines,
    pronunciations,
    sentences,
    with_and,
    with_filler,
)
from app.demo.trigram import END, START, Trigrams, arpa_lines, estimate
from audio.turns.backchannel import is_backchannel

SENTENCES = ["what is one plus two", "what is two plus one", "what is one", "thank you"] * 3


@pytest.fixture(scope="module")
def wordings() -> Wordings:
    return Wordings.read(FOLDER / f"{NAME}.toml")


def probability(model: Trigrams, *words: str) -> float:
    """Of the last word after the others, with backing off as a decoder does it."""
    table = model.probabilities[len(words) - 1]
    if words in table:
        return table[words]
    return model.left_over[len(words) - 2].get(words[:-1], 1.0) * probability(model, *words[1:])


@pytest.mark.parametrize(
    "before", [("what",), ("plus",), ("what", "is"), ("is", "one"), (START, "what"), ("never", "seen")]
)
def test_what_may_follow_adds_up_to_one(before: tuple[str, ...]) -> None:
    model = estimate(SENTENCES, discount=0.5, min_count=1)
    words = {word for sentence in SENTENCES for word in sentence.split()} | {END}
    assert sum(probability(model, *before, word) for word in words) == pytest.approx(1.0)


def test_rare_trigrams_are_left_out_of_the_file() -> None:
    everything = estimate([*SENTENCES, "what now then"], 0.5, min_count=1)
    pruned = estimate([*SENTENCES, "what now then"], 0.5, min_count=2)
    assert ("what", "now", "then") in everything.probabilities[2]
    assert ("what", "now", "then") not in pruned.probabilities[2]


def test_the_file_says_how_much_it_holds() -> None:
    lines = list(arpa_lines(estimate(SENTENCES, 0.5, 1)))
    told = [int(line.partition("=")[2]) for line in lines if line.startswith("ngram ")]
    found = [
        sum(bool(re.match(rf"-[\d.]+( \S+){{{order}}}( -?[\d.]+)?$", line)) for line in lines) for order in (1, 2, 3)
    ]
    assert told == [len(table) + (order == 0) for order, table in enumerate(estimate(SENTENCES, 0.5, 1).probabilities)]
    assert found[2] == told[2] + told[1]  # a bigram with its left over looks like a trigram without


def test_every_word_that_may_be_said_can_be_pronounced(wordings: Wordings) -> None:
    words = {word for sentence in sentences(Random(5), wordings, 3000) for word in sentence.split()}
    sounds = pronunciations(words)
    assert set(sounds) >= words
    assert all(variants and all(variants) for variants in sounds.values())


def test_the_shipped_dictionary_knows_every_word_of_the_shipped_model() -> None:
    lines = (FOLDER / f"{NAME}.lm").read_text(encoding="utf-8").split("\\2-grams:")[0].splitlines()
    words = {line.split()[1] for line in lines if line.startswith("-")} - {START, END}
    entries = (FOLDER / f"{NAME}.dict").read_text(encoding="utf-8").splitlines()
    assert words == {re.sub(r"\(\d+\)$", "", entry.split()[0]) for entry in entries}
    assert {"forty", "plus", "apples", "tuesday", "sotto"} <= words


def test_sentences_are_words_only_and_the_same_for_the_same_seed(wordings: Wordings) -> None:
    said = list(sentences(Random(3), wordings, 300))
    assert all(re.fullmatch(r"[a-z']+( [a-z']+)*", sentence) for sentence in said)
    assert said == list(sentences(Random(3), wordings, 300))


def test_a_further_pronunciation_is_numbered() -> None:
    assert list(dictionary_lines({"a": ("AH", "EY")})) == ["a AH", "a(2) EY"]


def test_written_questions_become_what_is_said() -> None:
    assert as_said("What's 47 + 38, please?") == "what's forty seven plus thirty eight please"
    assert as_said("It is 3:45.") == "it is three forty five"


def test_back_channels_stop_words_and_fillers_are_expected(wordings: Wordings) -> None:
    said = list(sentences(Random(4), wordings, 6000))
    assert {"mhm", "uh huh", "got it", "stop", "cancel", "nevermind"} <= set(said)
    assert all(is_backchannel(reply, 300, 20) for reply in wordings.backchannels)
    assert not any(is_backchannel(command, 300, 20) for command in wordings.commands)
    assert any(re.search(r"(um|uh) (one|two|three|twenty|thirty)", sentence) for sentence in said)


def test_a_word_of_the_dictionary_may_have_further_pronunciations() -> None:
    sounds = pronunciations({"mhm", "sotto", "nine"})
    assert sounds["sotto"] == ("S AA T OW",)
    assert sounds["nine"] == ("N AY N",)
    assert sounds["mhm"][0] == "AH M HH AH M" and "M HH M" in sounds["mhm"]
    with pytest.raises(KeyError, match="qwzx"):
        pronunciations({"qwzx"})


@given(st.integers(0, 1000))
def test_a_filler_stands_before_a_number(seed: int) -> None:
    said = with_filler(Random(seed), "what is nine plus four")
    assert re.sub(r"(um|uh) (?=nine|four)", "", said) == "what is nine plus four"


@given(st.integers(0, 1000))
def test_and_is_only_put_between_a_hundred_and_the_rest(seed: int) -> None:
    said = with_and(Random(seed), "one hundred five plus two hundred dollars and three thousand six")
    assert said.replace("hundred and five", "hundred five").replace("thousand and six", "thousand six") == (
        "one hundred five plus two hundred dollars and three thousand six"
    )


def test_word_errors_are_changes_additions_and_losses() -> None:
    assert word_errors(["a", "b", "c"], ["a", "x", "c", "d"]) == 2
    assert word_errors([], ["a", "b"]) == 2
    result = score("a b c", "a c") + score("d", "d")
    assert (result.wrong_words, result.words, result.right, result.sentences) == (1, 4, 1, 2)
