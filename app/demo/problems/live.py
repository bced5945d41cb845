"""A question that arrives in pieces while it is spoken, perhaps with a spoken correction.

The thinker may begin before the question ends, so live thoughts have no plan: paragraph i works out the step that
piece i brought. A correction ("no wait, make that 25") changes the second number of the step just heard. A thinker
that had begun that step finishes it, writes "correction, 25 not 38." and works the step out again; a thinker that
had not begun it (it *knew*) works out the corrected step only.
"""

from dataclasses import dataclass, replace
from random import Random

from app.demo.problems.arithmetic import Op, Step
from app.demo.problems.build import Problem, build, numbers_key
from app.demo.problems.chains import LARGEST_VALUE, Draft, draft_chain, draft_story
from app.demo.problems.follow_up import draft_follow_up
from app.demo.problems.rewording import reworded
from app.demo.problems.slips import slipped
from app.demo.problems.wording import dress

_CORRECTIONS = (
    ", no wait, make that {}",
    ", no wait, {}",
    ", sorry, I mean {}",
    ", sorry, {}",
    ", no, {}",
    ", I mean {}",
    ", no, make that {}",
    ", actually {}",
)


@dataclass(frozen=True, slots=True)
class Correction:
    """The second number of step `step` was said as `wrong` and is `right`."""

    step: int
    wrong: int
    right: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A piece of the question as it is heard: the words of a step, or the correction of that step."""

    text: str
    step: int
    is_correction: bool


@dataclass(frozen=True, slots=True)
class LiveProblem:
    """A question in pieces.

    whole: the problem when all of it is heard before the thinking starts (corrected numbers only, with a plan).
    steps: the steps as they stand in the end. first_steps: as they were said first.
    """

    whole: Problem
    events: tuple[Heard, ...]
    tail: str
    steps: tuple[Step, ...]
    first_steps: tuple[Step, ...]
    correction: Correction | None

    def heard(self, count: int) -> str:
        """The question so far, after `count` events."""
        return "".join(event.text for event in self.events[:count])

    def correction_heard(self, count: int) -> bool:
        return any(event.is_correction for event in self.events[:count])

    def thoughts(self, count: int, knew: bool) -> tuple[str, ...]:
        """All paragraphs that can rightly stand after `count` events (at least one).

        knew: the correction was heard before its step was begun; without a correction heard it changes nothing.
        """
        steps_heard = max(event.step for event in self.events[:count]) + 1
        corrected = self.correction_heard(count)
        steps = self.steps if corrected else self.first_steps
        paragraphs = [f"{step.worked_line}." for step in steps[:steps_heard]]
        if self.correction and corrected and not knew:
            wrong = self.correction.step
            again = f"correction, {self.correction.right} not {self.correction.wrong}."
            paragraphs[wrong:wrong] = [f"{self.first_steps[wrong].worked_line}.", again]
        return tuple(paragraphs)

    def wrong_paragraph(self, count: int, knew: bool) -> int | None:
        """Index of the thought paragraph that works with the wrong number though the right one is heard by now.

        It was begun before the correction came: text up to its first token is given, not to be learned.
        """
        if self.correction is None or knew or not self.correction_heard(count):
            return None
        return self.correction.step

    def view(self, knew: bool) -> Problem:
        """The whole question with live thoughts: what thinker and writer see when it was heard in pieces."""
        needs, paragraphs = [1], 0
        for index in range(len(self.steps)):
            redone = self.correction is not None and index == self.correction.step and not knew
            paragraphs += 3 if redone else 1
            needs.append(paragraphs)
        return replace(self.whole, thoughts=self.thoughts(len(self.events), knew), needs=tuple(needs))


def draw_live(rng: Random, held_out: bool = False, before: int | None = None, slips: bool = True) -> LiveProblem:
    """A chain or a story in pieces, or what follows on the number `before`; six of ten with a correction. held_out: in
    wordings that are never trained on. slips: some without a correction are misheard.
    """
    asking = _Asking(rng, held_out, slips)
    while True:
        if before is None:
            draft = rng.choices((draft_chain, draft_story), (1.6, 1.2))[0](rng)
        else:
            draft = draft_follow_up(rng, before)
        if rng.random() >= 0.6:
            return _assemble(asking, draft, draft.steps, None)
        correction = _draw_correction(rng, draft.steps, draft.parts)
        steps = _corrected(draft.steps, correction) if correction else None
        if steps:
            return _assemble(asking, draft, steps, correction)


def live_keys(live: LiveProblem) -> tuple[tuple[str | int, ...], ...]:
    """The keys of the problem as corrected and as first said."""
    return live.whole.key, numbers_key(live.whole.family, live.first_steps)


def _draw_correction(rng: Random, steps: tuple[Step, ...], said: tuple[str, ...]) -> Correction | None:
    """A new second number for one step; None where the draw cannot be used, or the number was not said."""
    index = rng.randrange(len(steps))
    step = steps[index]
    right = rng.randint(2, 9 if step.op is Op.TIMES else 99)
    if step.op is Op.OVER or right == step.b or str(step.b) not in said[index]:
        return None
    return Correction(index, step.b, right)


def _corrected(steps: tuple[Step, ...], correction: Correction) -> tuple[Step, ...] | None:
    """The steps with the right number and all that follows from it; None if a value leaves the domain."""
    corrected: list[Step] = []
    value = steps[0].a
    for index, step in enumerate(steps):
        b = correction.right if index == correction.step else step.b
        if step.op is Op.MINUS and b >= value:
            return None
        corrected.append(Step(step.op, value, b))
        value = corrected[-1].result
        if value > LARGEST_VALUE or (step.op is Op.OVER and corrected[-1].a % b):
            return None
    return tuple(corrected)


@dataclass(frozen=True, slots=True)
class _Asking:
    """How a question is put."""

    rng: Random
    held_out: bool
    slips: bool

    def put(self, draft: Draft, parts: tuple[str, ...], corrected: bool) -> tuple[str, ...]:
        """The parts in words, and the tail as one more."""
        pieces = dress(self.rng, *parts, ask=draft.ask, end=draft.end)
        pieces = reworded(pieces, self.rng, self.held_out)
        return slipped(pieces, self.rng) if self.slips and not corrected else pieces


def _assemble(asking: _Asking, draft: Draft, steps: tuple[Step, ...], correction: Correction | None) -> LiveProblem:
    rng = asking.rng
    parts = [(text, index, False) for index, text in enumerate(draft.parts)]
    if correction:
        words = rng.choice(_CORRECTIONS).format(correction.right)
        parts.insert(correction.step + 1, (words, correction.step, True))
    *texts, tail = asking.put(draft, tuple(text for text, _, _ in parts), correction is not None)
    events = tuple(Heard(text, step, fix) for text, (_, step, fix) in zip(texts, parts, strict=True))
    closing = f"so the answer is {steps[-1].result}"
    whole = build(rng, draft.family, "".join((*texts, tail)), steps, closing, pieces=(*texts, tail))
    return LiveProblem(whole, events, tail, steps, draft.steps, correction)
