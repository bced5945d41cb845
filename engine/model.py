"""What all conversations of an engine share: the tokenizer, the prompts, the settings and rules. Read only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.gate import GateSettings
from engine.patience import checked
from engine.prompt_tokens import PromptTokens
from engine.prompts import Prompts
from engine.sampling import Bans
from engine.text import IncrementalDecoder, ParagraphEnd, control_tokens

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
class EngineSettings:
    """conversation_tokens: the longest any view of a conversation may become; room for it is kept when it opens. None:
    as far as the model reaches, 8,192 at most.

    read_tokens: how many tokens of prompts and words all conversations together may read in a step. history,
    corrections: see the policies; history None is the prompts' own. patience: of a conversation that names none of its
    own, from 0 to 1; None is the prompts'. thought_tokens, answer_tokens: what one turn may think and say; None: four
    times and twice the conversation's tokens.
    """

    conversation_tokens: int | None = None
    read_tokens: int = 512
    history: HistoryPolicy | None = None
    corrections: CorrectionPolicy = CorrectionPolicy.DROP
    patience: float | None = None
    thought_tokens: int | None = None
    answer_tokens: int | None = None

    def __post_init__(self) -> None:
        for name in ("conversation_tokens", "read_tokens", "thought_tokens", "answer_tokens"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be 1 or more, found {value}")
        if self.patience is not None:
            checked(self.patience)


@dataclass(frozen=True, slots=True)
class Model:
    """bans: tokens that are no text, which no stream may write.

    limit_tokens: the longest any view may become. patience: of conversations that name none. thought_tokens,
    answer_tokens: what one turn may think and say in all, however often old thoughts are dropped.
    """

    tokenizer: PreTrainedTokenizerBase
    prompts: Prompts
    tokens: PromptTokens
    bans: Bans
    paragraph_end: ParagraphEnd
    limit_tokens: int
    thought_tokens: int
    answer_tokens: int
    history: HistoryPolicy
    corrections: CorrectionPolicy
    patience: float

    @classmethod
    def of(
        cls,
        tokenizer: PreTrainedTokenizerBase,
        prompts: Prompts,
        tokens: PromptTokens,
        vocab_size: int,
        limit_tokens: int,
        settings: EngineSettings,
    ) -> Model:
        """vocab_size: of the model, which may have ids that no token of the tokenizer has."""
        control = {*control_tokens(tokenizer), *range(len(tokenizer), vocab_size)}
        control |= {tokens.end_of_thoughts, tokens.end_of_output}
        return cls(
            tokenizer=tokenizer,
            prompts=prompts,
            tokens=tokens,
            bans=Bans(frozenset(i for i in control if i < vocab_size)),
            paragraph_end=ParagraphEnd(tokenizer),
            limit_tokens=limit_tokens,
            thought_tokens=settings.thought_tokens or 4 * limit_tokens,
            answer_tokens=settings.answer_tokens or 2 * limit_tokens,
            history=settings.history or HistoryPolicy(prompts.history.policy),
            corrections=settings.corrections,
            patience=prompts.gate.patience if settings.patience is None else settings.patience,
        )

    def gate(self, patience: float) -> GateSettings:
        """The gate as the prompt file sets it, for somebody with so much patience."""
        pieces = self.prompts.gate
        return GateSettings(pieces.every_steps, pieces.ask_while_writing, patience, pieces.calibration)

    @property
    def answer_room_tokens(self) -> int:
        """Part of a view that thoughts may not use, so that the answer can be finished."""
        return self.limit_tokens // 4

    def decoder(self) -> IncrementalDecoder:
        """For one stream."""
        return IncrementalDecoder(self.tokenizer)
