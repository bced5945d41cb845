"""Follow-up questions, which go on with the last answer: "and double that?", "now take away 15"."""

from __future__ import annotations

from random import Random

from app.demo.problems.arithmetic import Op, Step
from app.demo.problems.build import Problem
from app.demo.problems.chains import LARGEST_VALUE, Draft, from_draft

_DOUBLED = ("{}double that", "{}double it", "{}what is twice that", "{}2 times that", "{}times 2", "{}twice as much")
_TRIPLED = ("{}triple that", "{}triple it", "{}3 times that", "{}what is 3 times that")
_HALVED = ("{}half of that", "{}halve it", "{}what is half of that", "{}cut that in half", "{}divide it by 2")
_ASKED = {
    Op.PLUS: (
        "{}plus {b}", "{}add {b}", "{}add {b} to that", "{}{b} more", "{}what is that plus {b}", "{}add another {b}",
        "{}{b} on top", "{}put {b} to it", "what if I add {b}", "{}{b} more than that", "{}another {b}",
        "{}gets {b} more", "{}if {b} more come", "{}{b} more of them", "{}plus {b} more", "{}with {b} more",
    ),
    Op.MINUS: (
        "{}minus {b}", "{}take away {b}", "{}subtract {b}", "{}take {b} away from that", "{}{b} less",
        "{}what is that minus {b}", "what if I take away {b}", "{}without {b} of them", "{}subtract {b} from that",
        "{}loses {b}", "{}if {b} are gone", "{}{b} fewer", "{}minus another {b}",
    ),
    Op.TIMES: ("{}times {b}", "{}multiply that by {b}", "{}{b} times that", "{}what is that times {b}",
               "{}multiply it by {b}", "{}{b} times as many"),
    Op.OVER: ("{}divided by {b}", "{}divide that by {b}", "{}split that by {b}", "{}what is that divided by {b}",
              "{}share that among {b}"),
}  # fmt: skip
_THEN = {
    Op.PLUS: ("plus {b}", "and add {b}", "and then add {b}", "then plus {b}"),
    Op.MINUS: ("minus {b}", "and take away {b}", "and then subtract {b}", "then minus {b}"),
}
_LEADS = ("", "", "", "and ", "and ", "now ", "okay ", "and now ", "then ", "so ")
_TIMES_UP_TO = LARGEST_VALUE // 9


def number_of(problem: Problem) -> int | None:
    """The number a follow-up can go on with, if the problem ends with one."""
    return int(problem.result) if problem.result.isdecimal() else None


def follow_up(rng: Random, before: int) -> Problem:
    """A question that rests on the number `before`."""
    return from_draft(rng, draft_follow_up(rng, before))


def draft_follow_up(rng: Random, before: int) -> Draft:
    """One step, now and then two."""
    first, words = _first(rng, before)
    steps, parts = [first], [words]
    while rng.random() < 0.2 and len(steps) < 3:
        step = _sum(rng, steps[-1].result)
        if step is None:
            break
        steps.append(step)
        parts.append(" " + rng.choice(_THEN[step.op]).format(b=step.b))
    closing = rng.choice(("so the answer is {c}", "that makes {c}", "so it makes {c}")).format(c=steps[-1].result)
    return Draft("follow_up", tuple(parts), "", rng.choice("?.?"), tuple(steps), closing)


def _first(rng: Random, before: int) -> tuple[Step, str]:
    lead = rng.choice(_LEADS)
    kind = rng.random()
    if kind < 0.16 and before <= LARGEST_VALUE // 2:
        return Step(Op.TIMES, before, 2), rng.choice(_DOUBLED).format(lead)
    if kind < 0.24 and before <= LARGEST_VALUE // 3:
        return Step(Op.TIMES, before, 3), rng.choice(_TRIPLED).format(lead)
    if kind < 0.36 and before % 2 == 0 and before:
        return Step(Op.OVER, before, 2), rng.choice(_HALVED).format(lead)
    if kind < 0.5 and before <= _TIMES_UP_TO:
        step = Step(Op.TIMES, before, rng.randint(2, 9))
    elif kind < 0.62 and (divisors := [b for b in range(3, 10) if before % b == 0 and before]):
        step = Step(Op.OVER, before, rng.choice(divisors))
    else:
        step = _sum(rng, before) or Step(Op.PLUS, before, 1)
    return step, rng.choice(_ASKED[step.op]).format(lead, b=step.b)


def _sum(rng: Random, value: int) -> Step | None:
    most = 99 if rng.random() < 0.6 else 599
    if value > 3 and rng.random() < 0.5:
        return Step(Op.MINUS, value, rng.randint(1, min(value - 1, most)))
    if value + 1 <= LARGEST_VALUE:
        return Step(Op.PLUS, value, rng.randint(1, min(LARGEST_VALUE - value, most)))
    return None
