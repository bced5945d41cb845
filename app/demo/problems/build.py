"""From steps of arithmetic to a problem: the plan, the worked lines, and the spoken answer.

Thought paragraph 0 is the plan, paragraph i works out step i. Answer paragraph 0 is the outline, paragraph i states
the result of step i and shows no digit work. So answer paragraph i rests on the first i + 1 thought paragraphs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from app.demo.problems.arithmetic import Op, Step


@dataclass(frozen=True, slots=True)
class Problem:
    """A question with the thoughts and the spoken answer the demo model should give.

    thoughts, answer: paragraphs, without the blank line between them.
    needs[i]: how many complete thought paragraphs answer paragraph i rests on; never decreasing.
    result: what a right answer ends with. key: family and numbers; decides what is held out.
    pieces: the question as it arrives while it is spoken, joined it is the question; None if it comes whole.
    outlines: of each thought paragraph after the plan that needs nothing of the others, what it will work out; the
    paragraphs after those rest on them, one after another.
    """

    family: str
    question: str
    thoughts: tuple[str, ...]
    answer: tuple[str, ...]
    needs: tuple[int, ...]
    result: str
    key: tuple[str | int, ...]
    pieces: tuple[str, ...] | None = None
    outlines: tuple[str, ...] = ()


STATED = {
    Op.PLUS: ("{a} plus {b} is {c}", "adding {b} to {a} gives {c}", "{a} and {b} make {c}"),
    Op.MINUS: ("{a} minus {b} is {c}", "taking {b} from {a} leaves {c}"),
    Op.TIMES: ("{a} times {b} is {c}", "{a} times {b} makes {c}"),
    Op.OVER: ("{a} divided by {b} is {c}", "splitting {a} into {b} gives {c}"),
}
_FIRST = {
    Op.PLUS: "add {a} and {b}",
    Op.MINUS: "take {b} from {a}",
    Op.TIMES: "multiply {a} by {b}",
    Op.OVER: "divide {a} by {b}",
}
_NEXT = {Op.PLUS: "add {b}", Op.MINUS: "take away {b}", Op.TIMES: "multiply by {b}", Op.OVER: "divide by {b}"}


def capital(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]


def numbers_key(family: str, steps: Sequence[Step]) -> tuple[str | int, ...]:
    """What makes a problem the same problem: its family and its arithmetic, whatever the words."""
    key: list[str | int] = [family]
    for step in steps:
        key += [step.op.value, step.a, step.b]
    return tuple(key)


def build(
    rng: Random,
    family: str,
    question: str,
    steps: Sequence[Step],
    closing: str,
    *,
    plan: str | None = None,
    outline: str | None = None,
    statements: Sequence[str | None] | None = None,
    notes: Sequence[str] | None = None,
    result: str | None = None,
    pieces: tuple[str, ...] | None = None,
) -> Problem:
    """The problem whose steps are these; what is not given is made from the steps.

    closing: end of the last answer sentence, e.g. "so the answer is 85". plan and outline must be given when a step
    does not go on from the one before. statements[i]: what the answer says of step i, None for the plain sum.
    notes[i]: written before the worked line of step i.
    """
    statements = statements or [None] * len(steps)
    notes = notes or [""] * len(steps)
    lines = [f"{note}{step.worked_line}." for note, step in zip(notes, steps, strict=True)]
    stated = [given or _state(rng, step) for given, step in zip(statements, steps, strict=True)]
    stated[-1] += f", {closing}"
    sentences = [f"{capital(text)}." for text in stated]
    return Problem(
        family=family,
        question=question,
        thoughts=(plan or plan_of(steps), *lines),
        answer=(outline or outline_of(rng, steps), *sentences),
        needs=tuple(range(1, len(steps) + 2)),
        result=result or str(steps[-1].result),
        key=numbers_key(family, steps),
        pieces=pieces,
    )


def outline_of(rng: Random, steps: Sequence[Step]) -> str:
    """What will be done, in a sentence: "First I multiply 12 by 8, then take away 30."."""
    opening = rng.choice(("I will {}", "let me {}", "first I {}"))
    actions = [opening.format(_FIRST[steps[0].op].format(a=steps[0].a, b=steps[0].b))]
    actions += [_NEXT[step.op].format(b=step.b) for step in steps[1:]]
    return capital(", then ".join(actions)) + "."


def plan_of(steps: Sequence[Step]) -> str:
    """The plan of steps on a running value: "plan: 12*8, then -30."."""
    for before, step in pairwise(steps):
        assert step.a == before.result, "a plan must be given when the steps are not a chain"
    first = f"{steps[0].a}{steps[0].op.value}{steps[0].b}"
    return "plan: " + ", then ".join([first, *(f"{step.op.value}{step.b}" for step in steps[1:])]) + "."


def _state(rng: Random, step: Step) -> str:
    return rng.choice(STATED[step.op]).format(a=step.a, b=step.b, c=step.result)
