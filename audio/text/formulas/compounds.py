"""The parts of a formula that hold other formulas: powers, parentheses, fractions, roots, sums, functions, matrices.

Each takes what it needs from the reader that stands behind its sign, and says it there.
"""

import re

from audio.text.formulas import structures
from audio.text.formulas.cursor import Cursor
from audio.text.formulas.names import BIG, FUNCTIONS
from audio.text.formulas.tokens import argument, named, split
from audio.text.number_words import fraction, ordinal

_CLOSING_ROUND, _CLOSING_SQUARE = frozenset({")"}), frozenset({"]", ")"})
_WHOLE = re.compile(r"\d+")


def read_power(reader: Cursor, power: list[str]) -> None:
    """What stands raised: a power, degrees, primes, an inverse, a transpose."""
    base, reader.base = reader.base, ""
    following = reader.peek().strip()
    if power in (["\\circ"], ["\\degree"], ["°"]):
        scale = (named(following) or ("", following))[1].strip()
        if scale in {"C", "F"}:
            reader.take()
        reader.say(structures.degrees(scale))
    elif power and set(power) <= {"\\prime", "'"}:
        reader.say(" ".join(["prime"] * len(power)), callable_=reader.is_callable)
    elif power in (["2"], ["3"]):
        reader.say("squared" if power == ["2"] else "cubed", callable_=reader.is_callable)
    elif power == ["-", "1"] and (reader.is_callable or base.isupper()):
        reader.say("inverse", callable_=reader.is_callable)
    elif power in (["T"], ["\\top"], ["\\intercal"]) and (base.isupper() or not base):
        reader.say("transpose")
    elif power in (["+"], ["-"]) and reader.within == "limit":
        reader.say("from above" if power == ["+"] else "from below")
    elif len(power) == 1 and _WHOLE.fullmatch(power[0]) and len(power[0]) < 4:
        reader.say(f"to the {ordinal(int(power[0]))}", callable_=reader.is_callable)
    else:
        long = len(power) > 3 and bool(reader.peek())
        reader.say(f"to the {'power of ' if len(power) > 2 else ''}{reader.words_of(power)}{',' if long else ''}")


def read_parenthesis(reader: Cursor) -> None:
    """From behind "(": an argument, a factor, a pair."""
    called = reader.is_callable
    inside = reader.inside(_CLOSING_ROUND)
    if inside is None or not inside:
        return
    if called:
        pause = "," if structures.is_long(inside) and reader.peek() else ""
        reader.say(f"of {reader.words_of(inside, 'call')}{pause}")
        return
    if inside[0] in {"\\bmod", "\\mod"}:
        reader.say(reader.words_of(inside))
        return
    if reader.operand and len(split(inside, ",")) == 1:
        reader.say("times", operand=False)
    reader.say(structures.grouped(inside, reader.words_of(inside), reader.peek()))


def read_brackets(reader: Cursor) -> None:
    """From behind "[": an interval, or another kind of parentheses."""
    inside = reader.inside(_CLOSING_SQUARE)
    if inside is None:
        return
    ends = split(inside, ",")
    words = [reader.words_of(part) for part in ends]
    if len(ends) == 2:
        reader.say(f"the interval from {words[0]} to {words[1]}")
    else:
        reader.say(structures.grouped(inside, ", ".join(words), reader.peek()))


def read_bar(reader: Cursor, bar: str, opened: str) -> None:
    """From behind a bar: what it opens, "such that", or "given"."""
    if not reader.operand and bar != "\\mid":
        inside = reader.inside(frozenset({bar}))
        if inside is not None:
            reader.say(f"{opened} {reader.words_of(inside)}")
        return
    between = {"set": "such that", "call": "given"}.get(reader.within, opened if bar == "\\mid" else "")
    reader.say(between, operand=False)


def read_fraction(reader: Cursor, over: list[str], under: list[str]) -> None:
    """Three quarters, a derivative, or one thing over another."""
    mixed = bool(reader.words) and reader.operand and bool(_WHOLE.fullmatch(reader.base))
    if len(over) == len(under) == 1 and _WHOLE.fullmatch(over[0]) and _WHOLE.fullmatch(under[0]):
        parts = fraction(int(over[0]), int(under[0]))
        if parts:
            reader.say(f"and {parts}" if mixed else parts)
            return
    derivative = structures.derivative(over, under)
    if derivative:
        reader.say(derivative, operand=False)
        return
    more = bool(reader.peek())
    reader.base = ""
    reader.say(structures.over(over, under, reader.words_of(over), reader.words_of(under), more))


def read_root(reader: Cursor) -> None:
    """From behind "\\sqrt", which may have a degree in brackets."""
    degree: list[str] | None = None
    if reader.peek() == "[":
        reader.take()
        degree = reader.inside(frozenset({"]"}))
    say_root(reader, reader.argument(), structures.root(degree, reader.words_of(degree or [])))


def say_root(reader: Cursor, inside: list[str], root: str) -> None:
    """A root by its name, "the cube root of", with a pause behind what is long."""
    pause = "," if structures.is_long(inside) and reader.peek() not in {"", ")", "}", "&"} else ""
    reader.base = ""
    reader.say(f"{root} {reader.words_of(inside)}{pause}")


def read_big(reader: Cursor, name: str) -> None:
    """A sum, an integral, a limit: with its bounds."""
    below: list[str] = []
    above: list[str] = []
    while reader.peek() in {"_", "^"}:
        sign = reader.take()
        if sign == "_":
            below = reader.argument()
        elif sign == "^":
            above = reader.argument()
    if name == "lim":
        below = ["approaches" if token in {"\\to", "\\rightarrow", "→"} else token for token in below]
        bounds = f"as {reader.words_of(below, 'limit')}" if below else ""
        reader.say(f"the limit {bounds} of", operand=False)
        return
    integral = name.endswith("int")
    over = "from" if integral or "=" in below else "over"
    start = f"{'over' if integral and not above else over} {reader.words_of(below)}" if below else ""
    stop = f"to {reader.words_of(above)}" if above else ""
    reader.say(f"{BIG[name]} {start} {stop} of", operand=False)


def read_function(reader: Cursor, name: str) -> None:
    """A named function: with its base, its power, and "of"."""
    words = FUNCTIONS[name]
    if name == "log" and reader.peek() == "_":
        reader.take()
        words += f" base {reader.words_of(reader.argument())}"
    raised = reader.peek() == "^"
    while reader.peek() in {"^", "_"}:
        sign, inner = reader.take(), reader.argument()
        words += " inverse" if inner == ["-", "1"] else " " + reader.words_of([sign, "{", *inner, "}"])
    if reader.peek() == "(":
        reader.say(words, callable_=True)
    else:
        reader.say(f"{words} of" if reader.peek() and not raised else words, operand=not reader.peek())


def read_environment(reader: Cursor, name: str) -> None:
    """A matrix, cases or lines, up to the end of that environment."""
    inside = reader.inside_environment(name)
    if name in {"array", "tabular", "alignat", "alignat*"} and inside[:1] == ["{"]:
        _, start = argument(inside, 0)
        inside = inside[start:]
    rows = [[reader.words_of(cell) for cell in split(row, "&")] for row in split(inside, "\\\\") if row]
    reader.say(structures.environment(name.rstrip("*"), rows))
