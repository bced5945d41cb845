"""The guess where words begin: in order, over the whole sound, longer for longer words and for marks."""

from hypothesis import given
from hypothesis import strategies as st

from audio.tts.word_estimate import LONG_PAUSE_LETTERS, letters, spread, words_of

TEXTS = st.text("ab1 ,.-", max_size=40)


@given(TEXTS, st.integers(0, 500), st.integers(0, 5000))
def test_every_word_has_a_place_within_the_sound(text: str, start: int, length: int) -> None:
    words = words_of(text)
    spoken = [piece for piece in text.split() if any(map(str.isalnum, piece))]
    assert [text[word.start :][: word.length] for word in words] == spoken
    places = [word.sample for word in spread(words, start, start + length)]
    assert places == sorted(places)
    assert all(start <= place <= start + length for place in places)
    assert not places or places[0] == start


def test_longer_words_and_pauses_take_longer() -> None:
    places = [word.sample for word in spread(words_of("a banana, a. b"), 0, 1000)]
    lasting = [later - earlier for earlier, later in zip(places, [*places[1:], 1000], strict=True)]
    assert lasting[1] > lasting[2] > lasting[0]
    assert letters("a.") - letters("a") == LONG_PAUSE_LETTERS


def test_a_mark_that_stands_alone_is_a_pause_after_the_word_before() -> None:
    assert letters("one - two") > letters("one two")
    assert letters("...") == 0
