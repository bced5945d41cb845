"""Stop sequences in a text that comes in pieces."""

from hypothesis import given
from hypothesis import strategies as st

from app.api.stop import StopCutter

LETTERS = st.text("ab\n", max_size=30)
STOPS = st.lists(st.text("ab\n", min_size=1, max_size=4), max_size=4)


def told(pieces: list[str], stops: list[str]) -> tuple[str, bool]:
    cutter = StopCutter(stops)
    text = "".join(cutter.push(piece) for piece in pieces)
    return text + cutter.flush(), cutter.met


def earliest(text: str, stops: list[str]) -> tuple[str, bool]:
    """The reference: look at the growing text after every character."""
    for end in range(len(text) + 1):
        found = [text[:end].find(stop) for stop in stops if stop in text[:end]]
        if found:
            return text[: min(found)], True
    return text, False


@given(st.lists(LETTERS, max_size=8), STOPS)
def test_character_by_character_the_text_ends_before_the_first_stop_that_is_complete(
    pieces: list[str], stops: list[str]
) -> None:
    text = "".join(pieces)
    assert told(list(text), stops) == earliest(text, stops)


@given(st.lists(LETTERS, max_size=8), STOPS)
def test_nothing_told_in_pieces_has_a_stop_in_it_or_is_lost(pieces: list[str], stops: list[str]) -> None:
    text = "".join(pieces)
    given_text, met = told(pieces, stops)
    assert text.startswith(given_text) and met == any(stop in text for stop in stops)
    assert not any(stop in given_text for stop in stops)
    assert met or given_text == text


def test_what_may_begin_a_stop_waits_and_comes_when_it_was_none() -> None:
    cutter = StopCutter(["END"])
    assert [cutter.push(piece) for piece in ("so E", "N", "T", " EN")] == ["so ", "", "ENT", " "]
    assert cutter.flush() == "EN"


def test_without_stops_text_goes_through() -> None:
    assert StopCutter().push("so") == "so"
