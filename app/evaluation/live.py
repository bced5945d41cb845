"""`eval --live`: questions heard word by word through the real engine, plain and corrected.

The same held-out questions are put several times: *drop* and *keep* hear "what is 47 plus 38, no wait, make that 25"
as it is spoken, thinking all the while, and treat what was thought before the correction as their names say; *whole* is
given all the words at once. Kinds: sums whose steps can be worked out as they come, questions that must be complete
first, and sums with a correction, while they are spoken or late (after the question seemed to be over). The user's pace
is counted in decoding steps, so that results compare across machines. It knows no sound.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.config import Settings
from app.demo.checking import is_right
from app.demo.mixture import COMPLETE_FAMILIES
from app.demo.problems import SUM_FAMILIES, LiveProblem, sample_live, sample_problem
from app.demo.problems.live import Heard
from app.evaluation.intervals import wilson
from app.evaluation.solve import AT_ONCE
from app.files import as_json, write_whole
from app.machine import machine
from app.models import build_engine, choose_sampling
from app.percentile import percentile
from engine.conversation import Conversation
from engine.engine import Engine
from engine.events import ConversationFailed, EndReason, Event, StreamCut, StreamName, TokenGenerated, TurnEnded
from engine.sampling import Sampling

POLICIES = ("drop", "whole", "keep")


class Kind(StrEnum):
    """What is put."""

    STEPWISE = "step by step"
    COMPLETE = "when complete"
    CORRECTED = "corrected"
    LATE = "corrected late"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what kind it is."""

    live: LiveProblem
    kind: Kind


@dataclass(frozen=True, slots=True)
class Pace:
    """word_steps: from one word to the next. late_steps: of the corrections, every second comes this long after the
    question seemed to be over; None: all come in the middle of speech.
    """

    word_steps: int
    late_steps: int | None = None


@dataclass(frozen=True, slots=True)
class LiveOutcome:
    """One question under one policy. wait_steps: from the last word to the first token of the answer.

    taken_back: tokens of thoughts and answer that were dropped.
    """

    policy: str
    kind: Kind
    question: str
    expected: str
    answer: str
    right: bool
    wait_steps: int
    steps: int
    taken_back: int


@dataclass(frozen=True, slots=True)
class Said:
    """From this step on the user's words are these; over: it seems that they have finished."""

    step: int
    text: str
    over: bool


def spoken(live: LiveProblem, pace: Pace, late: bool) -> Iterator[Said]:
    """The question word by word. late: the correction comes after a pause in which it seemed to be over."""
    step, text = 0, ""
    for event in live.events:
        if event.is_correction and late:
            yield Said(step, text, over=True)
            step += pace.late_steps or 0
        for word in re.findall(r"\s*\S+", event.text):
            text += word
            yield Said(step, text, over=False)
            step += pace.word_steps
    yield Said(step, text + live.tail, over=True)


class Attempt:
    """A conversation that hears one question."""

    def __init__(self, asked: Asked, policy: str, pace: Pace, conversation: Conversation) -> None:
        self.asked, self.policy, self.conversation = asked, policy, conversation
        everything = list(spoken(asked.live, pace, late=asked.kind is Kind.LATE))
        self._to_say = [Said(0, everything[-1].text, over=True)] if policy == "whole" else everything
        self._now = self._over_at = self._first_at = self._taken_back = 0
        self._text = dict.fromkeys(StreamName, "")
        self.ended: TurnEnded | None = None

    def speak(self) -> None:
        """What the user says before the next step."""
        while self._to_say and self._to_say[0].step <= self._now:
            said = self._to_say.pop(0)
            self.conversation.listen(said.text)
            if said.over:
                self.conversation.end_input()
            self._over_at = self._now
        self._now += 1

    def take(self, event: Event) -> None:
        match event:
            case TokenGenerated(stream=stream, text=text):
                if stream is StreamName.OUTPUT and not self._text[stream]:
                    self._first_at = self._now
                self._text[stream] += text
            case StreamCut(stream=stream, characters=characters):
                self._taken_back += len(self._text[stream]) - characters
                self._text[stream] = self._text[stream][:characters]
            case TurnEnded():
                self.ended = event
            case ConversationFailed(message=message):
                raise RuntimeError(message)

    @property
    def over(self) -> bool:
        """Is the turn over, and everything said?"""
        return self.ended is not None

    def outcome(self) -> LiveOutcome:
        assert self.ended is not None
        answer = self._text[StreamName.OUTPUT].strip()
        whole = self.asked.live.whole
        return LiveOutcome(
            policy=self.policy,
            kind=self.asked.kind,
            question=whole.question,
            expected=whole.result,
            answer=answer,
            right=self.ended.reason is EndReason.FINISHED and is_right(whole, answer),
            wait_steps=self._first_at - self._over_at,
            steps=self.ended.step,
            taken_back=self._taken_back,
        )


def listen_to_all(
    engine: Engine, questions: Sequence[Asked], policy: str, pace: Pace, sampling: Sampling
) -> list[LiveOutcome]:
    """Every question once, several conversations at a time."""
    waiting = list(enumerate(questions))[::-1]
    at_work: dict[int, tuple[int, Attempt]] = {}
    done: dict[int, LiveOutcome] = {}
    while waiting or at_work:
        while waiting and len(at_work) < AT_ONCE:
            index, asked = waiting.pop()
            conversation = engine.open("async", sampling)
            at_work[conversation.id] = index, Attempt(asked, policy, pace, conversation)
        for _, attempt in at_work.values():
            if not attempt.over:
                attempt.speak()
        for event in engine.step():
            at_work[event.conversation][1].take(event)
        for identity, (index, attempt) in [item for item in at_work.items() if item[1][1].over]:
            del at_work[identity]
            engine.close(attempt.conversation)
            done[index] = attempt.outcome()
    return [done[index] for index in sorted(done)]


def questions_of_all_kinds(count: int, seed: int, late: bool) -> list[Asked]:
    """So many held-out questions of each kind; late: every second correction is."""
    rng = random.Random(f"live:{seed}")
    asked: dict[Kind, list[Asked]] = {Kind.STEPWISE: [], Kind.COMPLETE: [], Kind.CORRECTED: []}
    while len(asked[Kind.STEPWISE]) < count or len(asked[Kind.CORRECTED]) < count:
        live = sample_live(rng, held_out=True)
        kind = Kind.STEPWISE if live.correction is None else Kind.CORRECTED
        if len(asked[kind]) < count:
            is_late = late and kind is Kind.CORRECTED and len(asked[kind]) % 2 == 1
            asked[kind].append(Asked(live, Kind.LATE if is_late else kind))
    families = [name for name in COMPLETE_FAMILIES if name in SUM_FAMILIES]
    while len(asked[Kind.COMPLETE]) < count:
        problem = sample_problem(rng, held_out=True, families=families)
        heard = (Heard(problem.question, 0, is_correction=False),)
        asked[Kind.COMPLETE].append(Asked(LiveProblem(problem, heard, "", (), (), None), Kind.COMPLETE))
    return [question for questions in asked.values() for question in questions]


def summary(outcomes: Sequence[LiveOutcome]) -> dict[str, Any]:
    right = sum(outcome.right for outcome in outcomes)
    return {
        "n": len(outcomes),
        "accuracy": right / len(outcomes),
        "interval": [round(bound, 4) for bound in wilson(right, len(outcomes))],
        "wait_steps": statistics.mean(outcome.wait_steps for outcome in outcomes),
        "wait_steps_p95": percentile([outcome.wait_steps for outcome in outcomes], 95),
        "taken_back_characters": statistics.mean(outcome.taken_back for outcome in outcomes),
    }


def run(args: argparse.Namespace, settings: Settings) -> int:
    """`launch.py eval --live`."""
    pace = Pace(args.word_steps, args.late_steps)
    questions = questions_of_all_kinds(args.n, settings.seed, late=pace.late_steps is not None)
    results: dict[str, list[LiveOutcome]] = {}
    for policy in POLICIES:
        rule = "drop" if policy == "whole" else policy
        engine = build_engine(settings.model_copy(update={"corrections": rule}))
        sampling = choose_sampling(settings, engine.model.prompts)
        put = [asked for asked in questions if policy != "keep" or asked.live.correction is not None]
        results[policy] = listen_to_all(engine, put, policy, pace, sampling)
        engine.runner.close()
        print(f"{policy}: {len(put)} questions", file=sys.stderr)
    print_table(results)
    if args.json is not None:
        write(args.json, settings, pace, results)
    return 0


def print_table(results: dict[str, list[LiveOutcome]]) -> None:
    print(
        f"{'policy':8} {'question':16} {'n':>4} {'accuracy':>9} {'95 % interval':>15} {'wait':>6} {'p95':>5} "
        f"{'taken back':>11}"
    )
    for policy, outcomes in results.items():
        for kind, chosen in split(outcomes).items():
            row = summary(chosen)
            low, high = row["interval"]
            print(
                f"{policy:8} {kind:16} {row['n']:4} {100 * row['accuracy']:8.1f}% {100 * low:6.1f}–{100 * high:5.1f}% "
                f"{row['wait_steps']:6.1f} {row['wait_steps_p95']:5.0f} {row['taken_back_characters']:11.1f}"
            )
    print("wait: decoding steps from the last word to the first token of the answer; taken back: characters")


def split(outcomes: Sequence[LiveOutcome]) -> dict[Kind, list[LiveOutcome]]:
    """By kind, those that there are."""
    found = {kind: [outcome for outcome in outcomes if outcome.kind is kind] for kind in Kind}
    return {kind: chosen for kind, chosen in found.items() if chosen}


def write(path: Path, settings: Settings, pace: Pace, results: dict[str, list[LiveOutcome]]) -> None:
    document = {
        "model": settings.model,
        "seed": settings.seed,
        "pace": asdict(pace),
        **machine(),
        "policies": {
            policy: {kind.value: summary(chosen) for kind, chosen in split(outcomes).items()}
            for policy, outcomes in results.items()
        },
        "outcomes": [asdict(outcome) for outcomes in results.values() for outcome in outcomes],
    }
    write_whole(path, as_json(document))
