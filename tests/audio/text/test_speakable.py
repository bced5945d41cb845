"""What is written becomes what a voice can say, and every spoken character knows what it was written as."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.text.speak import WrittenStream, WrittenSynthesizer, speak
from audio.text.speakable import speakable, spoken
from audio.text.traced import Traced
from audio.tts.synthesizer import SpeechChunk, WordMark
from tests.audio.tts.fake_voice import FakeVoice, Silence


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("47 plus 38 is 85, so it is 85.", "forty-seven plus thirty-eight is eighty-five, so it is eighty-five."),
        ("2 hours after 3:45 it is 5:45.", "two hours after three forty-five it is five forty-five."),
        ("at 3:05, 12:00 and 15:30", "at three oh five, twelve o'clock and fifteen thirty"),
        ("Sat 10 am-2 pm", "Saturday ten a m to two p m"),
        ("47*38=1786 and 12/4=3", "forty-seven times thirty-eight equals one thousand seven hundred and eighty-six "
         "and twelve divided by four equals three"),
        ("5-3 = 2, x - 1 and -4", "five minus three equals two, x minus one and minus four"),
        ("3 × 4 ÷ 2 ≈ 6", "three times four divided by two is approximately six"),
        ("(3 + 4) * 2", "the quantity three plus four, times two"),
        ("2(3+4) = 14", "two times the quantity three plus four equals fourteen"),
        ("x^2 + 3x^10 and 5²", "x squared plus three x to the tenth and five squared"),
        ("", ""),
    ],
)  # fmt: skip
def test_calculations_and_times(written: str, said: str) -> None:
    assert speakable(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("**Bold**, *it* and `code`", "Bold, it and code"),
        ("# Title\n- one\n- two", "Title. one, two"),
        ("1. First\n2. Then", "one, First, two, Then"),
        ("> said\n> twice", "said, twice"),
        ("see [here](http://x.y) or https://a.b/c", "see here or a dot b slash c"),
        ("https://example.org/a/very/long/path/that/nobody/remembers.html?x=1", "example dot org"),
        ("```python\nx = 1\n```\nDone.", "Done."),
        ("Half of\n```python\nx = 1", "Half of"),
        ("`a_b = c.d(2)` and `x = 1`", "a b equals c dot d two and x equals one"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a, b, one, two"),
        ("a<br>b <b>c</b> &amp; d", "a b c and d"),
        ("Yes 👍🏽 1️⃣ 🇩🇪!", "Yes one!"),
        ("well — maybe (really)", "well, maybe really"),
        ("...", ""),
        ("***", ""),
    ],
)
def test_markup_is_not_heard(written: str, said: str) -> None:
    assert speakable(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("$5.50, $1 or $1,200", "five dollars and fifty cents, one dollar or one thousand two hundred dollars"),
        ("I have $5 and $6.", "I have five dollars and six dollars."),
        ("-$3, €-4, £0.01, 1.200,50 €", "minus three dollars, minus four euros, one penny, one thousand two hundred "
         "euros and fifty cents"),
        ("$5-10 and $3M", "five to ten dollars and three million dollars"),
        ("$60/hour, 2 €/kg", "sixty dollars per hour, two euros per kilogram"),
        ("3.5% of 1,000,000", "three point five percent of one million"),
        ("e.g. 5 km/h vs. 10 mph", "for example five kilometers per hour versus ten miles per hour"),
        ("1 kg, 2 ft, 3 m/s^2, 1/4 tsp",
         "one kilogram, two feet, three meters per second squared, one quarter teaspoon"),
        ("5'10\"", "five foot ten"),
        ("24/7, 22/7 and 3/4", "twenty-four seven, twenty-two divided by seven and three quarters"),
        ("1 1/2 or 1½", "one and one half or one and one half"),
        ("5-10 but 10-5", "five to ten but ten minus five"),
        ("the 1900s, the '90s, 1786-1502 and 2019-2021",
         "the nineteen hundreds, the nineties, one thousand seven hundred "
         "and eighty-six minus one thousand five hundred and two and twenty nineteen to twenty twenty-one"),
        ("555-123-4567; 007; 12345678901234567890", "five five five, one two three, four five six seven; zero zero "
         "seven; one two three four five six seven eight nine zero one two three four five six seven eight nine zero"),
        ("Call 911", "Call nine one one"),
        ("2 May 2024, May 3rd, 12/31/1999",
         "May second, twenty twenty-four, May third, December thirty-first, nineteen ninety-nine"),
        ("2026-11-21T09:00", "November twenty-first, twenty twenty-six, nine o'clock"),
        ("CIVIL MIX and I am World War I-weary", "CIVIL MIX and I am World War one-weary"),
        ("Part I think", "Part I think"),
        ("St. Mary lives in Elm St.", "Saint Mary lives in Elm Street"),
        ("9/11, 50/50 and 2025/26", "nine over eleven, fifty fifty and twenty twenty-five twenty-six"),
        ("10k users, 5M views, $10 USD", "ten thousand users, five million views, ten dollars"),
        ("5e-4, 3:2, won 21-14, 1.5x faster", "five times ten to the minus four, three to two, won twenty-one to "
         "fourteen, one point five times faster"),
        ("2 tbsp. oil @ 5 PM, ~$3", "two tablespoons oil at five p m, about three dollars"),
        ("and/or, R&D, #5, ~20", "and or, R and D, number five, about twenty"),
        ("word7 and MP3", "word7 and MP3"),
    ],
)  # fmt: skip
def test_quantities_dates_and_names(written: str, said: str) -> None:
    assert speakable(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (r"\(\frac{3}{4}\) and $x^{10}$", "three quarters and x to the tenth"),
        (r"The answer is \boxed{85}.", "The answer is eighty-five."),
        (r"$5m + 3$ is no $5 m$", "five m plus three is no five m"),
        (r"\begin{aligned}x &= 1\\y &= 2\end{aligned}", "x equals one, y equals two"),
        (
            r"$\text{if } a = 1$ it costs $5 or even $6 more",
            "if eigh equals one it costs five dollars or even six dollars more",
        ),
        ("Pay $5 for this and 6$ more", "Pay five dollars for this and six more"),
        ("$a$, $b$ and $c$", "eigh, b and c"),
        ("so a + b = a, not a pear", "so eigh plus b equals eigh, not a pear"),
        (r"x \ge 2 \cdot 3", "x is greater than or equal to two times three"),
    ],
)
def test_formulas_in_a_text(written: str, said: str) -> None:
    assert speakable(written) == said


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_no_text_breaks_the_rules(text: str) -> None:
    traced = spoken(text)
    assert len(traced.text) == len(traced.sources)
    assert all(0 <= start < end <= len(text) for start, end in traced.sources)


@given(st.text("0123456789 $%*_`\\(){}[]+-=/^.,:abcIVX'€½²\n", max_size=60))
def test_no_sign_that_a_voice_would_read_out_is_left(text: str) -> None:
    said = speakable(text)
    assert not re.search(r"[*_`\\^{}\[\]=$€]", said)
    assert not re.search(r"(?<![A-Za-z\d])\d", said)


@given(st.text("0123456789 $%*.,:abc\n", max_size=60))
def test_sources_never_run_backwards(text: str) -> None:
    starts = [start for start, _ in spoken(text).sources]
    assert starts == sorted(starts)


def test_spoken_words_know_what_they_were_written_as() -> None:
    written = "it costs **$5.50** at 3:45, $x^2$ km"
    traced = spoken(written)
    for said, source in (("dollars", "$5.50"), ("forty-five", "3:45"), ("squared", "$x^2$")):
        start, end = traced.source_of(traced.text.index(said), len(said))
        assert written[start:end] == source


def test_rewriting_keeps_groups_and_drops_the_rest() -> None:
    traced = Traced.of("a<b>c").rewrite(re.compile(r"<(.)>"), "[", 1, "]")
    assert traced.text == "a[b]c"
    assert traced.sources == ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5))


@pytest.mark.parametrize(
    "written",
    [
        "`0\\", "$\\frac{²}{2}$", "\\", "$\\begin{cases}$",
        "\\boxed{", "$x^$", "¼½", "٣ km",
    ],
)  # fmt: skip
def test_unfinished_formulas_are_no_fault(written: str) -> None:
    assert "\\" not in speakable(written)


def test_another_language_keeps_its_numbers_and_loses_its_markup() -> None:
    written = "**Das** sind 47 Äpfel zu 5 € am 21.11. um 9, siehe [hier](http://x.y). <think>zebra</think>"
    assert speakable(written, language="de") == "Das sind 47 Äpfel zu 5 € am 21.11. um 9, siehe hier."


def test_a_voice_can_have_its_own_reader_of_formulas_and_language() -> None:
    class Shouting:
        name = "shouting"
        closed = False

        def read(self, latex: str) -> str:
            return latex.upper()

        def close(self) -> None:
            self.closed = True

    voice, formulas = FakeVoice(), Shouting()
    written = WrittenSynthesizer(voice, formulas, "de-DE")
    assert speak(written, "So $x$: 5.") is not None
    speak(voice, "So $x$: 5.")
    assert voice.given == ["So X: 5.", "So x: five."]
    written.close()
    assert formulas.closed


def test_marks_that_are_an_estimate_are_labelled_so_in_the_written_text_too() -> None:
    class Guessing(Silence):
        def __init__(self) -> None:
            self._chunks = iter([SpeechChunk(np.ones(9, np.int16), (WordMark(0, 2, 5, True), WordMark(3, 5, 7, True)))])

        def __next__(self) -> SpeechChunk:
            return next(self._chunks)

    written = "So **$5**."
    [chunk] = WrittenStream(Guessing(), spoken(written), written)
    assert chunk.words == (WordMark(0, 2, 5, estimated=True), WordMark(3, 7, 7, estimated=True))
