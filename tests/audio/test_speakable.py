"""What is written becomes what a voice can say, and every spoken character knows what it was written as."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.latex import formula_in_words
from audio.speakable import speakable, spoken
from audio.traced import Traced


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("47 plus 38 is 85, so the answer is 85.", "47 plus 38 is 85, so the answer is 85."),
        ("2 hours after 3:45 it is 5:45.", "2 hours after 3 45 it is 5 45."),
        ("at 3:05, 12:00 and 15:30", "at 3 oh 5, 12 o'clock and 15 30"),
        ("That's $5.50, not $1 or $1,200.", "That's 5 dollars and 50 cents, not 1 dollar or 1200 dollars."),
        ("3.5% of 1,000,000", "3.5 percent of 1000000"),
        ("47*38=1786 and 12/4=3", "47 times 38 equals 1786 and 12 divided by 4 equals 3"),
        ("5-3 = 2, x - 1 and -4", "5 minus 3 equals 2, x minus 1 and minus 4"),
        ("3 × 4 ÷ 2 ≈ 6", "3 times 4 divided by 2 is approximately 6"),
        ("x^2 + 3x^10 and 5²", "x squared plus 3x to the power of 10 and 5 squared"),
        ("**Bold**, *it* and `code`", "Bold, it and code"),
        ("# Title\n- one\n- two", "Title. one, two"),
        ("1. First\n2. Then", "1, First, 2, Then"),
        ("see [here](http://x.y) or https://a.b/c", "see here or a link"),
        ("```python\nx = 1\n```\nDone.", "Done."),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a, b, 1, 2,"),
        (r"\(\frac{3}{4}\) and $x^{10}$", "3 quarters and x to the power of 10"),
        (r"The answer is \boxed{85}.", "The answer is 85."),
        ("I have $5 and $6.", "I have 5 dollars and 6 dollars."),
        ("e.g. 5 km/h vs. 10 mph", "for example 5 kilometers per hour versus 10 miles per hour"),
        ("a well-known thing (really)", "a well-known thing really"),
        ("well — maybe", "well, maybe"),
        ("...", ""),
        ("***", ""),
        ("", ""),
    ],
)
def test_written_text_is_said_as_a_person_would(written: str, said: str) -> None:
    assert speakable(written) == said


@pytest.mark.parametrize(
    ("latex", "said"),
    [
        (r"\frac{1}{2} + \frac{3}{2}", "1 half plus 3 halves"),
        (r"\frac{a + b}{c}", "the fraction a plus b, over c,"),
        (r"\sqrt{16} = 4", "the square root of 16 equals 4"),
        (r"\sqrt[3]{27} \cdot \pi", "the cube root of 27 times pi"),
        (r"x_1^2 \leq 10\%", "x sub 1 squared is less than or equal to 10 percent"),
        (r"\left( 90^\circ \right)", "90 degrees"),
        (r"5 \text{ apples} \times \$2", "5 apples times dollars 2"),
        (r"\boxed{\frac{3}{4}}", "3 quarters"),
        (r"\frac{1", "1 over"),
        (r"\unknown{3}", "unknown 3"),
    ],
)
def test_formulas_are_read_aloud(latex: str, said: str) -> None:
    assert formula_in_words(latex) == said


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_no_text_breaks_the_rules(text: str) -> None:
    traced = spoken(text)
    assert len(traced.text) == len(traced.sources)
    assert all(0 <= start < end <= len(text) for start, end in traced.sources)


@given(st.text("0123456789 $%*_`\\(){}[]+-=/^.,:abc\n", max_size=60))
def test_no_sign_that_a_voice_would_read_out_is_left(text: str) -> None:
    assert not re.search(r"[*_`\\^{}\[\]=]", speakable(text))


@given(st.text("0123456789 $%*.,:abc\n", max_size=60))
def test_sources_never_run_backwards(text: str) -> None:
    starts = [start for start, _ in spoken(text).sources]
    assert starts == sorted(starts)


def test_spoken_words_know_what_they_were_written_as() -> None:
    written = "it costs **$5.50** at 3:45"
    traced = spoken(written)
    start, end = traced.source_of(traced.text.index("dollars"), len("dollars"))
    assert written[start:end] == "$5.50"
    start, end = traced.source_of(traced.text.index("3 45"), len("3 45"))
    assert written[start:end] == "3:45"


def test_rewriting_keeps_groups_and_drops_the_rest() -> None:
    traced = Traced.of("a<b>c").rewrite(re.compile(r"<(.)>"), "[", 1, "]")
    assert traced.text == "a[b]c"
    assert traced.sources == ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5))


@pytest.mark.parametrize("written", ["`0\\", "$\\frac{²}{2}$", "\\"])
def test_unfinished_formulas_are_no_fault(written: str) -> None:
    assert "\\" not in speakable(written)
