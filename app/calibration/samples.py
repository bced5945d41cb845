"""Labelled answers of the gate, from real `async` turns. Two ways to know whether the thoughts were ahead.

*By paragraphs*, for problems of the bundled model's domain: each says how many complete paragraphs of thought every
paragraph of the answer rests on. An answer of the gate is labelled by whether so many were complete when it was given.
Turns whose thoughts or answers are in other paragraphs than the problem's cannot be labelled and are left out.

*By outcome*, for any tasks with known answers; weaker, because an answer can be begun too early and still come out
right. Each task is first thought through with a gate that is asked and stays closed; where the answer is then wrong,
nothing can be learnt from when to speak. Then the same question is asked again with the gate set to open at one of the
moments just seen, drawn at random: were the thoughts ahead there, as the answer that was begun came out right?
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from app.calibration.fit import Sample
from app.demo.problems import Problem
from app.errors import RunError
from app.evaluation.serve import serve
from app.models import spelling
from engine.conversation import Conversation
from engine.engine import Engine
from engine.errors import ContextFull
from engine.events import ConversationFailed, EndReason, Event, GateAnswered, StreamName, TokenGenerated, TurnEnded
from engine.patience import PATIENCE, sigmoid
from engine.sampling import Sampling

NEARLY_ALL = math.nextafter(1.0, 0.0)  # so much patience asks the gate and opens it never
HARDLY_ANY = 1e-15

Report = Callable[[str], None]  # called once a turn


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and with how much patience."""

    question: str
    patience: float


def by_paragraphs(
    engine: Engine, problems: Sequence[Problem], sampling: Sampling | None = None, report: Report = lambda _: None
) -> list[Sample]:
    """Samples of the problems' turns; their number tells the turn."""
    asked = [Asked(problem.question, PATIENCE) for problem in problems]
    samples: list[Sample] = []
    for number, events in turns(engine, asked, sampling):
        samples += paragraph_labels(number, problems[number], events)
        report("asked by paragraphs")
    return sorted(samples, key=lambda sample: sample.turn)


def paragraph_labels(turn: int, problem: Problem, events: Sequence[Event]) -> list[Sample]:
    """Pure. A question sees what was chosen in earlier steps; its answer comes before the tokens of its own."""
    written = {StreamName.THOUGHTS: "", StreamName.OUTPUT: ""}
    found: list[tuple[float, int, int]] = []
    for event in events:
        if isinstance(event, TokenGenerated):
            written[event.stream] += event.text
        elif isinstance(event, GateAnswered):
            thoughts, said = (text.count("\n\n") for text in written.values())
            found.append((event.log_odds, thoughts, said))
    counts = tuple(sum(bool(part.strip()) for part in text.split("\n\n")) for text in written.values())
    if counts != (len(problem.thoughts), len(problem.answer)):
        return []
    return [
        Sample(turn, log_odds, thoughts >= problem.needs[said])
        for log_odds, thoughts, said in found
        if said < len(problem.needs)
    ]


def by_outcome(
    engine: Engine,
    questions: Sequence[str],
    is_right: Callable[[int, str], bool],
    sampling: Sampling | None = None,
    seed: int = 0,
    report: Report = lambda _: None,
) -> list[Sample]:
    """is_right: is this the right answer to the question with this number?"""
    moments: dict[int, list[float]] = {}
    for number, events in turns(engine, [Asked(text, NEARLY_ALL) for text in questions], sampling):
        answers = [event.log_odds for event in events if isinstance(event, GateAnswered)]
        if answers and _is_right(number, events, is_right):
            moments[number] = answers
        report("thought through")
    rng = random.Random(f"calibrate:{seed}")
    drawn = [(number, rng.choice(moments[number])) for number in sorted(moments)]
    again = [Asked(questions[number], patience_at(engine, log_odds)) for number, log_odds in drawn]
    samples: list[Sample] = []
    for index, events in turns(engine, again, sampling):
        number = drawn[index][0]
        opened = next((event for event in events if isinstance(event, GateAnswered) and event.open), None)
        if opened is not None:
            samples.append(Sample(number, opened.log_odds, _is_right(number, events, is_right)))
        report("begun at a moment drawn")
    return sorted(samples, key=lambda sample: sample.turn)


def patience_at(engine: Engine, log_odds: float) -> float:
    """The patience with which these raw log-odds are just enough."""
    enough = engine.model.prompts.gate.calibration(log_odds)
    return min(NEARLY_ALL, max(HARDLY_ANY, sigmoid(enough - 1e-4)))


def _is_right(number: int, events: Sequence[Event], is_right: Callable[[int, str], bool]) -> bool:
    answer = "".join(
        event.text for event in events if isinstance(event, TokenGenerated) and event.stream is StreamName.OUTPUT
    )
    finished = any(isinstance(event, TurnEnded) and event.reason is EndReason.FINISHED for event in events)
    return finished and is_right(number, answer.strip())


class _Turn:
    """A question's turn and its events; None if the question is longer than the model can take."""

    def __init__(self, number: int, question: str, conversation: Conversation) -> None:
        self.number, self.question, self.conversation = number, question, conversation
        self.events: list[Event] | None = []
        self._asked = self.over = False

    def speak(self) -> None:
        if self._asked:
            return
        self._asked = True
        try:
            self.conversation.listen(self.question)
        except ContextFull:
            self.events, self.over = None, True
            return
        self.conversation.end_input()

    def take(self, event: Event) -> None:
        if isinstance(event, ConversationFailed):
            raise RunError(f"the engine failed at {self.question!r}: {event.message}")
        if self.events is not None:
            self.events.append(event)
        self.over = self.over or isinstance(event, TurnEnded)


def turns(engine: Engine, asked: Sequence[Asked], sampling: Sampling | None) -> Iterator[tuple[int, list[Event]]]:
    """All events of each question's `async` turn, by its number, as they are done, several at once. A question that is
    longer than the model can take is left out. Raises RunError when a turn fails, and what `Engine.open` raises.
    """

    spelled = spelling(engine.model.prompts)

    def begin(numbered: tuple[int, Asked]) -> _Turn:
        number, one = numbered
        return _Turn(number, spelled(one.question), engine.open("async", sampling, one.patience))

    with closing(serve(engine, enumerate(asked), begin)) as done:
        for turn in done:
            if turn.events is not None:
                yield turn.number, turn.events
