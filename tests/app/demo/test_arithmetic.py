"""Worked lines: every equation is true, and each touches one non-zero digit."""

import re

from hypothesis import assume, given
from hypothesis import strategies as st

from app.demo.problems.arithmetic import Op, Step, decimal_parts
from tests.app.demo.equations import equations, is_true

NUMBERS = st.integers(min_value=0, max_value=1500)
DIGITS = st.integers(min_value=1, max_value=9)
PLACES = st.sampled_from([1, 10, 100])


def assert_worked(step: Step) -> None:
    found = equations(step.worked_line)
    assert found
    assert all(is_true(equation) for equation in found), step.worked_line
    assert found[-1].endswith(f"={step.result}")


@given(NUMBERS, NUMBERS)
def test_sums_are_worked_out_truly(a: int, b: int) -> None:
    assert_worked(Step(Op.PLUS, a, b))


@given(NUMBERS, NUMBERS)
def test_differences_are_worked_out_truly(a: int, b: int) -> None:
    assert_worked(Step(Op.MINUS, max(a, b), min(a, b)))


@given(NUMBERS, DIGITS, PLACES, st.booleans())
def test_products_are_worked_out_truly(a: int, digit: int, place: int, swap: bool) -> None:
    b = digit * place
    assert_worked(Step(Op.TIMES, b, a) if swap else Step(Op.TIMES, a, b))


@given(DIGITS, st.integers(min_value=1, max_value=300))
def test_quotients_are_worked_out_truly_and_their_parts_add_up(divisor: int, quotient: int) -> None:
    step = Step(Op.OVER, divisor * quotient, divisor)
    assert_worked(step)
    assert step.result == quotient
    assert step.worked_line.startswith(f"{step.a}/{step.b}")


@given(NUMBERS, NUMBERS)
def test_each_equation_of_a_sum_adds_one_digit(a: int, b: int) -> None:
    for equation in equations(Step(Op.PLUS, a, b).worked_line):
        left, right = re.fullmatch(r"(\d+)\+(\d+)=\d+", equation).groups()
        assert min(len(decimal_parts(int(left))), len(decimal_parts(int(right)))) == 1


@given(NUMBERS)
def test_decimal_parts_add_up_and_have_one_digit_each(number: int) -> None:
    parts = decimal_parts(number)
    assert sum(parts) == number
    assert all(len(str(part).rstrip("0")) <= 1 for part in parts)


def test_a_line_reads_as_the_model_is_to_think_it() -> None:
    assert Step(Op.PLUS, 47, 38).worked_line == "47+38: 47+30=77, 77+8=85"
    assert Step(Op.MINUS, 532, 47).worked_line == "532-47: 532-40=492, 492-7=485"
    assert Step(Op.TIMES, 12, 8).worked_line == "12*8: 10*8=80, 2*8=16, 80+16=96"
    assert Step(Op.OVER, 84, 3).worked_line == "84/3: 3*20=60, 84-60=24, 3*8=24, 24-24=0, 20+8=28"
    assert Step(Op.MINUS, 90, 5).worked_line == "90-5=85"
    assert Step(Op.OVER, 120, 4).worked_line == "120/4: 4*30=120, 120-120=0, 120/4=30"


@given(NUMBERS, NUMBERS)
def test_a_false_equation_would_be_noticed(a: int, b: int) -> None:
    assume(a != b)
    assert not is_true(f"{a}+{b}={a + b + 1}")
