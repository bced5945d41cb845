"""How much room keys and values get."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import SettingsError
from app.memory import CONVERSATIONS, OVERHEAD_TOKENS, free_computer_bytes, kv_budget


def test_by_default_there_is_room_for_several_of_the_longest_conversations() -> None:
    assert kv_budget(None, 1000, None) == (1000, CONVERSATIONS * (2000 + OVERHEAD_TOKENS))


def test_what_was_asked_for_is_given_even_if_the_memory_looks_too_small() -> None:
    assert kv_budget(5000, 1000, 800) == (1000, 5000)


def test_little_memory_makes_room_for_fewer_and_at_last_for_shorter_conversations() -> None:
    assert kv_budget(None, 1000, 2 * (2000 + OVERHEAD_TOKENS)) == (1000, 2 * (2000 + OVERHEAD_TOKENS))
    assert kv_budget(None, 1000, 1384) == ((1384 - OVERHEAD_TOKENS) // 2, 1384)


@pytest.mark.parametrize(
    ("asked", "most", "told"),
    [(300, None, r"--kv-tokens 300 is too little"), (None, 40, r"free memory holds 40 tokens, which is too little")],
)
def test_too_little_for_one_conversation_is_an_error(asked: int | None, most: int | None, told: str) -> None:
    with pytest.raises(SettingsError, match=f"{told} for one conversation; give at least {2 * OVERHEAD_TOKENS}"):
        kv_budget(asked, 1000, most)


@given(
    asked=st.none() | st.integers(2 * OVERHEAD_TOKENS, 10**6),
    longest=st.integers(1, 10**5),
    most=st.none() | st.integers(2 * OVERHEAD_TOKENS, 10**6),
)
def test_one_conversation_always_fits(asked: int | None, longest: int, most: int | None) -> None:
    wanted = asked is not None or CONVERSATIONS * (2 * longest + OVERHEAD_TOKENS) >= 2 * OVERHEAD_TOKENS
    assert wanted
    conversation, everything = kv_budget(asked, longest, most)
    assert 1 <= conversation <= longest and 2 * conversation + OVERHEAD_TOKENS <= everything


def test_the_free_memory_of_linux_is_what_it_calls_available(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:       8000 kB\nMemFree:        100 kB\nMemAvailable:   2000 kB\n")
    assert free_computer_bytes(meminfo) == 2000 * 1024


def test_elsewhere_half_of_the_whole_memory_counts_as_free(tmp_path: Path) -> None:
    found = free_computer_bytes(tmp_path / "there is none")
    assert found is None or found > 10**8
