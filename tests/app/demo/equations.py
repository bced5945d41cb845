"""Reads the equations in a worked line and works them out, by none of the generator's code."""

import re


def equations(line: str) -> list[str]:
    """The equations of a worked line: what stands around each "="."""
    return re.findall(r"[\d+*/-]+=\d+", line)


def is_true(equation: str) -> bool:
    left, right = equation.split("=")
    numbers = [int(number) for number in re.findall(r"\d+", left)]
    value = numbers[0]
    for sign, number in zip(re.findall(r"[+*/-]", left), numbers[1:], strict=True):
        assert sign != "/" or value % number == 0, equation
        value = {"+": value + number, "-": value - number, "*": value * number, "/": value // max(number, 1)}[sign]
    return value == int(right)
