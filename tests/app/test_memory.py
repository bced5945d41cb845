"""How much room keys and values get."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import SettingsError
from app.memory import CONVERSATIONS, free_computer_bytes, kv_budget

SHORTEST, LONGEST = 100, 1000


def need(conversation_tokens: int) -> int:
    return conversation_tokens + conversation_tokens // 4 + 384


def budget(asked: int | None, most: int | None) -> tuple[int, int]:
    return kv_budget(asked, most, SHORTEST, LONGEST, need)


def test_by_default_there_is_room_for_several_of_the_longest_conversations() -> None:
    assert budget(None, None) == (LONGEST, CONVERSATIONS * need(LONGEST))


def test_what_was_asked_for_is_given_even_if_the_memory_looks_too_small() -> None:
    assert budget(5000, 800) == (LONGEST, 5000)


def test_little_memory_makes_room_for_fewer_and_at_last_for_shorter_conversations() -> None:
    assert budget(None, 2 * need(LONGEST)) == (LONGEST, 2 * need(LONGEST))
    assert budget(None, need(500)) == (500, need(500))


@pytest.mark.parametrize(
    ("asked", "most", "told"),
    [(300, None, r"--kv-tokens 300 is too little"), (None, 40, r"free memory holds 40 tokens, which is too little")],
)
def test_too_little_for_one_conversation_is_an_error(asked: int | None, most: int | None, told: str) -> None:
    with pytest.raises(SettingsError, match=f"{told} for one conversation; give at least {need(SHORTEST)}"):
        budget(asked, most)


@given(asked=st.none() | st.integers(need(SHORTEST), 10**6), most=st.none() | st.integers(need(SHORTEST), 10**6))
def test_the_longest_conversation_that_fits_is_allowed(asked: int | None, most: int | None) -> None:
    conversation, everything = budget(asked, most)
    assert SHORTEST <= conversation <= LONGEST and need(conversation) <= everything
    assert conversation == LONGEST or need(conversation + 1) > everything


def test_the_free_memory_of_linux_is_what_it_calls_available(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:       8000 kB\nMemFree:        100 kB\nMemAvailable:   2000 kB\n")
    assert free_computer_bytes(meminfo) == 2000 * 1024


def test_elsewhere_half_of_the_whole_memory_counts_as_free(tmp_path: Path) -> None:
    found = free_computer_bytes(tmp_path / "there is none")
    assert found is None or found > 10**8
