"""Rates over time: train (a trip in two parts), save (money put by each week), rate (so much an hour, or how long)."""

from random import Random

from app.demo.problems.arithmetic import Op, Step
from app.demo.problems.build import STATED, Problem, build
from app.demo.problems.goods import two_products
from app.demo.problems.wording import NAMES, dressed


def train(rng: Random) -> Problem:
    """Two speeds for so many hours each: how far."""
    first, second = two_products(rng, 95, 6)
    if rng.random() < 0.6:
        first, second = _round_speed(first), _round_speed(second)
    vehicle, unit = rng.choice(("train", "car", "bus", "boat")), rng.choice(("miles", "kilometers"))
    total = Step(Op.PLUS, first.result, second.result)
    outlines = (
        "I will work out both parts of the trip, then add them.",
        f"The trip has two parts, {first.a} times {first.b} and {second.a} times {second.b}, and I add them.",
    )
    return build(
        rng,
        "train",
        _trip(rng, vehicle, unit, first, second),
        (first, second, total),
        f"so it goes {total.result} {unit}",
        plan=f"plan: {first.a}*{first.b} and {second.a}*{second.b}, then +.",
        outline=rng.choice(outlines),
        statements=[f"the first part is {first.result} {unit}", f"the second part is {second.result} {unit}", None],
    )


def save(rng: Random) -> Problem:
    """So much a week for some weeks, then some of it spent."""
    name = rng.choice(NAMES)
    saved = Step(Op.TIMES, rng.randint(5, 95), rng.randint(2, 9))
    spent = Step(Op.MINUS, saved.result, rng.randint(2, saved.result - 1))
    text = f"{name} saves {saved.a} dollars a week for {saved.b} weeks and then spends {spent.b} dollars"
    statements = [f"in {saved.b} weeks {name} saves {saved.result} dollars", None]
    closing = f"so {name} has {spent.result} dollars left"
    return build(rng, "save", dressed(rng, text, "how much is left"), (saved, spent), closing, statements=statements)


def rate(rng: Random) -> Problem:
    """So much an hour for some hours: how much; or how long until it is so much."""
    per, times = rng.randint(3, 99), rng.randint(2, 9)
    doing, thing = rng.choice(_RATES)
    name = rng.choice(NAMES)
    doing = doing.format(name=name)
    period = rng.choice(("hour", "minute", "day", "week"))
    amount = Step(Op.TIMES, per, times)
    if rng.random() < 0.6:
        spoken = rng.choice((f"{doing} {per} {thing} per {period}", f"{doing} {per} {thing} every {period}"))
        ask = rng.choice((f"how many {thing} is that in {times} {period}s", f"how many {thing} in {times} {period}s"))
        statement = rng.choice(STATED[Op.TIMES]).format(a=per, b=times, c=amount.result)
        closing = f"so it is {amount.result} {thing}"
        return build(rng, "rate", dressed(rng, spoken, ask), (amount,), closing, statements=[statement])
    over = Step(Op.OVER, times * rng.randint(2, 99), times)
    question = dressed(rng, f"{doing} {over.b} {thing} per {period}", f"how many {period}s for {over.a} {thing}")
    return build(rng, "rate", question, (over,), f"so it takes {over.result} {period}s")


_RATES = (
    ("a machine makes", "bottles"), ("a tap fills", "liters"), ("{name} reads", "pages"), ("a printer prints", "pages"),
    ("{name} types", "words"), ("a baker bakes", "rolls"), ("{name} earns", "dollars"), ("a pump moves", "liters"),
    ("{name} walks", "steps"), ("a farmer picks", "apples"), ("a factory builds", "chairs"), ("{name} swims", "laps"),
)  # fmt: skip


def _trip(rng: Random, vehicle: str, unit: str, first: Step, second: Step) -> str:
    if rng.random() < 0.6:
        goes = f"a {vehicle} goes {first.a} {unit} per hour for {first.b} hours"
        return dressed(rng, f"{goes} then {second.a} {unit} per hour for {second.b} hours", "how far does it go")
    drives = f"a {vehicle} drives {first.b} hours at {first.a} {unit} per hour"
    return dressed(rng, f"{drives} and then {second.b} hours at {second.a} {unit} per hour", "how far is that")


def _round_speed(step: Step) -> Step:
    """The same hours at a speed rounded down to five, at least ten."""
    return Step(step.op, max(10, step.a // 5 * 5), step.b)
