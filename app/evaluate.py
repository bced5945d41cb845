"""`eval`: accuracy against delay, per method, on held-out problems of the bundled model's domain, through the real
engine.

Delays are counted in decoding steps, so that they compare across machines. Spoken, a token of the answer takes
`SPEECH_STEPS` steps (the silence is what a listener hears: the wait before the first token and every gap). An answer
that is wrong, cut or missing is wrong. It knows no sound.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.config import Settings
from app.demo.checking import is_right
from app.demo.problems import SUM_FAMILIES, Problem, sample_problem
from app.errors import RunError, UsageError
from app.files import write_whole
from app.latency import silences
from app.machine import machine
from app.models import build_engine, choose_sampling
from engine.conversation import Conversation
from engine.engine import Engine
from engine.errors import EngineFull
from engine.events import ConversationFailed, EndReason, Event, StreamName, TokenGenerated, TurnEnded
from engine.methods import METHODS
from engine.sampling import Sampling

SPEECH_STEPS = 3  # steps of decoding that one spoken token of the answer lasts
AT_ONCE = 8  # conversations served together


@dataclass(frozen=True, slots=True)
class Outcome:
    """One problem under one method. silence_steps: the initial wait and every gap. thinking_steps: until the last
    thought; tokens: of all thoughts and the answer.
    """

    method: str
    family: str
    question: str
    expected: str
    answer: str
    thoughts: str
    right: bool
    finished: bool
    first_answer_step: int | None
    silence_steps: float
    steps: int
    thinking_steps: int
    tokens: int


@dataclass(slots=True)
class _Attempt:
    """A conversation at work on a problem."""

    problem: Problem
    conversation: Conversation
    text: dict[StreamName, str] = field(default_factory=lambda: dict.fromkeys(StreamName, ""))
    answer_steps: list[int] = field(default_factory=list)
    thinking_steps: int = 0
    tokens: int = 0
    ended: TurnEnded | None = None

    def take(self, event: Event) -> None:
        match event:
            case TokenGenerated(stream=stream, text=text, step=step):
                self.text[stream] += text
                self.tokens += 1
                if stream is StreamName.OUTPUT:
                    self.answer_steps.append(step)
                else:
                    self.thinking_steps = step
            case TurnEnded():
                self.ended = event
            case ConversationFailed(message=message):
                raise RunError(f"the engine failed at {self.problem.question!r}: {message}")

    def outcome(self, method: str) -> Outcome:
        assert self.ended is not None
        finished = self.ended.reason is EndReason.FINISHED
        answer = self.text[StreamName.OUTPUT].strip()
        heard = silences((float(step), float(SPEECH_STEPS)) for step in self.answer_steps)
        return Outcome(
            method=method,
            family=self.problem.family,
            question=self.problem.question,
            expected=self.problem.result,
            answer=answer,
            thoughts=self.text[StreamName.THOUGHTS].strip(),
            right=finished and is_right(self.problem, answer),
            finished=finished,
            first_answer_step=self.answer_steps[0] if self.answer_steps else None,
            silence_steps=sum(heard) if self.answer_steps else float(self.ended.step),
            steps=self.ended.step,
            thinking_steps=self.thinking_steps,
            tokens=self.tokens,
        )


def evaluate(
    engine: Engine,
    method: str,
    problems: Sequence[Problem],
    report: Callable[[Outcome], None] = lambda _: None,
    sampling: Sampling | None = None,
) -> list[Outcome]:
    """Solve all problems with one method, several conversations at a time; outcomes in the problems' order.

    sampling: None is what the model's makers recommend.
    """
    waiting = list(enumerate(problems))[::-1]
    at_work: dict[int, tuple[int, _Attempt]] = {}
    done: dict[int, Outcome] = {}
    while waiting or at_work:
        while waiting and len(at_work) < AT_ONCE:
            try:
                conversation = engine.open(method, sampling)
            except EngineFull:
                if not at_work:
                    raise
                break
            index, problem = waiting.pop()
            conversation.listen(problem.question)
            conversation.end_input()
            at_work[conversation.id] = (index, _Attempt(problem, conversation))
        for event in engine.step():
            at_work[event.conversation][1].take(event)
        for index, attempt in [pair for pair in at_work.values() if pair[1].ended is not None]:
            del at_work[attempt.conversation.id]
            engine.close(attempt.conversation)
            done[index] = attempt.outcome(method)
            report(done[index])
    return [done[index] for index in sorted(done)]


def held_out_problems(count: int, seed: int, families: Sequence[str] | None = None) -> list[Problem]:
    """So many problems whose numbers were never trained on."""
    rng = random.Random(f"eval:{seed}")
    return [sample_problem(rng, held_out=True, families=families or SUM_FAMILIES) for _ in range(count)]


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Accuracy with its 95 % interval (Wilson), and the delays in steps."""
    right = sum(outcome.right for outcome in outcomes)
    low, high = wilson(right, len(outcomes))
    first = [outcome.first_answer_step or outcome.steps for outcome in outcomes]
    return {
        "n": len(outcomes),
        "accuracy": right / len(outcomes),
        "interval": [round(low, 4), round(high, 4)],
        "steps_to_first": statistics.mean(first),
        "silence_steps": statistics.mean(outcome.silence_steps for outcome in outcomes),
        "steps": statistics.mean(outcome.steps for outcome in outcomes),
        "thinking_steps": statistics.mean(outcome.thinking_steps for outcome in outcomes),
        "tokens_per_step": sum(outcome.tokens for outcome in outcomes) / sum(outcome.steps for outcome in outcomes),
        "unfinished": sum(not outcome.finished for outcome in outcomes),
        "by_family": _by_family(outcomes),
    }


def _by_family(outcomes: Sequence[Outcome]) -> dict[str, str]:
    families = sorted({outcome.family for outcome in outcomes})
    counts = {name: [outcome.right for outcome in outcomes if outcome.family == name] for name in families}
    return {name: f"{sum(found)}/{len(found)}" for name, found in counts.items()}


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson score interval of a share (E. B. Wilson, 1927)."""
    share, spread = right / total, z * z / total
    centre = share + spread / 2
    margin = z * ((share * (1 - share) + spread / 4) / total) ** 0.5
    return (centre - margin) / (1 + spread), (centre + margin) / (1 + spread)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """`launch.py eval`."""
    if unknown := [method for method in args.methods if method not in METHODS]:
        raise UsageError(f"--methods {' '.join(unknown)}: available are {', '.join(METHODS)}")
    if unknown := [name for name in args.families or () if name not in SUM_FAMILIES]:
        raise UsageError(f"--families {' '.join(unknown)}: available are {', '.join(SUM_FAMILIES)}")
    engine = build_engine(settings)
    problems = held_out_problems(args.n, settings.seed, args.families)
    sampling = choose_sampling(settings, engine.model.prompts)
    results: dict[str, list[Outcome]] = {}
    rows: dict[str, dict[str, Any]] = {}
    for method in args.methods:
        started = time.process_time()
        outcomes = evaluate(engine, method, problems, _Progress(method, len(problems)), sampling)
        tokens_per_s = sum(outcome.tokens for outcome in outcomes) / (time.process_time() - started)
        results[method], rows[method] = outcomes, summary(outcomes) | {"tokens_per_cpu_s": round(tokens_per_s, 1)}
    _print_table(rows)
    if args.json is not None:
        _write(args.json, settings, results, rows)
    return 0


class _Progress:
    """Counts on stderr."""

    def __init__(self, method: str, total: int) -> None:
        self._method, self._total, self._done, self._right = method, total, 0, 0

    def __call__(self, outcome: Outcome) -> None:
        self._done += 1
        self._right += outcome.right
        last = self._done == self._total
        if last or sys.stderr.isatty():
            line = f"{self._method}: {self._done}/{self._total}, {self._right} right"
            print(f"\r{line}", end="\n" if last else "", file=sys.stderr, flush=True)


def _print_table(rows: dict[str, dict[str, Any]]) -> None:
    print(
        f"{'method':10} {'n':>5} {'accuracy':>9} {'95 % interval':>15} {'first answer':>13} {'silence':>9} "
        f"{'thinking':>9} {'steps':>7} {'tokens/step':>12} {'tokens/s':>9}"
    )
    for method, row in rows.items():
        low, high = row["interval"]
        print(
            f"{method:10} {row['n']:5} {100 * row['accuracy']:8.1f}% {100 * low:6.1f}–{100 * high:5.1f}% "
            f"{row['steps_to_first']:13.1f} {row['silence_steps']:9.1f} {row['thinking_steps']:9.1f} "
            f"{row['steps']:7.1f} {row['tokens_per_step']:12.2f} {row['tokens_per_cpu_s']:9.0f}"
        )
    print(
        f"delays in decoding steps; silence with speech at {SPEECH_STEPS} steps a token; tokens a second of CPU time, "
        f"{AT_ONCE} conversations at once"
    )


def _write(path: Path, settings: Settings, results: dict[str, list[Outcome]], rows: dict[str, dict[str, Any]]) -> None:
    document = {
        "made": time.strftime("%Y-%m-%d"),
        "model": settings.model,
        "seed": settings.seed,
        "speech_steps": SPEECH_STEPS,
        "at_once": AT_ONCE,
        "workers": settings.workers,
        **machine(),
        "methods": rows,
        "outcomes": [asdict(outcome) for outcomes in results.values() for outcome in outcomes],
    }
    write_whole(path, (json.dumps(document, indent=1) + "\n").encode())
