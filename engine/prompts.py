"""Prompts: the fixed pieces of text around what the user says, the thoughts and the answer.

They are data (TOML, one file per model family), validated here, each file naming its `source`. This module knows no
tokens of any particular model; prompt_tokens.py holds the pieces once they have been tokenized. Sections that only some
methods need may be missing; those methods are then refused.

Source of the pieces: Asynchronous Reasoning (arXiv 2512.10931), section 3 and its appendix of prompts; of the workers'
ones Hogwild! Inference (arXiv 2504.06261), section 3.3; of the threads' ones ThreadWeaver (arXiv 2512.07843).
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.errors import PromptInvalid
from engine.patience import PATIENCE, Calibration


class _Piece(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SystemPiece(_Piece):
    """Stands once, before everything else; all streams and turns share it."""

    text: str = ""


class InputPiece(_Piece):
    """Opens the user's words. digits: the model was trained on numbers in digits, so number words are to be written
    so.

    live: the model makes sense of a question that is not complete yet, so thinking begins with its first words.
    corrections: words with which a speaker takes back what was said just before ("no wait").
    """

    open: str
    digits: bool = False
    live: bool = False
    corrections: tuple[str, ...] = ()


class StreamPieces(_Piece):
    """`role` follows the input; `split` stands between the other stream and this one; `prefix` begins this one.

    The prefix may not be empty: its last token is what the stream is first fed.
    """

    role: str
    split: str
    prefix: str = Field(min_length=1)


class InvertedPieces(_Piece):
    """The same question turned round: are the thoughts behind? Yes means wait. bias, scale: as in `GatePieces`."""

    question: str = Field(min_length=1)
    bias: float = 0.0
    scale: float = Field(default=1.0, gt=0)


class GatePieces(_Piece):
    """The yes/no question put to the thinker, and when: at the end of a thought, and every `every_steps` steps.

    bias, scale: what this model's log-odds of "the thoughts are ahead" mean, as `launch.py calibrate` finds it:
    calibrated they are (log-odds − bias) · scale. patience: the default for this model. inverted: ask the question of
    `inversion` instead.
    """

    question: str = Field(min_length=1)
    yes: str
    no: str
    every_steps: int = Field(ge=1)
    ask_while_writing: bool = False
    bias: float = 0.0
    scale: float = Field(default=1.0, gt=0)
    patience: float = Field(default=PATIENCE, ge=0, le=1)
    inverted: bool = False
    inversion: InvertedPieces | None = None
    source: str = ""

    @model_validator(mode="after")
    def _has_what_it_asks(self) -> Self:
        if self.inverted and self.inversion is None:
            raise ValueError("inverted = true needs a section [gate.inversion] with its question")
        return self

    @property
    def asked(self) -> str:
        """The question that is put."""
        return self.inversion.question if self.inverted and self.inversion is not None else self.question

    @property
    def calibration(self) -> Calibration:
        """Of the question that is put."""
        pieces = self.inversion if self.inverted and self.inversion is not None else self
        return Calibration(pieces.bias, pieces.scale)


class ThinkPieces(_Piece):
    """One stream: think first, then answer (`answer_prefix` closes the thoughts)."""

    role: str
    prefix: str = Field(min_length=1)
    answer_prefix: str = Field(min_length=1)


class NoThinkPieces(_Piece):
    """One stream that answers at once."""

    role: str
    prefix: str = Field(min_length=1)


class EndPieces(_Piece):
    """The control tokens that end the thoughts and the answer."""

    thoughts: str
    output: str


class HistoryPieces(_Piece):
    """How finished turns are kept: `turns` of them at most; `role` between the user's words and the answer, `close`
    after it. policy: see `engine.model.HistoryPolicy`; the user's settings go before it. carry_thoughts: those of an
    interrupted turn are kept for the next.
    """

    turns: int = Field(ge=0)
    policy: Literal["drop", "keep", "refresh"] = "drop"
    carry_thoughts: bool = True
    role: str
    close: str


class SamplingPieces(_Piece):
    """What the model's makers recommend; the user's settings go before it."""

    temperature: float = Field(ge=0)
    top_p: float = Field(gt=0, le=1)


class Layout(StrEnum):
    """How Hogwild! workers see each other's text (arXiv 2504.06261, section 3.2)."""

    CONTIGUOUS = "contiguous"  # each worker's text in one piece, token by token
    INTERLEAVED = "interleaved"  # finished paragraphs only, in the order in which they were finished
    COMBINED = "combined"  # finished paragraphs, then what the others are writing


class HogwildPieces(_Piece):
    """Several thinkers at once. `role` follows the input and tells them how to collaborate; `split` stands between the
    answer and their text; `worker` names each of them where its text begins.

    live: the model makes sense of half a question in this form too. past, others, own: headings before finished
    paragraphs, the others' unfinished ones and one's own. check: a question put into a worker's text at the end of a
    paragraph, every so many tokens. rest: one control token with which a worker says that there is nothing for it to do
    until somebody finishes a paragraph; "": none.
    """

    source: str = Field(min_length=1)
    workers: int = Field(ge=1, le=8)
    layout: Layout
    role: str
    split: str
    worker: str = Field(min_length=1, pattern=r"\{number\}")
    past: str = ""
    others: str = ""
    own: str = ""
    live: bool = True
    check: str = ""
    check_every_tokens: int = Field(default=0, ge=0)
    rest: str = ""


class ForkJoinPieces(_Piece):
    """Threads inside the thoughts. `thread` opens the text of each; `join` follows the last one's end."""

    source: str = Field(min_length=1)
    role: str
    prefix: str = Field(min_length=1)
    thread: str = Field(min_length=1, pattern=r"\{number\}")
    join: str = Field(min_length=1)
    most_threads: int = Field(ge=2, le=64)


class SafetyPieces(_Piece):
    """The thinker clears the request before the writer is heard. `question` is first put after `head_start_tokens`
    thoughts, then every `every_steps` steps, until it is answered with `clear` or `refuse`; `refusal` is what is spoken
    then.
    """

    source: str = Field(min_length=1)
    question: str = Field(min_length=1)
    clear: str
    refuse: str
    head_start_tokens: int = Field(ge=0)
    every_steps: int = Field(ge=1)
    refusal: str = Field(min_length=1)


class Prompts(_Piece):
    """All pieces for one model family, as read from `assets/prompts/*.toml`."""

    name: str
    source: str = Field(min_length=1)
    model_types: tuple[str, ...]
    system: SystemPiece
    input: InputPiece
    writer: StreamPieces
    thinker: StreamPieces
    gate: GatePieces
    think: ThinkPieces
    no_think: NoThinkPieces
    end: EndPieces
    history: HistoryPieces
    sampling: SamplingPieces
    hogwild: HogwildPieces | None = None
    fork_join: ForkJoinPieces | None = None
    safety: SafetyPieces | None = None


def read_prompts(path: Path) -> Prompts:
    """Read and validate one prompt file. Raises PromptInvalid, naming the file and every fault."""
    try:
        return Prompts.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise PromptInvalid(f"cannot read the prompt file {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PromptInvalid(f"{path} is not UTF-8 text ({error.reason} at byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        raise PromptInvalid(f"{path} is not valid TOML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in error.errors())
        raise PromptInvalid(f"{path}: {faults}") from error
