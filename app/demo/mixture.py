"""What the model is trained on: endless traces of all kinds, in the recipe's shares, never of a held-out problem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING

from app.demo.drills import FOLLOW_UP_SHARE, after_a_number, drilled, drilled_live, drilled_of
from app.demo.earlier import Earlier, earlier
from app.demo.live_trace import LiveTrace
from app.demo.problems import FAMILIES, LiveProblem, Problem, sample_live, sample_problem
from app.demo.problems.kind import with_kind
from app.demo.rows import THREADS, WORKERS, Row
from app.demo.thread_trace import thread_trace
from app.demo.traces import AsyncTrace, Encode, Tokenized, no_think_trace, think_trace
from app.demo.worker_trace import WorkerTrace
from engine.prompt_tokens import PromptTokens
from engine.text import piece_ids, user_ids

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from engine.prompts import Prompts

FORKING_SHARE = 0.7  # of the threads' examples; the others need not fork
SHARING_SHARE = 0.65  # of the workers' examples; in the others one works and the others rest
STEPWISE_SHARE = 0.7  # of the questions heard in pieces: those whose steps can be worked out as they come
COMPLETE_FAMILIES = tuple(name for name in FAMILIES if name not in {"single", "chain", "story", "parts"})
NOTHING = Earlier()
_REMEMBERED_TEXTS = 16384


class Share(StrEnum):
    """A kind of example."""

    THINK = "think"
    NO_THINK = "no-think"
    ASYNC = "async"
    LIVE = "live"
    THREADS = "threads"
    WORKERS = "workers"


Shares = dict[Share, float]
EARLIER_SHARES = {
    Share.THINK: 0.35,
    Share.NO_THINK: 0.15,
    Share.ASYNC: 0.35,
    Share.LIVE: 0.2,
    Share.THREADS: 0.06,
    Share.WORKERS: 0.06,
}
"""Of each kind of examples: those with turns before."""
CARRYING = frozenset({Share.THINK, Share.ASYNC, Share.LIVE})
"""Kinds of examples in which thoughts of an interrupted turn are carried on."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Makes traces. encode: text as a user's, without tags; encode_tags: tags as their tokens.

    names: how each worker's text begins, for as many as there may be.
    """

    shares: Shares
    prompts: PromptTokens
    encode: Encode
    encode_tags: Encode
    names: Sequence[tuple[int, ...]]

    @classmethod
    def of(cls, shares: Shares, tokenizer: PreTrainedTokenizerFast, prompts: Prompts) -> Examples:
        """For a tokenizer and a prompt file, which must have pieces for workers and threads."""
        assert prompts.hogwild is not None and prompts.fork_join is not None
        assert prompts.fork_join.most_threads == len(THREADS)

        @lru_cache(_REMEMBERED_TEXTS)
        def encode(text: str) -> tuple[int, ...]:
            return user_ids(tokenizer, text)

        names = [prompts.hogwild.worker.format(number=number + 1) for number in range(len(WORKERS))]
        return cls(
            shares=shares,
            prompts=PromptTokens.of(prompts, tokenizer),
            encode=encode,
            encode_tags=lambda text: piece_ids(tokenizer, text),
            names=[piece_ids(tokenizer, name) for name in names],
        )

    def draw(self, rng: Random) -> Iterator[Sequence[Row]]:
        """Endless training traces."""
        kinds, weights = list(self.shares), list(self.shares.values())
        while True:
            yield self.trace(rng.choices(kinds, weights)[0], rng)

    def trace(self, share: Share, rng: Random) -> list[Row]:
        """One trace of that kind."""
        past = self._past(rng, share) if rng.random() < EARLIER_SHARES[share] else NOTHING
        match share:
            case Share.THINK:
                return think_trace(self._item(_problem(rng, past), past), self.prompts)
            case Share.NO_THINK:
                return no_think_trace(self._item(_problem(rng, past), past), self.prompts)
            case Share.ASYNC:
                item = self._item(with_kind(_problem(rng, past)), past)
                return AsyncTrace(item, self.prompts, rng).run()
            case Share.LIVE:
                live = _live(rng, past)
                return LiveTrace(live, self.encode, self.prompts, rng, past.tokens, past.carried).run()
            case Share.THREADS:
                problem = _perhaps_parts(rng, FORKING_SHARE)
                return thread_trace(problem, self._item(problem, past), self.encode_tags, self.prompts)
            case Share.WORKERS:
                problem, names = _perhaps_parts(rng, SHARING_SHARE), self.names[: rng.randint(1, len(self.names))]
                return WorkerTrace(problem, self._item(problem, past), self.encode, names, self.prompts, rng).run()

    def _past(self, rng: Random, share: Share) -> Earlier:
        return earlier(rng, self.encode, self.prompts, carrying=share in CARRYING)

    def _item(self, problem: Problem, past: Earlier) -> Tokenized:
        return Tokenized(problem, self.encode, self.prompts, past.tokens, past.carried)


def _problem(rng: Random, past: Earlier) -> Problem:
    """What is asked after those turns."""
    return drilled(rng) if past.number is None else after_a_number(rng, past.number)


def _live(rng: Random, past: Earlier) -> LiveProblem | Problem:
    """What is asked in pieces after those turns. Sums of parts come whole: their first words promise a chain."""
    if past.number is not None and rng.random() < FOLLOW_UP_SHARE:
        return sample_live(rng, held_out=False, before=past.number)
    if rng.random() < STEPWISE_SHARE:
        return drilled_live(rng)
    return drilled_of(rng, COMPLETE_FAMILIES)


def _perhaps_parts(rng: Random, share: float) -> Problem:
    return sample_problem(rng, held_out=False, families=("parts",) if rng.random() < share else None)
