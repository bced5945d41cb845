"""Words that nobody said are not believed; words that are said often are."""

import pytest

from audio.asr.invented import believed, without_loops
from audio.asr.local_agreement import joined
from tests.audio.asr.test_local_agreement import words

FINE = {"log_probability": -0.3, "no_speech": 0.1, "compression_ratio": 1.2}


@pytest.mark.parametrize(
    ("heard", "kept"),
    [
        ("thank you. thank you. Thank you. thank you. thank you. thank you.", "thank you."),
        ("so so so so so so so so", "so"),
        ("and then I went " * 6 + "and then", "and then I went and then"),
        ("one two. " * 6 + "three", "one two. three"),
        ("no no no no", "no no no no"),
        ("two plus two plus two plus two", "two plus two plus two plus two"),
        ("bye bye", "bye bye"),
        ("two plus two plus two", "two plus two plus two"),
        ("ten times ten times nine", "ten times ten times nine"),
        ("what is the time", "what is the time"),
        ("", ""),
    ],
)
def test_a_phrase_in_a_loop_is_kept_once(heard: str, kept: str) -> None:
    assert joined(without_loops(words(heard))) == kept


def test_a_text_that_is_compressed_much_is_a_loop_sooner() -> None:
    said = words("thank you. thank you. thank you.")
    assert joined(believed(said, **FINE)) == "thank you. thank you. thank you."
    assert joined(believed(said, -0.3, 0.1, compression_ratio=2.5)) == "thank you."


def test_plain_speech_is_believed() -> None:
    assert believed(words("what is the time"), **FINE) == words("what is the time")


def test_an_improbable_stretch_that_seems_silent_is_dropped() -> None:
    assert believed(words("you"), log_probability=-1.2, no_speech=0.7, compression_ratio=0.8) == ()
    assert believed(words("you"), log_probability=-0.2, no_speech=0.7, compression_ratio=0.8) == words("you")


def test_an_improbable_stretch_is_told_but_not_trusted() -> None:
    heard = believed(words("what is the time"), log_probability=-1.2, no_speech=0.1, compression_ratio=1.0)
    assert joined(heard) == "what is the time"
    assert not any(word.sure for word in heard)


def test_a_text_that_repeats_itself_in_no_plain_way_is_dropped() -> None:
    assert believed(words("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), -0.3, 0.1, compression_ratio=3.0) == ()
    assert joined(believed(words("la la la la la la"), -0.3, 0.1, compression_ratio=3.0)) == "la"


@pytest.mark.parametrize("text", ["Thanks for watching!", "Please subscribe.", "Untertitel der Amara.org-Community"])
def test_what_subtitles_say_where_nobody_speaks_is_dropped(text: str) -> None:
    assert believed(words(text), **FINE) == ()
    assert believed(words(f"he said {text}"), **FINE) != ()
