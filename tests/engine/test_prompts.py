"""Prompt files: what they must hold, and how every fault is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerBase

from engine.errors import PromptInvalid
from engine.prompt_tokens import LEAST_QUESTION_TOKENS, PromptTokens
from engine.prompts import Prompts, read_prompts

FOLDER = Path(__file__).parents[2] / "assets" / "prompts"
FILES = sorted(FOLDER.glob("*.toml"))


def edited(tmp_path: Path, before: str, after: str) -> Path:
    """The demo's prompt file with one change."""
    text = (FOLDER / "demo.toml").read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "edited.toml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return path


def tokens_of(prompts: Prompts, tokenizer: PreTrainedTokenizerBase) -> PromptTokens:
    return PromptTokens.of(prompts, tokenizer)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_prompt_file_is_valid_names_its_source_and_itself(path: Path) -> None:
    prompts = read_prompts(path)
    assert prompts.name == path.stem
    assert "arXiv 2512.10931" in prompts.source and "2512.10931" in prompts.gate.source


def test_both_families_are_there() -> None:
    assert [path.stem for path in FILES] == ["demo", "qwen3"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_pieces_of_one_stream_are_the_tokens_of_their_joined_text(
    path: Path, tokenizer: PreTrainedTokenizerBase
) -> None:
    """No piece may begin or end where the tokenizer would merge it with its neighbour: models never saw such a text."""
    tokens = tokens_of(read_prompts(path), tokenizer)
    said = tokenizer.encode("what is 2 plus 2", add_special_tokens=False)
    layouts = {
        "think": [tokens.system, tokens.input_open, said, tokens.think_role, tokens.think_prefix],
        "no-think": [tokens.system, tokens.input_open, said, tokens.no_think_role, tokens.no_think_prefix],
        "history": [tokens.input_open, said, tokens.history_role, said, tokens.history_close, tokens.input_open],
    }
    for name, pieces in layouts.items():
        joined = [token for piece in pieces for token in piece]
        assert tokenizer.encode(str(tokenizer.decode(joined)), add_special_tokens=False) == joined, name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_answers_of_the_gate_and_ends_are_single_tokens(path: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    tokens = tokens_of(read_prompts(path), tokenizer)
    found = [tokens.gate_yes, tokens.gate_no, tokens.end_of_thoughts, tokens.end_of_output]
    assert [tokenizer.decode([token]) for token in found] == [" yes", " no", "</think>", "<|im_end|>"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_least_room_holds_every_fixed_piece(path: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    tokens = tokens_of(read_prompts(path), tokenizer)
    said = len(tokens.system) + len(tokens.input_open) + LEAST_QUESTION_TOKENS
    thinker, writer = tokens.thinker, tokens.writer
    first = len(thinker.role) + len(writer.prefix) + len(thinker.split) + len(thinker.prefix)
    assert said <= tokens.least_tokens // 2
    assert said + first + len(tokens.gate_question) <= tokens.least_tokens * 3 // 4


# -- faults


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('name = "demo"', "", "name: Field required"),
        ('source = "Layout', 'sauce = "Layout', "source: Field required"),
        ('source = "Layout', 'sauce = "Layout', "sauce: Extra inputs are not permitted"),
        ("every_steps = 16", "every_steps = 0", "gate.every_steps: Input should be greater than or equal to 1"),
        ("every_steps = 16", 'every_steps = "often"', "gate.every_steps: Input should be a valid integer"),
        ('question = "(ready?)"', 'question = ""', "gate.question: String should have at least 1 character"),
        ('split = "...\\n</think>"\nprefix = "\\n\\n"', 'split = "x"\nprefix = ""', "writer.prefix: String should"),
        ("top_p = 1.0", "top_p = 1.5", "sampling.top_p: Input should be less than or equal to 1"),
        ("\nturns = ", "\nturns = -", "history.turns: Input should be greater than or equal to 0"),
        ("[input]", "[inputs]", "input: Field required"),
        ("model_types = []", 'model_types = "qwen3"', "model_types: Input should be a valid tuple"),
    ],
)
def test_a_fault_is_told_with_file_and_field(tmp_path: Path, before: str, after: str, told: str) -> None:
    path = edited(tmp_path, before, after)
    with pytest.raises(PromptInvalid) as caught:
        read_prompts(path)
    assert str(path) in str(caught.value) and told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    path = edited(tmp_path, 'name = "demo"\n', "")
    path.write_text(path.read_text(encoding="utf-8").replace("every_steps = 16", "every_steps = 0"), encoding="utf-8")
    with pytest.raises(PromptInvalid, match=r"name: .*; gate\.every_steps: "):
        read_prompts(path)


def test_a_file_that_is_not_toml_is_told_with_its_place(tmp_path: Path) -> None:
    path = edited(tmp_path, "[system]", "[system")
    with pytest.raises(PromptInvalid, match=r"edited\.toml is not valid TOML: .*line \d+"):
        read_prompts(path)


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "binary.toml"
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(PromptInvalid, match=r"binary\.toml is not UTF-8 text .*at byte 8"):
        read_prompts(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(PromptInvalid, match=r"cannot read the prompt file .*missing\.toml: No such file"):
        read_prompts(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('yes = " yes"', 'yes = " yes indeed"', r"gate\.yes = ' yes indeed' must be one token, found \d"),
        ('no = " no"', 'no = ""', r"gate\.no = '' must be one token, found 0"),
        ('thoughts = "</think>"', 'thoughts = "</thought>"', r"end\.thoughts = '</thought>' must be one token"),
        ('output = "<|im_end|>"', 'output = "<|eot|>"', r"end\.output = '<\|eot\|>' must be one token"),
    ],
)
def test_a_piece_that_must_be_one_token_and_is_not_is_told(
    tmp_path: Path, tokenizer: PreTrainedTokenizerBase, before: str, after: str, told: str
) -> None:
    prompts = read_prompts(edited(tmp_path, before, after))
    with pytest.raises(PromptInvalid, match=f"prompts 'demo': {told}"):
        tokens_of(prompts, tokenizer)
