"""Sums on a running value: single (one operation), chain (several), story (things gained and lost)."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from app.demo.problems.arithmetic import Op, Step
from app.demo.problems.build import Problem, build
from app.demo.problems.wording import ITEMS, NAMES, dress, dressed

_WORDS = {
    Op.PLUS: ("plus",) * 5,
    Op.MINUS: ("minus", "minus", "minus", "minus", "take away"),
    Op.TIMES: ("times", "times", "times", "multiplied by"),
    Op.OVER: ("divided by", "divided by", "divided by", "over"),
}
_REQUESTS = {
    Op.PLUS: ("add {a} and {b}", "add {b} to {a}"),
    Op.MINUS: ("subtract {b} from {a}", "take {b} away from {a}", "take {b} from {a}"),
    Op.TIMES: ("multiply {a} by {b}", "multiply {a} and {b}"),
    Op.OVER: ("divide {a} by {b}",),
}
_ASKS = ("what is ", "what is ", "what's ", "how much is ")
_SIGNS = {Op.PLUS: ("+",), Op.MINUS: ("-",), Op.TIMES: ("*", "*", "x", "×"), Op.OVER: ("/", "/", "/", "÷")}

LARGEST_VALUE = 9999


@dataclass(frozen=True, slots=True)
class Draft:
    """A chain of steps with its words, not yet written down: parts[i] of the question brings steps[i]."""

    family: str
    parts: tuple[str, ...]
    ask: str
    end: str
    steps: tuple[Step, ...]
    closing: str


def running_steps(rng: Random, count: int, start: int | None = None) -> tuple[Step, ...]:
    """Steps from left to right on one value; a product or a quotient only comes first, and only without a start."""
    steps: list[Step] = []
    if start is None:
        steps, start = _first_step(rng)
    value = start
    while len(steps) < count:
        steps.append(_next_step(rng, value))
        value = steps[-1].result
    return tuple(steps)


def start_value(rng: Random) -> int:
    """Of two digits mostly, of four at most."""
    kind = rng.random()
    if kind < 0.5:
        return rng.randint(11, 99)
    return rng.randint(100, 999) if kind < 0.85 else rng.randint(1000, 6999)


def steps_count(rng: Random) -> int:
    """Two to six."""
    return rng.choice((2, 2, 2, 3, 3, 3, 4, 4, 5, 6))


def single(rng: Random) -> Problem:
    """One operation: "what is 47 plus 38", "subtract 5 from 60", "12*8"."""
    steps = running_steps(rng, 1)
    closing = rng.choice(("so the answer is {c}", "that makes {c}")).format(c=steps[-1].result)
    return build(rng, "single", _single_question(rng, steps[0]), steps, closing)


def chain(rng: Random) -> Problem:
    """Two to six operations, left to right: "what is 47 plus 38 minus 12"."""
    draft = draft_chain(rng)
    if rng.random() < 0.08:
        return build(rng, "chain", in_signs(rng, draft.steps), draft.steps, draft.closing)
    return from_draft(rng, draft)


def story(rng: Random) -> Problem:
    """Somebody has things, gets and loses some: "Tom has 47 apples and buys 38 more, how many are left"."""
    return from_draft(rng, draft_story(rng))


def draft_chain(rng: Random) -> Draft:
    steps = running_steps(rng, steps_count(rng))
    opening = rng.choice((*_ASKS, "what is ", "work out ", "calculate ", ""))
    parts = [f"{opening}{steps[0].a} {_word(rng, steps[0])} {steps[0].b}"]
    joint = rng.choice((" ", " ", " ", " ", ", then "))
    parts += [f"{joint}{_word(rng, step)} {step.b}" for step in steps[1:]]
    closing = rng.choice(("so the answer is {c}", "so it makes {c}")).format(c=steps[-1].result)
    end = "." if opening in ("work out ", "calculate ") else "?"
    return Draft("chain", tuple(parts), "", end, steps, closing)


def draft_story(rng: Random) -> Draft:
    count = steps_count(rng)
    name, item = rng.choice(NAMES), rng.choice(ITEMS)
    steps = running_steps(rng, count, start=start_value(rng))
    parts = [f"{name} has {steps[0].a} {item} and {happening(rng, steps[0])}"]
    parts += [rng.choice((" and then ", ", then ")) + happening(rng, step) for step in steps[1:]]
    ask = rng.choice(("how many are left", f"how many {item} are there now", f"how many does {name} have now"))
    closing = rng.choice((f"so {name} has {{c}} {item}", f"so there are {{c}} {item}"))
    return Draft("story", tuple(parts), ask, "?", steps, closing.format(c=steps[-1].result))


def from_draft(rng: Random, draft: Draft) -> Problem:
    pieces = dress(rng, *draft.parts, ask=draft.ask, end=draft.end)
    return build(rng, draft.family, "".join(pieces), draft.steps, draft.closing, pieces=pieces)


def happening(rng: Random, step: Step) -> str:
    """What happens to somebody's things, for a sum or a difference."""
    if step.op is Op.PLUS:
        return rng.choice(("buys {b} more", "gets {b} more", "finds {b}")).format(b=step.b)
    return rng.choice(("gives away {b}", "loses {b}", "sells {b}")).format(b=step.b)


def in_signs(rng: Random, steps: Sequence[Step]) -> str:
    """The sum as one types it: "47+38", "12 * 8 - 30", "what is 47 + 38?"."""
    space = rng.choice(("", " "))
    text = str(steps[0].a)
    for step in steps:
        text += f"{space}{rng.choice(_SIGNS[step.op])}{space}{step.b}"
    return rng.choice(("{}", "{}", "{}=", "{} =", "{}?", "what is {}?", "What is {}?", "what is {}")).format(text)


def _single_question(rng: Random, step: Step) -> str:
    kind = rng.random()
    if kind < 0.12:
        return in_signs(rng, (step,))
    if kind < 0.30:
        request = rng.choice(_REQUESTS[step.op]).format(a=step.a, b=step.b)
        return dressed(rng, request, end=".")
    opening = rng.choice((*_ASKS, ""))
    return dressed(rng, f"{opening}{step.a} {_word(rng, step)} {step.b}")


def _word(rng: Random, step: Step) -> str:
    return rng.choice(_WORDS[step.op])


def _first_step(rng: Random) -> tuple[list[Step], int]:
    """A first product (30 %) or quotient (12 %) and its value; else no step and a value to start from."""
    kind = rng.random()
    if kind < 0.30:
        step = Step(Op.TIMES, rng.randint(3, 99) if kind < 0.18 else rng.randint(100, 999), rng.randint(2, 9))
    elif kind < 0.42:
        divisor, quotient = rng.randint(2, 9), rng.randint(2, 29) if kind < 0.38 else rng.randint(30, 199)
        step = Step(Op.OVER, divisor * quotient, divisor)
    else:
        return [], start_value(rng)
    return [step], step.result


def _next_step(rng: Random, value: int) -> Step:
    """A sum or a difference; the operand is of up to four digits where the value is large."""
    if (rng.random() < 0.5 and value > 12) or value > LARGEST_VALUE - 900:
        return Step(Op.MINUS, value, rng.randint(2, min(value - 1, _largest_operand(rng, value))))
    return Step(Op.PLUS, value, rng.randint(2, min(LARGEST_VALUE - value, _largest_operand(rng, value))))


def _largest_operand(rng: Random, value: int) -> int:
    kind = rng.random()
    if value >= 1000 and kind < 0.3:
        return 3999
    return 599 if kind < 0.6 else 99
