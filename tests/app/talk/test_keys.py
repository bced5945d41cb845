"""What terminals send, as keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.talk.keys import Key, KeyAction, KeyReader, KittyAnswered


def read(*pieces: str) -> list[Key | KittyAnswered]:
    reader = KeyReader()
    return [key for piece in pieces for key in reader.take(piece)]


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        (" ", [Key(" ")]),
        ("ms", [Key("m"), Key("s")]),
        ("\n", [Key("\r")]),
        ("\x1b", [Key("\x1b")]),
        ("\x1b[A\x1b[1;5C\x1bOP\x1b[3~", []),
        ("a\x1b[200~b", [Key("a"), Key("b")]),
        ("\x1bx", [Key("\x1b"), Key("x")]),
        ("\x1b[32u", [Key(" ", KeyAction.PRESS, exact=True)]),
        ("\x1b[32;1:1u\x1b[32;1:2u", [Key(" ", KeyAction.PRESS, True), Key(" ", KeyAction.REPEAT, True)]),
        ("\x1b[32;1:3u", [Key(" ", KeyAction.RELEASE, True)]),
        ("\x1b[32;129:3u", [Key(" ", KeyAction.RELEASE, True)]),  # with num lock
        ("\x1b[99;5u", [Key("\x03", KeyAction.PRESS, True)]),
        ("\x1b[99;133u", [Key("\x03", KeyAction.PRESS, True)]),  # control with num lock
        ("\x1b[100;5:1u", [Key("\x04", KeyAction.PRESS, True)]),
        ("\x1b[27u\x1b[13u", [Key("\x1b", KeyAction.PRESS, True), Key("\r", KeyAction.PRESS, True)]),
        ("\x1b[97:65;2;65u", [Key("a", KeyAction.PRESS, True)]),
        ("\x1b[u\x1b[;5u\x1b[99999999u\x1b[32;1:9u\x1b[32;;u", [Key(" ", KeyAction.PRESS, True)]),
    ],
)
def test_sequences_become_keys(sent: str, keys: list[Key]) -> None:
    assert read(sent) == keys


def test_the_terminal_s_answer_is_no_key() -> None:
    (answer,) = read("\x1b[?0u")
    assert isinstance(answer, KittyAnswered)
    assert read("\x1b[?62;22c") == []


def test_a_sequence_in_two_pieces_is_put_together() -> None:
    assert read("m\x1b[32;1", ":3u") == [Key("m"), Key(" ", KeyAction.RELEASE, True)]


@given(st.lists(st.sampled_from(["\x1b[32;1:2u", " ", "\x1b[A", "m", "\x1b[?11u", "é"]), max_size=8), st.data())
def test_where_the_pieces_are_cut_does_not_matter(sent: list[str], data: st.DataObject) -> None:
    whole = "".join(sent)
    cut = data.draw(st.integers(0, len(whole)))
    if whole[:cut].endswith("\x1b"):
        cut += 1  # a lone escape is a key of its own
    assert list(map(str, map(type_or_key, read(whole[:cut], whole[cut:])))) == list(
        map(str, map(type_or_key, read(whole)))
    )


def type_or_key(key: Key | KittyAnswered) -> object:
    return key if isinstance(key, Key) else type(key)


@given(st.text(max_size=30))
def test_no_input_whatever_makes_it_fail(text: str) -> None:
    read(text, text)
