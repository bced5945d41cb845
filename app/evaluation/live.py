"""`eval --live`: corrected questions, heard word by word through the real engine, under each policy for corrections.

The same held-out questions are put three times: *keep* and *drop* hear "what is 47 plus 38, no wait, make that 25" as
it is spoken, thinking all the while, and treat what was thought before the correction as their names say; *whole* is
given all the words at once. The user's pace and a late correction (after the question seemed to be over) are counted in
decoding steps, so that results compare across machines. It knows no sound.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.config import Settings
from app.demo.checking import is_right
from app.demo.problems import LiveProblem, sample_live
from app.evaluation.solve import AT_ONCE
from app.evaluation.statistics import wilson
from app.files import write_whole
from app.machine import machine
from app.models import build_engine, choose_sampling
from engine.conversation import Conversation
from engine.engine import Engine
from engine.events import ConversationFailed, EndReason, Event, StreamCut, StreamName, TokenGenerated, TurnEnded
from engine.sampling import Sampling

POLICIES = ("keep", "drop", "whole")


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
    question: str
    late: bool
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

    def __init__(self, live: LiveProblem, policy: str, pace: Pace, late: bool, conversation: Conversation) -> None:
        self.live, self.policy, self.late, self.conversation = live, policy, late, conversation
        everything = list(spoken(live, pace, late))
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
        return LiveOutcome(
            policy=self.policy,
            question=self.live.whole.question,
            late=self.late,
            expected=self.live.whole.result,
            answer=answer,
            right=self.ended.reason is EndReason.FINISHED and is_right(self.live.whole, answer),
            wait_steps=self._first_at - self._over_at,
            steps=self.ended.step,
            taken_back=self._taken_back,
        )


def listen_to_all(
    engine: Engine, problems: Sequence[LiveProblem], policy: str, pace: Pace, sampling: Sampling
) -> list[LiveOutcome]:
    """Every problem once, several conversations at a time."""
    waiting = list(enumerate(problems))[::-1]
    at_work: dict[int, tuple[int, Attempt]] = {}
    done: dict[int, LiveOutcome] = {}
    while waiting or at_work:
        while waiting and len(at_work) < AT_ONCE:
            index, live = waiting.pop()
            conversation = engine.open("async", sampling)
            late = pace.late_steps is not None and index % 2 == 1
            at_work[conversation.id] = index, Attempt(live, policy, pace, late, conversation)
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


def corrected_problems(count: int, seed: int) -> list[LiveProblem]:
    """So many held-out questions with a correction."""
    rng = random.Random(f"live:{seed}")
    found: list[LiveProblem] = []
    while len(found) < count:
        live = sample_live(rng, held_out=True)
        if live.correction is not None:
            found.append(live)
    return found


def summary(outcomes: Sequence[LiveOutcome]) -> dict[str, Any]:
    right = sum(outcome.right for outcome in outcomes)
    return {
        "n": len(outcomes),
        "accuracy": right / len(outcomes),
        "interval": [round(bound, 4) for bound in wilson(right, len(outcomes))],
        "wait_steps": statistics.mean(outcome.wait_steps for outcome in outcomes),
        "taken_back_characters": statistics.mean(outcome.taken_back for outcome in outcomes),
    }


def run(args: argparse.Namespace, settings: Settings) -> int:
    """`launch.py eval --live`."""
    problems = corrected_problems(args.n, settings.seed)
    pace = Pace(args.word_steps, args.late_steps)
    results: dict[str, list[LiveOutcome]] = {}
    for policy in POLICIES:
        rule = "drop" if policy == "whole" else policy
        engine = build_engine(settings.model_copy(update={"corrections": rule}))
        sampling = choose_sampling(settings, engine.model.prompts)
        results[policy] = listen_to_all(engine, problems, policy, pace, sampling)
        engine.runner.close()
        print(f"{policy}: {len(problems)} questions", file=sys.stderr)
    print_table(results)
    if args.json is not None:
        write(args.json, settings, pace, results)
    return 0


def print_table(results: dict[str, list[LiveOutcome]]) -> None:
    print(
        f"{'policy':8} {'corrected':12} {'n':>4} {'accuracy':>9} {'95 % interval':>15} {'wait':>6} {'taken back':>11}"
    )
    for policy, outcomes in results.items():
        for name, chosen in split(outcomes).items():
            row = summary(chosen)
            low, high = row["interval"]
            print(
                f"{policy:8} {name:12} {row['n']:4} {100 * row['accuracy']:8.1f}% {100 * low:6.1f}–{100 * high:5.1f}% "
                f"{row['wait_steps']:6.1f} {row['taken_back_characters']:8.1f}"
            )
    print("wait: decoding steps from the last word to the first token of the answer; dropped: characters")


def split(outcomes: Sequence[LiveOutcome]) -> dict[str, list[LiveOutcome]]:
    """All of them, and apart those whose correction came in the middle and late, if there are both."""
    found = {"all": list(outcomes)}
    if any(outcome.late for outcome in outcomes):
        found["while spoken"] = [outcome for outcome in outcomes if not outcome.late]
        found["late"] = [outcome for outcome in outcomes if outcome.late]
    return found


def write(path: Path, settings: Settings, pace: Pace, results: dict[str, list[LiveOutcome]]) -> None:
    document = {
        "made": time.strftime("%Y-%m-%d"),
        "model": settings.model,
        "seed": settings.seed,
        "pace": asdict(pace),
        **machine(),
        "policies": {
            policy: {name: summary(chosen) for name, chosen in split(outcomes).items()}
            for policy, outcomes in results.items()
        },
        "outcomes": [asdict(outcome) for outcomes in results.values() for outcome in outcomes],
    }
    write_whole(path, (json.dumps(document, indent=1) + "\n").encode())
