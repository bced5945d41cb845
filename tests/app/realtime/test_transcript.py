"""Agreed words are whole words that two hypotheses share from the start."""

from hypothesis import given
from hypothesis import strategies as st

from app.realtime.transcript import agreed_length

sentences = st.lists(st.sampled_from(["one", "two", "three", "twenty"]), max_size=6).map(" ".join)


def test_a_word_that_grew_is_not_agreed() -> None:
    assert agreed_length("what is seven", "what is seventeen") == len("what is")


def test_nothing_is_agreed_with_nothing() -> None:
    assert agreed_length("", "hello") == 0


@given(sentences, sentences)
def test_agreement_is_a_common_run_of_whole_words(previous: str, current: str) -> None:
    agreed = current[: agreed_length(previous, current)].split()
    assert previous.split()[: len(agreed)] == current.split()[: len(agreed)] == agreed
    rest = zip(previous.split()[len(agreed) :], current.split()[len(agreed) :], strict=False)
    assert all(before != now for before, now in list(rest)[:1])
