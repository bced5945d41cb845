"""Thoughts and control tokens are never spoken, whatever a model writes into its answer and however it arrives.

The secret is a word that must not come out of the way from the answer's text to the voice: splitter, then speech.
"""

import itertools
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.text.phrases import PhraseSplitter
from audio.text.speak import speak
from audio.text.speakable import speakable
from tests.audio.tts.fake_voice import FakeVoice

SECRET = "zebra"
THOUGHTS = (
    "<think>{}</think>", "<think>\n{}\n</think>\n\n", "<THINK>{}</THINK>", "< think >{}< / think >",
    "<thinking>{}</thinking>",
    "<thought>{}</thought>", "<reasoning>{}</reasoning>", "<reflection>{}</reflection>", "<scratchpad>{}</scratchpad>",
    "<seed:think>{}</seed:think>", "[THINK]{}[/THINK]", "◁think▷{}◁/think▷", '<think type="deep">{}</think>',
    "<|START_THINKING|>{}<|END_THINKING|>", "<|begin_of_thought|>{}<|end_of_thought|>", "<think>{}</think ",
    "<think {}</think>",
    "<think>a<think>b</think>{}</think>", "<think>a<tool_call>b</tool_call>{}</think>", "<think>```\n{}\n```</think>",
    "<think>$x$ is **{}**. And `{}`.</think>", "<think>\n\n# {}\n\n1. {}\n</think>",
    "<tool_call>\n{{\"name\": \"{}\"}}\n</tool_call>", "<function_call>{}</function_call>",
    "<tool_response>{}</tool_response>",
    "[TOOL_CALLS]{}[/TOOL_CALLS]",
    "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>",
    "<|channel|>commentary to=functions.x<|message|>{}<|call|>", "<|channel>thought\n{}<channel|>",
)  # fmt: skip
HALVES = (
    "<think>{}", "<think>\n{}. And more, {}.\n\n{}!", "<thinking>{}\n", "<tool_call>{}", "<think {}", "[THINK]{}",
    "<|START_THINKING|>{}", "<|channel|>analysis<|message|>{}", "◁think▷{}",
)  # fmt: skip
TOKENS = (
    "<|im_start|>", "<|im_end|>", "<|im_start|>assistant\n", "<|im_start|>user\n", "<|endoftext|>", "<|eot_id|>",
    "<s>", "</s>",
    "<|start_header_id|>assistant<|end_header_id|>\n\n", "<start_of_turn>model\n", "<end_of_turn>", "<eos>", "<pad>",
    "[INST]",
    "[/INST]", "<<SYS>>", "<|begin_of_text|>", "<｜begin▁of▁sentence｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>",
    "<|return|>",
    "<|fim_prefix|>", "<|vision_start|>", "<|tool▁calls▁begin|>", "<|assistant|>", "<think></think>", "</think>",
    "</tool_call>",
    "<think>\n\n</think>\n\n",
)  # fmt: skip
TORN = (
    "<",
    "<|",
    "<|im",
    "<|im_sta",
    "<|im_start",
    "<|im_start|",
    "<thi",
    "<think",
    "</",
    "</thi",
    "<tool_ca",
    "<｜",
)
WORDS_OF_TOKENS = {
    "think", "thinking", "im", "start", "imstart", "end", "endoftext", "assistant", "model", "tool", "call", "inst",
    "sys", "eos",
    "pad", "eot", "header", "turn", "of", "begin", "sentence", "fim", "prefix", "vision", "calls", "text", "s",
    "return", "id",
    "thi", "sta", "ca", "user", "zebra",
}  # fmt: skip


def heard(pieces: Sequence[str], *, stalls: bool = False) -> str:
    """All that a voice is given for an answer that arrives in these pieces."""
    voice, splitter = FakeVoice(), PhraseSplitter()
    phrases = []
    for number, piece in enumerate(pieces):
        phrases += splitter.push(piece, float(number))
        if stalls:
            phrases += splitter.due(number + 0.9)
    for phrase in [*phrases, *splitter.flush()]:
        speak(voice, phrase.text)
    return " ".join(voice.given)


def cut(text: str, places: Sequence[int]) -> list[str]:
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(edges)]


def by_words(text: str) -> list[str]:
    return re.findall(r"\S+\s*|\s+", text)


def token_words(speech: str) -> set[str]:
    return WORDS_OF_TOKENS & {word.strip(".,!?").lower() for word in speech.split()}


@pytest.mark.parametrize("thought", THOUGHTS)
@pytest.mark.parametrize(
    ("before", "after"), [("", "It is 8."), ("Well, hello there. ", " It is 8."), ("So\n", "\nIt is 8.")]
)
def test_a_thought_is_silent_and_what_follows_is_not(thought: str, before: str, after: str) -> None:
    text = before + thought.replace("{{", "{").replace("}}", "}").replace("{}", SECRET) + after
    for pieces in ([text], list(text), by_words(text)):
        speech = heard(pieces)
        assert SECRET not in speech
        assert speech.endswith("It is eight.")
    assert SECRET not in speakable(text)


@pytest.mark.parametrize("half", HALVES)
def test_a_thought_that_never_ends_is_silent_to_the_last(half: str) -> None:
    text = "Well, hello there. " + half.replace("{}", SECRET)
    for pieces in ([text], list(text), by_words(text)):
        assert heard(pieces).startswith("Well, hello there.")
        assert SECRET not in heard(pieces) + heard(pieces, stalls=True)


def test_what_stands_before_a_lonely_end_of_thought_is_silent_in_its_phrase() -> None:
    assert speakable(f"{SECRET} {SECRET}</think>\n\nIt is 8.") == "It is eight."
    assert heard([f"{SECRET} and {SECRET}</think>It is 8."]) == "It is eight."


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("place", ["{}It is 8.", "It is 8.{}", "It is 8. {} Yes.", "It{} is 8."])
def test_a_control_token_is_silent(token: str, place: str) -> None:
    text = place.replace("{}", token)
    for pieces in ([text], list(text)):
        assert token_words(heard(pieces)) == set()
        assert "is eight" in heard(pieces) or "</" in token
        assert not set("<>|[]▁｜_/") & set(heard(pieces))


@pytest.mark.parametrize("torn", TORN)
def test_a_torn_token_at_the_end_is_silent(torn: str) -> None:
    for pieces in ([f"It is 8. {torn}"], list(f"It is 8. {torn}"), ["It is 8.", f"{torn}"]):
        assert heard(pieces) == heard(pieces, stalls=True) == "It is eight."


@given(
    st.lists(
        st.sampled_from(
            ["It is. ", "So, well, then. ", "Yes! ", "\n", *(one for one in THOUGHTS if "<think>" in one), *TOKENS[:10]]
        ),
        min_size=1,
        max_size=8,
    ),
    st.lists(st.integers(0, 900), max_size=40),
    st.booleans(),
)
def test_nothing_of_it_is_heard_however_the_answer_arrives(parts: list[str], places: list[int], stalls: bool) -> None:
    text = "".join(parts).replace("{}", SECRET)
    assert SECRET not in heard(cut(text, places), stalls=stalls)


def test_a_tag_that_is_only_mentioned_opens_nothing() -> None:
    assert heard(["The tag `<think>` opens it. It is 8."]) == "The tag opens it. It is eight."
    assert heard(["Half of x < 3 and y > 2. It is 8."]).endswith("It is eight.")


def test_a_long_thought_does_not_slow_the_splitter_down() -> None:
    splitter = PhraseSplitter()
    assert splitter.push("<think>", 0.0) == []
    for _ in range(300):
        assert splitter.push(f"And {SECRET}, again. \n\n", 0.0) == []
    assert [phrase.text.strip() for phrase in splitter.push("</think> Done. \n", 0.0)][-1].endswith("Done.")
