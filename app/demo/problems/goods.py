"""Things counted, bought and shared: boxes, shop, share, compare, asmany, larger."""

from random import Random

from app.demo.problems.arithmetic import Op, Step
from app.demo.problems.build import Problem, build
from app.demo.problems.chains import happening, running_steps
from app.demo.problems.wording import BOXES, ITEMS, NAMES, dressed


def two_products(rng: Random, most: int, most_times: int) -> tuple[Step, Step]:
    """Two products of a number up to `most` and one up to `most_times`, together under a thousand."""
    times, other_times = rng.randint(2, most_times), rng.randint(2, most_times)
    while True:
        first, second = rng.randint(3, most), rng.randint(3, most)
        if first * times + second * other_times < 1000:
            return Step(Op.TIMES, first, times), Step(Op.TIMES, second, other_times)


def boxes(rng: Random) -> Problem:
    """So many boxes of so many things, then some more or fewer."""
    name, item, box = rng.choice(NAMES), rng.choice(ITEMS), rng.choice(BOXES)
    product = Step(Op.TIMES, rng.randint(3, 39), rng.randint(2, 9))
    a, b = product.a, product.b
    contents = rng.choice((f"of {b} {item}", f"with {b} {item} each"))
    more = running_steps(rng, rng.choice((1, 1, 2)), start=product.result)
    events = ", then ".join(happening(rng, step) for step in more)
    ask = rng.choice(("how many are left", f"how many {item} are there now", f"how many {item} does {name} have"))
    question = dressed(rng, f"{name} has {a} {box} {contents} and {events}", ask)
    closing = f"so {name} has {more[-1].result} {item}"
    statements = [f"{a} {box} of {b} make {product.result} {item}", *(None for _ in more)]
    return build(rng, "boxes", question, (product, *more), closing, statements=statements)


def shop(rng: Random) -> Problem:
    """Two prices, their total, and sometimes the change."""
    name = rng.choice(NAMES)
    item, other = rng.sample(ITEMS, 2)
    first, second = two_products(rng, 40, 9)
    total = Step(Op.PLUS, first.result, second.result)
    text = f"{name} buys {first.b} {item} at {first.a} dollars each and {second.b} {other} at {second.a} dollars each"
    steps = [first, second, total]
    statements = [
        f"the {item} cost {first.result} dollars",
        f"the {other} cost {second.result} dollars",
        f"together that is {total.result} dollars",
    ]
    plan = f"plan: {first.a}*{first.b} and {second.a}*{second.b}, then +"
    if rng.random() < 0.5:
        question = dressed(rng, text, rng.choice(("how much is that", "what is the total")))
        outline = "I will work out both prices and then add them."
        closing = f"so the total is {total.result} dollars"
        return build(rng, "shop", question, steps, closing, plan=f"{plan}.", outline=outline, statements=statements)
    paid = _note_for(rng, total.result)
    steps.append(Step(Op.MINUS, paid, total.result))
    change = steps[-1].result
    statements.append(f"{paid} minus {total.result} is {change}")
    question = rng.choice(
        (
            dressed(rng, f"{text} and pays with {paid} dollars", "how much change is there"),
            dressed(rng, text, f"how much is left from {paid} dollars"),
        )
    )
    return build(
        rng,
        "shop",
        question,
        steps,
        f"so the change is {change} dollars",
        plan=f"{plan}, then {paid}-.",
        outline=f"I will add up both prices and then take that from {paid}.",
        statements=statements,
    )


def share(rng: Random) -> Problem:
    """So many boxes of things, shared equally."""
    name, item, box = rng.choice(NAMES), rng.choice(ITEMS), rng.choice(BOXES)
    while True:
        a, b, friends = rng.randint(3, 29), rng.randint(2, 9), rng.randint(2, 9)
        if a * b % friends == 0 and a * b // friends >= 2:
            break
    steps = (Step(Op.TIMES, a, b), Step(Op.OVER, a * b, friends))
    each = steps[-1].result
    statements = [f"there are {a * b} {item}", f"{a * b} divided by {friends} is {each}"]
    text = f"{name} has {a} {box} of {b} {item} and shares them equally among {friends} friends"
    question = dressed(rng, text, "how many does each friend get")
    return build(rng, "share", question, steps, f"so each friend gets {each}", statements=statements)


def compare(rng: Random) -> Problem:
    """Two people's boxes: who has more, and by how many."""
    first, second = two_products(rng, 49, 9)
    while first.result == second.result:
        first, second = two_products(rng, 49, 9)
    name, other = rng.sample(NAMES, 2)
    item, box, other_box = rng.choice(ITEMS), rng.choice(BOXES), rng.choice(BOXES)
    x, y = first.result, second.result
    winner = name if x > y else other
    difference = Step(Op.MINUS, max(x, y), min(x, y))
    text = f"{name} has {first.a} {box} of {first.b} {item} and {other} has {second.a} {other_box} of {second.b}"
    return build(
        rng,
        "compare",
        dressed(rng, text, "who has more and by how many"),
        (first, second, difference),
        f"so {winner} has more, by {difference.result}",
        plan=f"plan: {first.a}*{first.b} and {second.a}*{second.b}, then compare.",
        outline=f"I will count the {item} of {name} and {other} and then compare.",
        statements=[f"{name} has {x} {item}", f"{other} has {y} {item}", None],
        notes=[f"{name} ", f"{other} ", f"{name} {x}, {other} {y}: {_told_apart(x, y)}, {winner} more. "],
        result=f"{winner} {difference.result}",
    )


def larger(rng: Random) -> Problem:
    """ "which is more, 345 or 354", numbers or two small sums."""
    while True:
        steps = [_compared(rng), _compared(rng)]
        values = [step.result if isinstance(step, Step) else step for step in steps]
        if values[0] != values[1]:
            break
    word = rng.choice(("more", "less"))
    most = max(values) if word == "more" else min(values)
    said = [f"{side.a} times {side.b}" if isinstance(side, Step) else str(side) for side in steps]
    lines = tuple(f"{side.worked_line}." for side in steps if isinstance(side, Step))
    first, second = values
    told = tuple(f"{side.a} times {side.b} is {side.result}." for side in steps if isinstance(side, Step))
    sides = [f"{side.a}*{side.b}" if isinstance(side, Step) else str(side) for side in steps]
    thoughts = (
        f"plan: compare {sides[0]} and {sides[1]}.",
        *lines,
        f"{_compared_digits(first, second)}, {word} is {most}.",
    )
    return Problem(
        family="larger",
        question=dressed(rng, f"which is {word}", f"{said[0]} or {said[1]}"),
        thoughts=thoughts,
        answer=("I will compare the two.", *told, f"{first} or {second}, so {word} is {most}."),
        needs=(*range(1, len(lines) + 2), len(thoughts)),
        result=str(most),
        key=("larger", word, *said),
    )


def _compared_digits(first: int, second: int) -> str:
    """The two beside each other: "345 354: 3=3, 4<5, 345 < 354"."""
    return f"{first} {second}: {_told_apart(first, second)}, {first} {_sign(first, second)} {second}"


def _told_apart(first: int, second: int) -> str:
    """By their lengths, or digit by digit up to the first that differs: "3=3, 4<5"."""
    if len(str(first)) != len(str(second)):
        return f"{len(str(first))} digits, {len(str(second))} digits"
    pairs = list(zip(str(first), str(second), strict=True))
    differing = next(place for place, (a, b) in enumerate(pairs) if a != b)
    return ", ".join(f"{a}{_sign(a, b)}{b}" for a, b in pairs[: differing + 1])


def _sign(first: int | str, second: int | str) -> str:
    return "=" if first == second else ">" if first > second else "<"  # type: ignore[operator]


def _compared(rng: Random) -> Step | int:
    kind = rng.random()
    if kind < 0.45:
        return Step(Op.TIMES, rng.randint(3, 49), rng.randint(2, 9))
    return rng.randint(11, 499) if kind < 0.9 else rng.randint(1000, 9999)


def asmany(rng: Random) -> Problem:
    """Times as many, and perhaps so many more than that: how many have they all together."""
    name, second, third = rng.sample(NAMES, 3)
    item = rng.choice(ITEMS)
    a, factor, extra = rng.randint(3, 60), rng.randint(2, 6), rng.randint(2, 60)
    text = f"{name} has {a} {item}, {second} has {factor} times as many"
    product = Step(Op.TIMES, a, factor)
    b = product.result
    if rng.random() < 0.5:
        return build(
            rng,
            "asmany",
            dressed(rng, text, "how many do they have together"),
            (product, Step(Op.PLUS, a, b)),
            f"so together they have {a + b} {item}",
            plan=f"plan: {second} {a}*{factor}, then +{a}.",
            outline=f"First I find how many {second} has, then I add both.",
            statements=[f"{second} has {b} {item}", None],
        )
    c = b + extra
    text += f" and {third} has {extra} more than {second}"
    return build(
        rng,
        "asmany",
        dressed(rng, text, rng.choice(("how many do all 3 have", "how many do they all have"))),
        (product, Step(Op.PLUS, b, extra), Step(Op.PLUS, a, b), Step(Op.PLUS, a + b, c)),
        f"so all three have {a + b + c} {item}",
        plan=f"plan: {second} {a}*{factor}, {third} +{extra}, then all.",
        outline=f"First I find how many {second} and {third} have, then I add all three.",
        statements=[f"{second} has {b} {item}", f"{third} has {c}", f"{name} and {second} have {a + b}", None],
    )


def _note_for(rng: Random, price: int) -> int:
    """A round sum of money above the price."""
    lowest = price // 100 * 100 + 100
    return min(1000, rng.choice((lowest, lowest + 100)))
