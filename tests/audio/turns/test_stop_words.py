"""Who only says "stop" gets silence, who says more gets an answer."""

import pytest

from audio.turns.stop_words import is_stop, may_be_stop


@pytest.mark.parametrize(
    "text",
    ["stop", "Stop!", "stop, stop, stop", "no stop please", "Never mind, thanks.", "okay, that’s enough", "cancel"],
)
def test_who_only_asks_to_stop_asks_for_nothing_else(text: str) -> None:
    assert is_stop(text) and may_be_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "please",
        "no",
        "thank you",
        "stop at the third step",
        "when does the bus stop",
        "cancel my order",
        "never",
        "ok",
    ],
)
def test_who_says_more_or_less_is_heard_as_ever(text: str) -> None:
    assert not is_stop(text)


@pytest.mark.parametrize(
    ("text", "may_be"),
    [("never", True), ("no never", True), ("that's", True), ("no", False), ("cancel my", False), ("", False)],
)
def test_the_beginning_of_an_utterance_tells_whether_it_may_still_be_one(text: str, may_be: bool) -> None:
    assert may_be_stop(text) is may_be


def test_other_languages_have_tables_of_their_own_and_stop_is_understood_in_all() -> None:
    assert is_stop("hör auf bitte", "de") and not is_stop("hör auf bitte")
    assert is_stop("ça suffit", "fr") and is_stop("stop", "fi")
    assert not is_stop("para que sirve", "es")
