"""The tokenizer: deterministic, lossless, one token per digit, paragraphs that end in a token of their own."""

from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from app.demo.problems import sample_live, sample_problem
from app.demo.tokenizer import (
    OUTLINE,
    OUTLINES,
    PARALLEL,
    SPECIAL_TOKENS,
    THREAD,
    VOCABULARY_LIMIT,
    add_tags,
    build_tokenizer,
)

QUESTION = [{"role": "user", "content": "hi"}]


@cache
def small_tokenizer() -> PreTrainedTokenizerFast:
    return build_tokenizer(seed=5, problems=3_000)


def ids(text: str) -> list[int]:
    return small_tokenizer().encode(text, add_special_tokens=False)


def pieces(text: str) -> list[str]:
    return [small_tokenizer().decode([token]) for token in ids(text)]


def rendered(messages: list[dict[str, str]], **options: bool) -> str:
    return small_tokenizer().apply_chat_template(messages, tokenize=False, **options)


def test_the_same_seed_gives_the_same_tokenizer() -> None:
    first, second = (build_tokenizer(seed=1, problems=300).backend_tokenizer.to_str() for _ in range(2))
    assert first == second


def test_the_vocabulary_stays_within_its_limit_and_holds_the_special_tokens() -> None:
    assert 400 < len(small_tokenizer()) <= VOCABULARY_LIMIT + 8  # the tags
    assert all(pieces(token) == [token] for token in SPECIAL_TOKENS)


@pytest.mark.parametrize("text", [" yes", " no", "\n\n", "\n", ".\n\n", "...", "...\n", " ...", *"0123456789"])
def test_run_time_pieces_are_single_tokens(text: str) -> None:
    assert pieces(text) == [text]


@given(st.integers(min_value=0, max_value=10**9))
def test_each_digit_is_a_token(number: int) -> None:
    assert pieces(str(number)) == list(str(number))


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    assert small_tokenizer().decode(ids(text)) == text


@given(st.text(alphabet="abz 09.,:!?)\"'=+-*/\n"))
def test_a_paragraph_ends_in_one_token_that_ends_in_a_blank_line(text: str) -> None:
    text = text.rstrip("\n ") + "\n\n"
    assert pieces(text)[-1].endswith("\n\n")


def test_tokens_do_not_depend_on_how_a_text_is_cut_into_paragraphs_or_pieces() -> None:
    rng = Random(3)
    for _ in range(200):
        problem = sample_problem(rng, held_out=False)
        paragraphs = [paragraph + "\n\n" for paragraph in problem.thoughts]
        assert [token for paragraph in paragraphs for token in ids(paragraph)] == ids("".join(paragraphs))
        live = sample_live(rng, held_out=False)
        texts = [*(event.text for event in live.events), live.tail]
        assert [token for text in texts for token in ids(text)] == ids(live.whole.question)


def test_domain_texts_are_short() -> None:
    question = "tom has 47 apples and buys 38 more how many are left"
    assert len(ids(question)) <= 20


def test_the_template_asks_for_an_answer_with_or_without_thoughts() -> None:
    thinking = "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    assert rendered(QUESTION, add_generation_prompt=True) == thinking
    assert rendered(QUESTION, add_generation_prompt=True, enable_thinking=True) == thinking
    silent = rendered(QUESTION, add_generation_prompt=True, enable_thinking=False)
    assert silent == thinking + "<think>\n\n</think>\n\n"


def test_the_template_keeps_the_thoughts_of_the_last_message_only() -> None:
    reply = {"role": "assistant", "content": "Hello!", "reasoning_content": "not a sum.\n\n"}
    text = rendered([{"role": "system", "content": "Be kind."}, *QUESTION, reply, *QUESTION, reply])
    user = "<|im_start|>user\nhi<|im_end|>\n"
    assert text == (
        f"<|im_start|>system\nBe kind.<|im_end|>\n{user}<|im_start|>assistant\nHello!<|im_end|>\n"
        f"{user}<|im_start|>assistant\n<think>\nnot a sum.\n\n</think>\n\nHello!<|im_end|>\n"
    )


def test_the_template_reads_thoughts_written_inside_the_content() -> None:
    inside = {"role": "assistant", "content": "<think>\nnot a sum.\n\n</think>\n\nHello!"}
    beside = {"role": "assistant", "content": "Hello!", "reasoning_content": "not a sum.\n\n"}
    assert rendered([*QUESTION, inside]) == rendered([*QUESTION, beside])


def test_an_answer_without_thoughts_has_an_empty_thinking_block() -> None:
    text = rendered([*QUESTION, {"role": "assistant", "content": "Hello!"}])
    assert text.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\nHello!<|im_end|>\n")


def test_the_tokenizer_is_the_same_after_saving(tmp_path: Path) -> None:
    small_tokenizer().save_pretrained(tmp_path)
    loaded = PreTrainedTokenizerFast.from_pretrained(tmp_path, local_files_only=True)
    text = "<|im_start|>user\nwhat is 47 plus 38?<|im_end|>\n<think>\nplan: 47+38.\n\n</think>\n\n"
    assert loaded.encode(text) == ids(text)
    prompt = loaded.apply_chat_template(QUESTION, tokenize=False, add_generation_prompt=True)
    assert prompt == rendered(QUESTION, add_generation_prompt=True)
    assert loaded.eos_token == "<|im_end|>"


@pytest.mark.parametrize("tag", [tag for pair in (PARALLEL, OUTLINES, OUTLINE, THREAD) for tag in pair])
def test_tags_are_single_plain_tokens_and_text_around_them_stays_natural(tag: str) -> None:
    assert pieces(tag) == [tag]
    assert tag not in small_tokenizer().all_special_tokens
    text = f"\n{tag}\n1: 12*3=36.\n{tag}\n\n"
    assert ids(text) == [*ids("\n"), *ids(tag), *ids("\n1: 12*3=36.\n"), *ids(tag), *ids("\n\n")]
    assert small_tokenizer().decode(ids(text)) == text


def test_adding_tags_twice_changes_nothing() -> None:
    tokenizer = build_tokenizer(seed=5, problems=300)
    before = tokenizer.backend_tokenizer.to_str()
    assert add_tags(tokenizer) == 0
    assert tokenizer.backend_tokenizer.to_str() == before
