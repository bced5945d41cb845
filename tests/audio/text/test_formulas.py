"""Formulas are read aloud by rules of our own; whatever is written, something is said and nothing breaks."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.text.formulas import formula_in_words
from audio.text.formulas.mathml import mended, prepared

TOKENS = st.sampled_from(
    [
        *r"\frac \sqrt \sum \int \lim \left \right \{ \} \| \\ \text{kg} \begin{cases} \end{cases}".split(),  # noqa: SIM905
        *r"\binom \vec \log \sin \mathbb \$ \% \circ \to \mid \lfloor \unknown".split(),  # noqa: SIM905
        *"abxyn0123456789+-=<>()[]{}|!'^_,.:;&~%$\\ ²π",
        "\\text{if }",
    ]
)


@pytest.mark.parametrize(
    ("latex", "said"),
    [
        (r"\frac{1}{2} + \frac{3}{2}", "one half plus three halves"),
        (r"\frac{a + b}{c}", "the fraction eigh plus b, over c"),
        (r"\frac{x+1}{x-1} = 2", "the fraction x plus one, over x minus one, equals two"),
        (r"\sqrt[3]{27} \cdot \pi", "the cube root of twenty-seven times pi"),
        (r"\sqrt{x+1} - 1", "the square root of x plus one, minus one"),
        (r"x_1^2 \leq 10\%", "x sub one squared is less than or equal to ten percent"),
        (r"\left( 90^\circ \right)", "ninety degrees"),
        (r"25\,^\circ\text{C}", "twenty-five degrees Celsius"),
        (r"5 \text{ apples} \times \$2.50", "five apples times two dollars and fifty cents"),
        (r"f'(x) = \lim_{h\to 0^+} \frac{f(x+h)-f(x)}{h}", "f prime of x equals the limit as h approaches zero from "
         "above of the fraction f of x plus h, minus f of x, over h"),
        (r"A^{-1}A = I", "eigh inverse eigh equals I"),
        (r"M^T", "M transpose"),
        (r"\sin^2 x + \cos^{-1}(x)", "sine squared x plus cosine inverse of x"),
        (r"\{x \in \mathbb{R} \mid x > 0\}", "the set of x in the real numbers such that x is greater than zero"),
        (r"P(A|B)", "P of eigh given B"),
        (r"3 \mid 12", "three divides twelve"),
        (r"[0, 1)", "the interval from zero to one"),
        (r"(1, 2)", "one comma two"),
        (r"2(x+1)", "two times the quantity x plus one"),
        (r"\max_{x} f(x)", "the maximum over x of f of x"),
        (r"\lfloor x \rfloor", "the floor of x"),
        (r"\frac{dy}{dx}", "d y over d x"),
        (r"\frac{\partial f}{\partial x}", "partial f over partial x"),
        (r"\begin{array}{cc} 1 & 2 \\ 3 & 4 \end{array}", "one two, three four"),
        (r"\text{area} = 5 \text{ cm}^2", "area equals five square centimeters"),
        (r"7 \equiv 1 \pmod{3}", "seven is equivalent to one modulo three"),
        (r"3:4", "three to four"),
        (r"\frac{1", "one over"),
        (r"\unknown{3}", "unknown three"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_formula_is_said_as_a_person_would(latex: str, said: str) -> None:
    assert formula_in_words(latex) == said


@given(st.lists(TOKENS, max_size=25).map("".join))
def test_no_formula_breaks_the_reader_and_no_sign_is_left(latex: str) -> None:
    said = formula_in_words(latex)
    assert not re.search(r"[\\^_{}$&|<>=+\d]", said)


@given(st.lists(TOKENS, max_size=25).map("".join))
def test_no_formula_breaks_the_way_to_the_converter(latex: str) -> None:
    assert isinstance(prepared(latex), str)
    assert not re.search(r"\d", mended(latex.replace("π", "")))
