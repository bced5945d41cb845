"""What all conversations of an engine share: the tokenizer, the prompts, the rules. Read only."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.gate import GateSettings
from engine.prompt_tokens import PromptTokens
from engine.prompts import Prompts
from engine.text import IncrementalDecoder, ParagraphEnd

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class HistoryPolicy(StrEnum):
    """What later turns see of a finished one."""

    DROP = "drop"  # the words and the heard answer, as they were computed; the thoughts are dropped
    KEEP = "keep"  # the thoughts too
    REFRESH = "refresh"  # words and heard answer, read again as a plain transcript while nobody waits


class CorrectionPolicy(StrEnum):
    """What becomes of thoughts and unspoken answers that rest on words the user takes back."""

    DROP = "drop"  # they are taken back from the step on in which those words were heard
    KEEP = "keep"  # they stay, and the model must notice


@dataclass(frozen=True, slots=True)
class Model:
    """control: tokens that are no text, which no stream may write.

    limit_tokens: the longest any view may become. thought_tokens, answer_tokens: what one turn may think and say in
    all, however often old thoughts are dropped.
    """

    tokenizer: PreTrainedTokenizerBase
    prompts: Prompts
    tokens: PromptTokens
    control: Set[int]
    paragraph_end: ParagraphEnd
    limit_tokens: int
    thought_tokens: int
    answer_tokens: int
    history: HistoryPolicy
    corrections: CorrectionPolicy

    @property
    def gate(self) -> GateSettings:
        """The gate as the prompt file sets it."""
        return GateSettings(self.prompts.gate.every_steps, self.prompts.gate.ask_while_writing)

    @property
    def answer_room_tokens(self) -> int:
        """Part of a view that thoughts may not use, so that the answer can be finished."""
        return self.limit_tokens // 4

    def decoder(self) -> IncrementalDecoder:
        """For one stream."""
        return IncrementalDecoder(self.tokenizer)
