"""Text to tokens and back: trusted pieces, the user's words, and streamed deltas.

The user's text is tokenized with control tokens disabled: someone who says or types `<|im_end|>` gets those
characters, not the token. Decoding is incremental and never emits half a character.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

REPLACEMENT = "�"  # what a tokenizer decodes an unfinished UTF-8 sequence to


def piece_ids(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[int, ...]:
    """Token ids of a trusted piece of prompt; control tokens in it are control tokens."""
    return tuple(tokenizer.encode(text, add_special_tokens=False))


def user_ids(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[int, ...]:
    """Token ids of what somebody said or typed: never a control token, whatever the text holds."""
    control = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
    ids: list[int] = []
    for part in _without_control(text, tuple(sorted(_control_texts(tokenizer), key=len, reverse=True))):
        ids += tokenizer.encode(part, add_special_tokens=False)
    assert not control.intersection(ids), "user text was tokenized into a control token"
    return tuple(ids)


def _control_texts(tokenizer: PreTrainedTokenizerBase) -> set[str]:
    return {token.content for token in tokenizer.added_tokens_decoder.values()} | set(tokenizer.all_special_tokens)


def _without_control(text: str, control: tuple[str, ...]) -> list[str]:
    """Cut every control text after its first character, so that no part holds a whole one."""
    parts, rest = [], text
    while found := [(rest.find(c), c) for c in control if c in rest]:
        at, _ = min(found)
        parts.append(rest[: at + 1])
        rest = rest[at + 1 :]
    return [*parts, rest] if rest else parts


@lru_cache(maxsize=8)
def _paragraph_ends(tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    return frozenset(i for i in range(len(tokenizer)) if tokenizer.decode([i]).endswith("\n\n"))


class ParagraphEnd:
    """Recognises the token that ends a paragraph: one that ends in a blank line, or completes one begun before it."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._whole = _paragraph_ends(tokenizer)
        self._newline = frozenset(
            i for i in (tokenizer.encode("\n", add_special_tokens=False)) if len(tokenizer.decode([i])) == 1
        )

    def __call__(self, tokens: Sequence[int]) -> bool:
        """Does the last of these tokens end a paragraph?"""
        if not tokens:
            return False
        return tokens[-1] in self._whole or (
            len(tokens) > 1 and tokens[-1] in self._newline and tokens[-2] in self._newline
        )


class IncrementalDecoder:
    """Tokens in, text deltas out; the deltas joined are the decoded text."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        self._pending: list[int] = []
        self._context: list[int] = []

    def push(self, token: int) -> str:
        """The text this token completes ("" while a character is unfinished)."""
        self._pending.append(token)
        before = self._decode(self._context)
        text = self._decode(self._context + self._pending)
        if text.endswith(REPLACEMENT) and len(self._pending) < 8:
            return ""
        self._context, self._pending = (self._context + self._pending)[-8:], []
        return text[len(before) :]

    def _decode(self, tokens: list[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=False)) if tokens else ""
