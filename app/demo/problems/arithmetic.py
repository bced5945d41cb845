"""Worked lines: one step of arithmetic written out digit by digit, as the demo model thinks it.

A line splits one operand into its decimal parts, so that most equations in it touch one non-zero digit of that operand:
`532-47: 532-40=492, 492-7=485`. Knows nothing of questions or answers.
"""

from dataclasses import dataclass
from enum import StrEnum


class Op(StrEnum):
    PLUS = "+"
    MINUS = "-"
    TIMES = "*"
    OVER = "/"


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on two whole numbers; its result is a whole number that is not negative."""

    op: Op
    a: int
    b: int

    @property
    def result(self) -> int:
        match self.op:
            case Op.PLUS:
                return self.a + self.b
            case Op.MINUS:
                return self.a - self.b
            case Op.TIMES:
                return self.a * self.b
            case Op.OVER:
                return self.a // self.b

    @property
    def worked_line(self) -> str:
        """The step with its digit work, without a full stop."""
        equations = _WORK[self.op](self.a, self.b)
        if len(equations) == 1:
            return equations[0]
        return f"{self.a}{self.op.value}{self.b}: " + ", ".join(equations)


def decimal_parts(number: int) -> list[int]:
    """The non-zero digits with their place value: 407 -> [400, 7]; 0 -> [0]."""
    digits = str(number)
    parts = [int(digit) * 10 ** (len(digits) - 1 - place) for place, digit in enumerate(digits) if digit != "0"]
    return parts or [0]


def _plus(a: int, b: int) -> list[str]:
    parts = decimal_parts(min(a, b))
    if len(parts) == 1:
        return [f"{a}+{b}={a + b}"]
    return _running_sum(max(a, b), parts)


def _minus(a: int, b: int) -> list[str]:
    assert a >= b, (a, b)
    equations, left = [], a
    for part in decimal_parts(b):
        equations.append(f"{left}-{part}={left - part}")
        left -= part
    return equations


def _times(a: int, b: int) -> list[str]:
    long, short = (a, b) if len(decimal_parts(b)) == 1 else (b, a)
    assert len(decimal_parts(short)) == 1, (a, b)
    parts = decimal_parts(long)
    if len(parts) == 1:
        return [f"{a}*{b}={a * b}"]
    products = [part * short for part in parts]
    equations = [f"{part}*{short}={product}" for part, product in zip(parts, products, strict=True)]
    return equations + _running_sum(products[0], products[1:])


def _over(a: int, b: int) -> list[str]:
    quotient = a // b
    assert quotient * b == a, (a, b)
    if quotient < 10:
        return [f"{a}/{b}={quotient}"]
    parts = decimal_parts(quotient)
    equations, left = [], a
    for part in parts:
        product = b * part
        equations += [f"{b}*{part}={product}", f"{left}-{product}={left - product}"]
        left -= product
    total = "+".join(map(str, parts)) if len(parts) > 1 else f"{a}/{b}"
    return [*equations, f"{total}={quotient}"]


def _running_sum(start: int, addends: list[int]) -> list[str]:
    equations, total = [], start
    for addend in addends:
        equations.append(f"{total}+{addend}={total + addend}")
        total += addend
    return equations


_WORK = {Op.PLUS: _plus, Op.MINUS: _minus, Op.TIMES: _times, Op.OVER: _over}
