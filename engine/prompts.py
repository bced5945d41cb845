"""Prompts: the fixed pieces of text around what the user says, the thoughts and the answer.

They are data (TOML, one file per model family), validated here, each file naming its `source`. This module knows no
tokens of any particular model; `PromptTokens` holds the pieces once they have been tokenized.

Source of the pieces: Asynchronous Reasoning (arXiv 2512.10931), section 3 and its appendix of prompts.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import PromptInvalid
from engine.text import piece_ids

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


LEAST_QUESTION_TOKENS = 32


class _Piece(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SystemPiece(_Piece):
    """Stands once, before everything else; all streams and turns share it."""

    text: str = ""


class InputPiece(_Piece):
    """Opens the user's words. digits: the model was trained on numbers in digits, so number words are to be written
    so.
    """

    open: str
    digits: bool = False


class StreamPieces(_Piece):
    """`role` follows the input; `split` stands between the other stream and this one; `prefix` begins this one.

    The prefix may not be empty: its last token is what the stream is first fed.
    """

    role: str
    split: str
    prefix: str = Field(min_length=1)


class GatePieces(_Piece):
    """The yes/no question put to the thinker, and when: at the end of a thought, and every `every_steps` steps."""

    question: str = Field(min_length=1)
    yes: str
    no: str
    every_steps: int = Field(ge=1)
    ask_while_writing: bool = False
    source: str = ""


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
    after it.
    """

    turns: int = Field(ge=0)
    role: str
    close: str


class SamplingPieces(_Piece):
    """What the model's makers recommend; the user's settings go before it."""

    temperature: float = Field(ge=0)
    top_p: float = Field(gt=0, le=1)


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


@dataclass(frozen=True, slots=True)
class StreamTokens:
    """A stream's pieces as token ids."""

    role: tuple[int, ...]
    split: tuple[int, ...]
    prefix: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PromptTokens:
    """The pieces as token ids of one tokenizer. Every piece is tokenized by itself, so that blocks never merge
    tokens.
    """

    system: tuple[int, ...]
    input_open: tuple[int, ...]
    writer: StreamTokens
    thinker: StreamTokens
    gate_question: tuple[int, ...]
    gate_yes: int
    gate_no: int
    think_role: tuple[int, ...]
    think_prefix: tuple[int, ...]
    answer_prefix: tuple[int, ...]
    no_think_role: tuple[int, ...]
    no_think_prefix: tuple[int, ...]
    end_of_thoughts: int
    end_of_output: int
    history_role: tuple[int, ...]
    history_close: tuple[int, ...]

    @property
    def least_tokens(self) -> int:
        """How long a conversation's views must be allowed to become for these prompts to leave room for words.

        Half of it is for what was said, a quarter for thoughts, a quarter for the answer.
        """
        said = len(self.system) + len(self.input_open) + LEAST_QUESTION_TOKENS
        streams = (self.writer, self.thinker)
        fixed = [len(stream.role) + len(stream.split) + len(stream.prefix) for stream in streams]
        around = max(fixed) + len(self.gate_question) + max(len(stream.prefix) for stream in streams)
        return max(2 * said, 4 * around)

    @classmethod
    def of(cls, prompts: Prompts, tokenizer: PreTrainedTokenizerBase) -> PromptTokens:
        """Tokenize the pieces. Raises PromptInvalid where a piece that must be one token is not."""

        def ids(text: str) -> tuple[int, ...]:
            return piece_ids(tokenizer, text)

        def one(name: str, text: str) -> int:
            found = ids(text)
            if len(found) != 1:
                raise PromptInvalid(
                    f"prompts {prompts.name!r}: {name} = {text!r} must be one token, found {len(found)}"
                )
            return found[0]

        def stream(pieces: StreamPieces) -> StreamTokens:
            return StreamTokens(ids(pieces.role), ids(pieces.split), ids(pieces.prefix))

        return cls(
            system=ids(prompts.system.text),
            input_open=ids(prompts.input.open),
            writer=stream(prompts.writer),
            thinker=stream(prompts.thinker),
            gate_question=ids(prompts.gate.question),
            gate_yes=one("gate.yes", prompts.gate.yes),
            gate_no=one("gate.no", prompts.gate.no),
            think_role=ids(prompts.think.role),
            think_prefix=ids(prompts.think.prefix),
            answer_prefix=ids(prompts.think.answer_prefix),
            no_think_role=ids(prompts.no_think.role),
            no_think_prefix=ids(prompts.no_think.prefix),
            end_of_thoughts=one("end.thoughts", prompts.end.thoughts),
            end_of_output=one("end.output", prompts.end.output),
            history_role=ids(prompts.history.role),
            history_close=ids(prompts.history.close),
        )
