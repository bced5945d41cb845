"""Sums of independent parts: two to four small computations that need nothing of each other, then their total.

What workers or threads can share out among them: "what is 12 times 3 plus 14 times 5 plus 9 times 8".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from app.demo.problems.arithmetic import Op, Step
from app.demo.problems.build import STATED, Problem, capital, numbers_key
from app.demo.problems.wording import BOXES, ITEMS, NAMES, dressed

_LARGEST_TOTAL = 1000
_SPOKEN = {Op.PLUS: "plus", Op.MINUS: "minus", Op.TIMES: "times"}


@dataclass(frozen=True, slots=True)
class _Draft:
    """parts: the independent steps. statements[i]: what the answer says of part i; closing: of the total."""

    question: str
    parts: tuple[Step, ...]
    statements: tuple[str, ...]
    closing: str
    outline: str


def parts(rng: Random) -> Problem:
    """Two to four computations and their total."""
    draft = rng.choice((_products, _sums, _shopping, _boxes))(rng)
    totals, value = [], draft.parts[0].result
    for part in draft.parts[1:]:
        totals.append(Step(Op.PLUS, value, part.result))
        value = totals[-1].result
    outlines = tuple(f"{part.a}{part.op.value}{part.b}" for part in draft.parts)
    lines = (f"{step.worked_line}." for step in (*draft.parts, *totals))
    thoughts = (f"plan: {' and '.join(outlines)}, then +.", *lines)
    answer = (draft.outline, *draft.statements, f"{draft.closing.format(c=value)}.")
    return Problem(
        family="parts",
        question=draft.question,
        thoughts=thoughts,
        answer=tuple(capital(text) for text in answer),
        needs=(*range(1, len(draft.parts) + 2), len(thoughts)),
        result=str(value),
        key=numbers_key("parts", draft.parts),
        outlines=outlines,
    )


def _products(rng: Random) -> _Draft:
    """ "what is 12 times 3 plus 14 times 5"."""
    steps = _within(rng, lambda: Step(Op.TIMES, rng.randint(3, 60), rng.randint(2, 9)))
    asked = " plus ".join(f"{step.a} times {step.b}" for step in steps)
    opening = rng.choice(("what is ", "what is ", "what's ", "how much is ", ""))
    return _plain(rng, dressed(rng, opening + asked), steps)


def _sums(rng: Random) -> _Draft:
    """ "add 47 plus 38 and 12 times 6 and 90 minus 25"."""
    steps = _within(rng, lambda: _small_step(rng))
    said = [f"{step.a} {_SPOKEN[step.op]} {step.b}" for step in steps]
    listed = rng.choice((" and ".join(said), ", ".join(said[:-1]) + f" and {said[-1]}"))
    asks = (
        (f"add {listed}", "."),
        (f"add up {listed}", "."),
        (f"how much are {listed} together", "?"),
        (f"what do you get if you add {listed}", "?"),
        (f"what is the sum of {listed}", "?"),
    )
    text, end = rng.choice(asks)
    return _plain(rng, dressed(rng, text, end=end), steps)


def _shopping(rng: Random) -> _Draft:
    """ "Tom buys 3 boxes at 12 dollars each, 5 bags at 14 and 8 jars at 9, how much is that together"."""
    steps = _within(rng, lambda: Step(Op.TIMES, rng.randint(3, 40), rng.randint(2, 9)))
    things = rng.sample((*ITEMS, *BOXES), len(steps))
    each = rng.choice(((" each", ""), (" dollars each", ""), (" dollars", " dollars")))
    bought = [f"{step.b} {thing} at {step.a}" for step, thing in zip(steps, things, strict=True)]
    bought = [bought[0] + each[0], *(text + each[1] for text in bought[1:])]
    listed = rng.choice((" and ".join(bought), ", ".join(bought[:-1]) + f" and {bought[-1]}"))
    ask = rng.choice(("how much is that together", "what do they cost together", "how much is it all together"))
    statements = [f"the {thing} cost {step.result} dollars" for step, thing in zip(steps, things, strict=True)]
    closing = rng.choice(("together that is {c} dollars", "so it costs {c} dollars together"))
    outline = rng.choice(("I will work out each price and then add them.", "First each price, then all together."))
    return _Draft(
        dressed(rng, f"{rng.choice(NAMES)} buys {listed}", ask), steps, _sentences(statements), closing, outline
    )


def _boxes(rng: Random) -> _Draft:
    """ "Anna has 3 boxes of 12 apples, 5 bags of 14 and 8 jars of 9, how many are there in all"."""
    steps = _within(rng, lambda: Step(Op.TIMES, rng.randint(2, 9), rng.randint(3, 40)))
    name, item, holders = rng.choice(NAMES), rng.choice(ITEMS), rng.sample(BOXES, len(steps))
    held = [f"{step.a} {holder} of {step.b}" for step, holder in zip(steps, holders, strict=True)]
    held[0] += f" {item}"
    listed = rng.choice((" and ".join(held), ", ".join(held[:-1]) + f" and {held[-1]}"))
    ask = rng.choice((f"how many {item} are there in all", "how many is that together", f"how many does {name} have"))
    statements = [f"the {holder} hold {step.result}" for step, holder in zip(steps, holders, strict=True)]
    closing = rng.choice((f"so {name} has {{c}} {item}", f"in all that is {{c}} {item}"))
    outline = rng.choice((f"I will count the {item} in each and then add them.", "First each kind, then all together."))
    return _Draft(dressed(rng, f"{name} has {listed}", ask), steps, _sentences(statements), closing, outline)


def _plain(rng: Random, question: str, steps: tuple[Step, ...]) -> _Draft:
    statements = [rng.choice(STATED[step.op]).format(a=step.a, b=step.b, c=step.result) for step in steps]
    closing = rng.choice(("together that makes {c}", "so the answer is {c}", "added up that is {c}"))
    outline = rng.choice(("I will work out each part and then add them.", "First the parts, then the total."))
    return _Draft(question, steps, _sentences(statements), closing, outline)


def _sentences(statements: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{statement}." for statement in statements)


def _small_step(rng: Random) -> Step:
    match rng.choice((Op.PLUS, Op.TIMES, Op.MINUS)):
        case Op.TIMES:
            return Step(Op.TIMES, rng.randint(3, 60), rng.randint(2, 9))
        case Op.MINUS:
            a = rng.randint(12, 199)
            return Step(Op.MINUS, a, rng.randint(2, min(a - 1, 99)))
        case _:
            return Step(Op.PLUS, rng.randint(11, 199), rng.randint(2, 99))


def _within(rng: Random, draw: Callable[[], Step]) -> tuple[Step, ...]:
    """Two to four steps of which no two are the same, together not too large."""
    count = rng.choice((2, 2, 3, 3, 4))
    while True:
        steps = tuple(draw() for _ in range(count))
        if len(set(steps)) == count and sum(step.result for step in steps) <= _LARGEST_TOTAL:
            return steps
