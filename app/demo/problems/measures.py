"""Units: so many of a larger unit and some of a smaller one, in the smaller."""

from dataclasses import dataclass
from random import Random

from app.demo.problems.arithmetic import Op, Step
from app.demo.problems.build import Problem, build
from app.demo.problems.wording import dressed


@dataclass(frozen=True, slots=True)
class Measure:
    large: str
    small: str
    ratio: int
    most: int
    """The most of the large unit in a question."""

    @property
    def one(self) -> str:
        """The small unit after the number one."""
        return "inch" if self.small == "inches" else self.small.removesuffix("s")


MEASURES = (
    Measure("hours", "minutes", 60, 9),
    Measure("minutes", "seconds", 60, 9),
    Measure("feet", "inches", 12, 9),
    Measure("weeks", "days", 7, 60),
    Measure("dozen eggs", "eggs", 12, 9),
    Measure("meters", "centimeters", 100, 9),
    Measure("years", "months", 12, 9),
    Measure("days", "hours", 24, 9),
)


def units(rng: Random) -> Problem:
    """ "how many minutes are 3 hours and 25 minutes", perhaps minus some."""
    measure = rng.choice(MEASURES)
    large, small = measure.large, measure.small
    product = Step(Op.TIMES, rng.randint(2, measure.most), measure.ratio)
    extra = rng.randint(1, measure.ratio - 1) if measure.ratio > 12 else rng.randint(1, 60)
    steps = [product, Step(Op.PLUS, product.result, extra)]
    amount = f"{product.a} {large} and {extra} {small if extra > 1 else measure.one}"
    asks = (
        (f"how many {small} are {amount}", "?"),
        (f"how many {small} are there in {amount}", "?"),
        (f"convert {amount} to {small}", "."),
    )
    text, end = rng.choice(asks)
    if rng.random() < 0.4:
        total = steps[-1].result
        steps.append(Step(Op.MINUS, total, rng.randint(2, min(total - 1, 99))))
        text, end = f"how many {small} are {amount} minus {steps[-1].b} {small}", "?"
    statements = [f"{product.a} {large} are {product.result} {small}", *(None for _ in steps[1:])]
    closing = f"so it is {steps[-1].result} {small}"
    return build(rng, "units", dressed(rng, text, end=end), steps, closing, statements=statements)
