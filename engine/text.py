"""Text to tokens and back: trusted pieces, the user's words, and streamed deltas.

The user's text is tokenized with control tokens disabled: someone who says or types `<|im_end|>` gets those
characters, not the token. Decoding is incremental and never emits half a character.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

REPLACEMENT = "�"  # what a tokenizer decodes an unfinished UTF-8 sequence to
MOST_REPLACEMENTS = 3  # for one unfinished character
WINDOW_TOKENS = 8  # enough context to decode what follows


def piece_ids(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[int, ...]:
    """Token ids of a trusted piece of prompt; control tokens in it are control tokens."""
    return tuple(tokenizer.encode(text, add_special_tokens=False))


def user_ids(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[int, ...]:
    """Token ids of what somebody said or typed: never a control token, whatever the text holds."""
    control = control_tokens(tokenizer)
    ids = [i for part in _without_control(text, control) for i in tokenizer.encode(part, add_special_tokens=False)]
    return tuple(i for i in ids if i not in control)  # a tokenizer that rewrites text can still make one up


def control_tokens(tokenizer: PreTrainedTokenizerBase) -> dict[int, str]:
    """Ids and texts of the tokens that are no text: turn marks, thought marks and their like."""
    added = {i: token.content for i, token in tokenizer.added_tokens_decoder.items()}
    return added | dict(zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=True))


def _without_control(text: str, control: dict[int, str]) -> list[str]:
    """Cut the text after the first character of every control text in it, so that no part holds a whole one."""
    if not control:
        return [text]
    begins = re.compile(f"(?={'|'.join(map(re.escape, control.values()))})")
    cuts = [0, *(match.start() + 1 for match in begins.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(cuts) if start < end]


class ParagraphEnd:
    """Recognises the token that ends a paragraph: one that ends in a blank line, or completes one begun before it."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer

    def __call__(self, tokens: Sequence[int]) -> bool:
        """Does the last of these tokens end a paragraph?"""
        last = self._tokenizer.decode(tokens[-1:]) if tokens else ""
        if last != "\n":
            return last.endswith("\n\n")
        before = self._tokenizer.decode(tokens[-3:-1])
        return before.endswith("\n") and not before.endswith("\n\n")


class IncrementalDecoder:
    """Tokens in, text deltas out; the deltas joined are the decoded text, without a last character left unfinished."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        self._window: list[int] = []
        self._text = ""  # of the window
        self._given = 0  # so many characters of it

    @property
    def unfinished(self) -> bool:
        """Has a character been begun that further tokens must complete?"""
        return self._given < len(self._text)

    def push(self, token: int) -> str:
        """The text this token completes ("" while a character is unfinished)."""
        self._window.append(token)
        self._text = self._decode()
        whole = max(len(self._text.rstrip(REPLACEMENT)), len(self._text) - MOST_REPLACEMENTS)
        added = self._text[self._given : whole]
        self._given = max(self._given, whole)
        if len(self._window) >= 2 * WINDOW_TOKENS:
            self._narrow()
        return added

    def _narrow(self) -> None:
        """Forget tokens that have no influence any more on how the next ones are decoded."""
        waiting = len(self._text) - self._given
        self._window = self._window[-WINDOW_TOKENS:]
        self._text = self._decode()
        self._given = max(0, len(self._text) - waiting)

    def _decode(self) -> str:
        return str(self._tokenizer.decode(self._window, clean_up_tokenization_spaces=False))
