"""What says "go on", and what says something."""

import pytest

from audio.turns.backchannel import LONGEST_MS, is_backchannel, may_be_backchannel


@pytest.mark.parametrize(
    "text",
    ["mhm", "Mm-hmm.", "uh-huh", "uh huh", "yeah", "Yeah, yeah.", "okay", "OK", "right", "I see.", "oh okay I see", "",
     "hm", "All right", "ah, of course"],
)  # fmt: skip
def test_a_listener_is_no_speaker(text: str) -> None:
    assert is_backchannel(text, 400, 25)


@pytest.mark.parametrize(
    "text",
    ["stop", "no", "wait", "what", "no wait", "12", "twelve", "okay stop", "yeah but", "right and what is 12 plus 7",
     "why", "hello", "thank you", "not right", "make that 25", "I see a problem", "one"],
)  # fmt: skip
@pytest.mark.parametrize(("voiced_ms", "level_db"), [(0, 0), (150, 3), (900, 30)])
def test_real_words_are_never_a_back_channel(text: str, voiced_ms: float, level_db: float) -> None:
    assert not is_backchannel(text, voiced_ms, level_db)


def test_a_long_loud_sound_without_words_is_somebody_who_was_not_understood() -> None:
    assert is_backchannel("", 300, 30)
    assert is_backchannel("", 4000, 3)
    assert not is_backchannel("", 4000, 30)


def test_a_short_word_that_took_long_was_more_than_was_understood() -> None:
    assert not is_backchannel("okay", LONGEST_MS + 1, 30)


def test_languages_have_their_own() -> None:
    assert is_backchannel("genau", 300, 20, "de")
    assert is_backchannel("ja, ach so", 300, 20, "de")
    assert is_backchannel("d’accord", 300, 20, "fr")
    assert is_backchannel("sí claro", 300, 20, "es")
    assert is_backchannel("ho capito", 300, 20, "it")
    assert is_backchannel("mhm", 300, 20, "tr")
    assert not is_backchannel("genau", 300, 20, "en")
    assert not is_backchannel("nein", 300, 20, "de")


@pytest.mark.parametrize("text", ["", "i", "I see", "all", "of", "okay that makes", "yeah uh", "got"])
def test_a_beginning_may_become_a_back_channel(text: str) -> None:
    assert may_be_backchannel(text)


@pytest.mark.parametrize("text", ["i want", "stop", "all of", "okay stop", "no", "see", "12", "i see a"])
def test_a_beginning_with_a_real_word_does_not(text: str) -> None:
    assert not may_be_backchannel(text)
