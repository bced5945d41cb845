"""Tags in text: what asks for threads, what ends one, and all that only looks so."""

from __future__ import annotations

import copy
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken
from transformers import PreTrainedTokenizerBase

from engine.methods.tags import TAGS, outlines_at_end, tag_tokens, thread_ends

ONE = "<Parallel><Outlines><Outline>1: sum</Outline></Outlines>"
TWO = "<Parallel>\n<Outlines>\n<Outline>1: 12*3</Outline>\n<Outline>2: 14*5</Outline>\n</Outlines>"


@pytest.mark.parametrize(
    ("text", "outlines"),
    [
        (ONE, ("sum",)),
        (TWO, ("12*3", "14*5")),
        (f"I can split this.\n\n{TWO}\n\n", ("12*3", "14*5")),
        ("<Parallel> <Outlines> <Outline> 1 :  a < b  </Outline>\t</Outlines> \n", ("a < b",)),
        ("<Parallel><Outlines><Outline>1: a: b\nc</Outline></Outlines>", ("a: b\nc",)),
        (f"<Parallel> no, again: {ONE}", ("sum",)),
        (f"{TWO} was a slip. {ONE}", ("sum",)),
        (f"<Parallel><Outlines><Outline>1: x {ONE}", ("sum",)),
    ],
)
def test_a_text_that_ends_with_outlines_asks_for_their_threads(text: str, outlines: tuple[str, ...]) -> None:
    assert outlines_at_end(text) == outlines


@pytest.mark.parametrize(
    "text",
    [
        "",
        "</Outlines>",
        TWO[:-1],
        f"{TWO} Then",
        f"{TWO}</Parallel>",
        TWO.removeprefix("<Parallel>"),
        TWO.replace("<Outlines>", ""),
        TWO.replace("<Outlines>", "Outlines: <Outlines>"),
        TWO.replace("<Outline>2", "and <Outline>2"),
        TWO.replace("2:", "3:"),
        TWO.replace("1:", "2:"),
        TWO.replace("1: 12*3", "12*3"),
        TWO.replace("1: 12*3", "1:  "),
        TWO.replace("1: 12*3", "one: 12*3"),
        TWO.replace("</Outline>\n<Outline>2", "<Outline>2"),
        TWO.replace("12*3", "<Thread>"),
        TWO.replace("Outlines", "outlines"),
        "<Parallel><Outlines></Outlines>",
        "<Parallel><Outlines>1: sum</Outlines>",
        f"{TWO}{TWO}"[:-1] + " >",
        f"{ONE}</Parallel> and so </Outlines>",
    ],
)
def test_what_is_not_well_formed_asks_for_nothing(text: str) -> None:
    assert outlines_at_end(text) == ()


@given(st.lists(st.sampled_from([*TAGS, "1:", "2: x", " ", "text"]), max_size=12).map("".join))
def test_no_mixture_of_tags_is_a_fault(text: str) -> None:
    for outline in outlines_at_end(text):
        assert outline.strip() == outline != ""
    thread_ends(text)


def test_a_long_malformed_list_is_read_in_no_time() -> None:
    text = "<Parallel><Outlines>" + "<Outline>1: on and on </Outline>" * 5000 + "<Outline></Outlines>"
    began = time.perf_counter()
    assert outlines_at_end(text) == ()
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        (" 12*3 = 36.\n</Thread>", True),
        ("</Thread>\n", True),
        ("a </Thread> b", False),
        ("a </Thread", False),
        ("first <Thread>1: in plain text</Thread>", False),
        ("first <Thread>1: in plain text</Thread> done.</Thread>", True),
    ],
)
def test_a_thread_ends_with_a_closing_tag_that_closes_none_of_its_own(text: str, ends: bool) -> None:
    assert thread_ends(text) is ends


def test_added_tokens_that_are_tags_are_found_and_no_others(tokenizer: PreTrainedTokenizerBase) -> None:
    assert tag_tokens(tokenizer) == frozenset()
    added = copy.deepcopy(tokenizer)
    added.add_tokens([AddedToken(tag, normalized=False, special=False) for tag in TAGS])
    assert tag_tokens(added) == frozenset(added.convert_tokens_to_ids(list(TAGS)))
