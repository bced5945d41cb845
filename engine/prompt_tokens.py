"""The pieces of a prompt file as token ids, each tokenized by itself, so that blocks never merge tokens.

It knows no blocks and no methods.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import PromptInvalid
from engine.prompts import ForkJoinPieces, HogwildPieces, Layout, Prompts, SafetyPieces, StreamPieces
from engine.text import piece_ids

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

LEAST_QUESTION_TOKENS = 32


@dataclass(frozen=True, slots=True)
class StreamTokens:
    """A stream's pieces as token ids."""

    role: tuple[int, ...]
    split: tuple[int, ...]
    prefix: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HogwildTokens:
    """`HogwildPieces` as token ids. workers: how each one's text begins; as many as there are workers."""

    layout: Layout
    role: tuple[int, ...]
    split: tuple[int, ...]
    workers: tuple[tuple[int, ...], ...]
    past: tuple[int, ...]
    others: tuple[int, ...]
    own: tuple[int, ...]
    check: tuple[int, ...]
    check_every_tokens: int
    rest: int | None


@dataclass(frozen=True, slots=True)
class ForkJoinTokens:
    """`ForkJoinPieces` as token ids. threads: how each one's text begins; as many as there may be."""

    role: tuple[int, ...]
    prefix: tuple[int, ...]
    threads: tuple[tuple[int, ...], ...]
    join: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SafetyTokens:
    """`SafetyPieces` as token ids."""

    question: tuple[int, ...]
    clear: int
    refuse: int
    head_start_tokens: int
    every_steps: int
    refusal: tuple[int, ...]


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
    hogwild: HogwildTokens | None
    fork_join: ForkJoinTokens | None
    safety: SafetyTokens | None

    @property
    def least_tokens(self) -> int:
        """How long a conversation's views must be allowed to become for these prompts to leave room for words.

        Half of it is for what was said, a quarter for thoughts, a quarter for the answer.
        """
        said = len(self.system) + len(self.input_open) + LEAST_QUESTION_TOKENS
        streams = (self.writer, self.thinker)
        fixed = [len(stream.role) + len(stream.split) + len(stream.prefix) for stream in streams]
        around = max(fixed) + len(self.gate_question) + max(len(stream.prefix) for stream in streams)
        return max(2 * said, 8 * around)

    @property
    def fixed_tokens(self) -> int:
        """All fixed pieces that may stand in blocks at once, workers' and threads' ones left out."""
        streams = sum(len(s.role) + len(s.split) + len(s.prefix) for s in (self.writer, self.thinker))
        single = (self.think_role, self.think_prefix, self.answer_prefix, self.no_think_role, self.no_think_prefix)
        history = len(self.history_role) + len(self.history_close)
        return streams + len(self.gate_question) + sum(map(len, single)) + history

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
            gate_question=ids(prompts.gate.asked),
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
            hogwild=None if prompts.hogwild is None else hogwild_tokens(prompts.hogwild, ids, one),
            fork_join=None if prompts.fork_join is None else fork_join_tokens(prompts.fork_join, ids),
            safety=None if prompts.safety is None else safety_tokens(prompts.safety, ids, one),
        )


Ids = Callable[[str], tuple[int, ...]]
One = Callable[[str, str], int]


def hogwild_tokens(pieces: HogwildPieces, ids: Ids, one: One) -> HogwildTokens:
    return HogwildTokens(
        layout=pieces.layout,
        role=ids(pieces.role),
        split=ids(pieces.split),
        workers=tuple(ids(pieces.worker.format(number=number + 1)) for number in range(pieces.workers)),
        past=ids(pieces.past),
        others=ids(pieces.others),
        own=ids(pieces.own),
        check=ids(pieces.check),
        check_every_tokens=pieces.check_every_tokens,
        rest=one("hogwild.rest", pieces.rest) if pieces.rest else None,
    )


def fork_join_tokens(pieces: ForkJoinPieces, ids: Ids) -> ForkJoinTokens:
    threads = tuple(ids(pieces.thread.format(number=number + 1)) for number in range(pieces.most_threads))
    return ForkJoinTokens(ids(pieces.role), ids(pieces.prefix), threads, ids(pieces.join))


def safety_tokens(pieces: SafetyPieces, ids: Ids, one: One) -> SafetyTokens:
    return SafetyTokens(
        question=ids(pieces.question),
        clear=one("safety.clear", pieces.clear),
        refuse=one("safety.refuse", pieces.refuse),
        head_start_tokens=pieces.head_start_tokens,
        every_steps=pieces.every_steps,
        refusal=ids(pieces.refusal),
    )
