"""Training examples in the shape the engine runs them: a trace of tokens, each born at a step and seen from two views.

One example is one conversation turn with all its streams at once. Every row is a token in a block (`Kind`), at its
block-local position, alive from the step it was `born` until the step it was cropped. Row i sees row j when i's view
holds j's block and j is alive at i's birth: exactly what the engine's attention does with shared blocks, so the model
is trained on keys computed in another stream's context, its own paused writer and the folded gate question, and not on
an idealised copy of them.

The sequential examples (think, then answer; answer at once) are traces with one block.

Sources: views and gate after Asynchronous Reasoning (arXiv 2512.10931, section 3).
"""

from __future__ import annotations

import enum
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.demo.problems import Problem
    from engine.prompt_tokens import PromptTokens

FOREVER = 1 << 20  # a step later than any
NO_TARGET = -100  # torch's ignore_index


class Kind(enum.IntEnum):
    """The block a row belongs to."""

    INPUT = 0
    WRITER_ROLE = 1
    THINKER_ROLE = 2
    WRITER_SPLIT = 3
    THINKER_SPLIT = 4
    THOUGHTS = 5
    OUTPUT = 6
    QUESTION = 7


WRITER_VIEW = (Kind.INPUT, Kind.WRITER_ROLE, Kind.THOUGHTS, Kind.WRITER_SPLIT, Kind.OUTPUT)
THINKER_VIEW = (Kind.INPUT, Kind.THINKER_ROLE, Kind.OUTPUT, Kind.THINKER_SPLIT, Kind.THOUGHTS, Kind.QUESTION)
VIEW_OF = dict.fromkeys(WRITER_VIEW, WRITER_VIEW) | dict.fromkeys(
    (Kind.THINKER_ROLE, Kind.THINKER_SPLIT, Kind.THOUGHTS, Kind.QUESTION), THINKER_VIEW
)


@dataclass(frozen=True, slots=True)
class Row:
    """One token of a trace. `target` is the token to predict after it, or NO_TARGET."""

    token: int
    kind: Kind
    local: int
    born: int
    until: int = FOREVER
    target: int = NO_TARGET
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """How adventurous the simulated schedule is. Probabilities per step or per question."""

    miss_question: float = 0.25  # a moment at which the engine would ask, left out
    extra_question: float = 0.03  # a question at any other step
    late_yes: float = 0.15  # the gate could open, but opens at a later question
    question_weight: float = 2.0
    every_steps: int = 16  # steps between questions when nothing else prompts one


@dataclass(slots=True)
class _Stream:
    """A stream's input tokens and the targets after each; `fed` of them are in its block."""

    inputs: list[int]
    targets: list[int]
    fed: int = 0

    @property
    def finished(self) -> bool:
        return self.fed == len(self.inputs)


def sequential_trace(context: Sequence[int], said: Sequence[int]) -> list[Row]:
    """Context without loss, then tokens that are all to be predicted: one block, one token a step."""
    tokens = [*context, *said]
    first = len(context) - 1
    return [
        Row(token, Kind.INPUT, i, 0, target=tokens[i + 1] if i >= first else NO_TARGET)
        for i, token in enumerate(tokens[:-1])
    ]


class Tokenized:
    """A problem's pieces as tokens: input, thought paragraphs and answer paragraphs with their ends."""

    def __init__(self, problem: Problem, encode: Callable[[str], Sequence[int]], prompts: PromptTokens) -> None:
        self.input = [*prompts.system, *prompts.input_open, *encode(problem.question)]
        self.thoughts = [list(encode(paragraph + "\n\n")) for paragraph in problem.thoughts]
        self.answer = [list(encode(paragraph + "\n\n")) for paragraph in problem.answer[:-1]]
        self.answer.append(list(encode(problem.answer[-1])))
        self.needs = problem.needs


def think_trace(item: Tokenized, prompts: PromptTokens) -> list[Row]:
    """Think, then answer."""
    said = [*_flat(item.thoughts), *prompts.answer_prefix, *_flat(item.answer), prompts.end_of_output]
    return sequential_trace([*item.input, *prompts.think_role, *prompts.think_prefix], said)


def no_think_trace(item: Tokenized, prompts: PromptTokens) -> list[Row]:
    """Answer at once."""
    said = [*_flat(item.answer), prompts.end_of_output]
    return sequential_trace([*item.input, *prompts.no_think_role, *prompts.no_think_prefix], said)


def _flat(paragraphs: Sequence[Sequence[int]]) -> list[int]:
    return [token for paragraph in paragraphs for token in paragraph]


@dataclass(slots=True)
class AsyncTrace:
    """Simulates the engine's schedule for one problem with the gate answered rightly, and records the rows."""

    item: Tokenized
    prompts: PromptTokens
    rng: random.Random
    options: TraceOptions = field(default_factory=TraceOptions)
    rows: list[Row] = field(default_factory=list)

    def run(self) -> list[Row]:
        """The rows, in order of birth."""
        self._prefill()
        thinker, writer = self._thinker(), self._writer()
        begins = _paragraph_begins(self.item.answer)
        thought_ends = _paragraph_ends(self.item.thoughts)
        prefix = len(self.prompts.thinker.prefix)
        speaking, ghost, step = False, None, 0
        while not writer.finished:
            step += 1
            thinking = not thinker.finished
            if thinking:
                self._feed(thinker, Kind.THOUGHTS, step)
            if speaking or not thinking:  # thoughts that have ended leave nothing to wait for
                if ghost is not None:
                    self._crop(ghost, step)
                    ghost = None
                self._feed(writer, Kind.OUTPUT, step)
                speaking = not thinking or writer.fed not in begins
                continue
            just_paused = ghost is None
            ghost = self._show_pending(writer, step) if ghost is None else ghost
            thought_tokens = thinker.fed - prefix
            due = just_paused or thought_tokens in thought_ends or step % self.options.every_steps == 0
            if self._asks(due):
                ready = self.item.needs[begins[writer.fed]] <= _complete(thought_ends, thought_tokens)
                self._ask(ready, step)
                speaking = ready and self.rng.random() >= self.options.late_yes
        return self.rows

    def _thinker(self) -> _Stream:
        prefix, said = list(self.prompts.thinker.prefix), _flat(self.item.thoughts)
        return _stream(prefix, [*said, self.prompts.end_of_thoughts])

    def _writer(self) -> _Stream:
        prefix, said = list(self.prompts.writer.prefix), _flat(self.item.answer)
        return _stream(prefix, [*said, self.prompts.end_of_output])

    def _prefill(self) -> None:
        writer, thinker, n = self.prompts.writer, self.prompts.thinker, len(self.item.input)
        for tokens, kind, start in (
            (self.item.input, Kind.INPUT, 0),
            (writer.role, Kind.WRITER_ROLE, n),
            (thinker.role, Kind.THINKER_ROLE, n),
            (writer.split, Kind.WRITER_SPLIT, 0),
            (thinker.split, Kind.THINKER_SPLIT, 0),
        ):
            self.rows += [Row(token, kind, start + i, 0) for i, token in enumerate(tokens)]

    def _feed(self, stream: _Stream, kind: Kind, step: int) -> None:
        token, target = stream.inputs[stream.fed], stream.targets[stream.fed]
        self.rows.append(Row(token, kind, stream.fed, step, target=target))
        stream.fed += 1

    def _show_pending(self, writer: _Stream, step: int) -> int:
        """A paused writer's newest token is in its block, without being acted on, until it goes on. Returns the row."""
        self.rows.append(Row(writer.inputs[writer.fed], Kind.OUTPUT, writer.fed, step))
        return len(self.rows) - 1

    def _crop(self, index: int, step: int) -> None:
        row = self.rows[index]
        self.rows[index] = Row(row.token, row.kind, row.local, row.born, until=step)

    def _asks(self, due: bool) -> bool:
        return self.rng.random() < (1 - self.options.miss_question if due else self.options.extra_question)

    def _ask(self, ready: bool, step: int) -> None:
        question = self.prompts.gate_question
        answer = self.prompts.gate_yes if ready else self.prompts.gate_no
        for i, token in enumerate(question):
            last = i == len(question) - 1
            self.rows.append(
                Row(
                    token,
                    Kind.QUESTION,
                    i,
                    step,
                    until=step + 1,
                    target=answer if last else NO_TARGET,
                    weight=self.options.question_weight,
                )
            )


def _stream(prefix: list[int], said: list[int]) -> _Stream:
    inputs = [*prefix, *said[:-1]]
    targets = [NO_TARGET] * (len(prefix) - 1) + said
    return _Stream(inputs, targets)


def _paragraph_begins(answer: Sequence[Sequence[int]]) -> dict[int, int]:
    """Number of writer tokens fed when the writer is about to begin answer paragraph k: {fed: k}. The pending token is
    the last one of what went before (of the prefix, for k = 0)."""
    begins, fed = {0: 0}, 0
    for k, paragraph in enumerate(answer[:-1], start=1):
        fed += len(paragraph)
        begins[fed] = k
    return begins


def _paragraph_ends(thoughts: Sequence[Sequence[int]]) -> list[int]:
    """Numbers of thought tokens at which a thought paragraph is complete."""
    ends, total = [], 0
    for paragraph in thoughts:
        total += len(paragraph)
        ends.append(total)
    return ends


def _complete(ends: Sequence[int], thought_tokens: int) -> int:
    return sum(end <= thought_tokens for end in ends)
