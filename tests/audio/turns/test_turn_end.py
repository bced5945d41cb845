"""Whether words seem a whole turn: rules, not measured here but told by example."""

import numpy as np
import pytest

from audio.pcm import Pcm
from audio.turns.endpoint import Completeness
from audio.turns.turn_end import CautiousJudge, TextJudge, text_completeness
from audio.turns.turn_words import BY_LANGUAGE

SILENT: Pcm = np.zeros(0, np.int16)
FINISHED, UNKNOWN, UNFINISHED = Completeness.FINISHED, Completeness.UNKNOWN, Completeness.UNFINISHED

ENDS = """
what is 47 plus 38
how much is 63 minus 18
a film starts at 3:45 and lasts 2 hours when does it end
Tom has 12 apples and gives away 5. How many are left?
12 times 7
multiply 12 by 11
multiply 12 and 11
can you add 34 and 59 for me
no wait make that 25
sorry I mean 25
stop
What?
Thank you.
tell me a joke
where are you from
what is this about
what are you looking for
what time is it
okay so how are you
Is it raining?
twelve plus seven
can you tell me what 9 times 8 is
do you know where the station is
today is monday 11 days later which day is it
so listen 157 times 9
I need 3 tickets for tomorrow
sorry 7 weeks
no 90 minus 17
cancel that
got it
hold on
my question is 46 times 2
okay here is my next question twelve plus 15
sam has 31 boxes and gives away 10 how many boxes has sam got then
"""
PAUSES = """
what is
what is 47
what's twelve
what is 47 plus
what is 47 plus 38 and
what is 47, um
how many
how much is the
tom has 12 apples
Tom has 12 apples and gives away 5.
if I have 12 apples and eat 5
a car drives 3 hours at 60 miles per hour
multiply 12
what is the difference between 12 and
what is 12 divided by
and then
okay so
do you know
can you tell me
can you tell me what is
I would like to know
no wait
well, you know
What is the capital of...
I was thinking,
what do you get if you multiply 12 by
"""
UNSURE = """
what is 20 plus 40
hello my name is bob
25
what is 12 plus two hundred
"""


@pytest.mark.parametrize("text", ENDS.strip().splitlines())
def test_a_whole_turn_is_finished(text: str) -> None:
    assert TextJudge("en").completeness(text, SILENT) is FINISHED


@pytest.mark.parametrize("text", PAUSES.strip().splitlines())
def test_a_beginning_goes_on(text: str) -> None:
    assert TextJudge("en").completeness(text, SILENT) is UNFINISHED


@pytest.mark.parametrize("text", ["", "...", " ", "?!", *UNSURE.strip().splitlines()])
def test_where_the_words_say_nothing_plain_silence_decides(text: str) -> None:
    assert TextJudge("en").completeness(text, SILENT) is UNKNOWN


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("de", "was ist 12 plus", UNFINISHED),
        ("de", "was ist 12", UNFINISHED),
        ("de", "was ist 12 mal", UNFINISHED),
        ("de", "was ist 12 mal 7", FINISHED),
        ("de", "wie spät ist es", FINISHED),
        ("de", "ich habe 12 Äpfel und", UNFINISHED),
        ("de", "mach das Licht an", FINISHED),
        ("fr", "combien font 12 et", UNFINISHED),
        ("fr", "combien font 12 plus 7", FINISHED),
        ("fr", "quelle heure est-il", FINISHED),
        ("es", "cuánto es 12 por", UNFINISHED),
        ("es", "cuánto es 12 por 7", FINISHED),
        ("es", "quiero", UNFINISHED),
        ("it", "quanto fa 12 più", UNFINISHED),
        ("it", "quanto fa 12 più 7", FINISHED),
        ("it", "che ore sono", FINISHED),
    ],
)
def test_other_languages_have_rules_of_their_own(language: str, text: str, wanted: Completeness) -> None:
    assert TextJudge(language).completeness(text, SILENT) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("kaç yaşındasın?", FINISHED), ("12 artı 7,", UNFINISHED), ("今何時ですか？", FINISHED), ("12 artı", UNKNOWN)],
)
def test_of_an_unknown_language_only_the_punctuation_counts(text: str, wanted: Completeness) -> None:
    assert TextJudge("tr").completeness(text, SILENT) is wanted


@pytest.mark.parametrize("rules", BY_LANGUAGE.values(), ids=BY_LANGUAGE)
def test_the_tables_can_be_met(rules: object) -> None:
    """Every phrase is written as the judge reads words: a typing slip would never be found otherwise."""
    for phrases in (getattr(rules, name) for name in type(rules).__slots__):
        for phrase in phrases:
            assert phrase == phrase.lower().strip() and 0 < len(phrase.split()) <= 5
            assert text_completeness(phrase, None) is UNKNOWN


class Says:
    def __init__(self, verdict: Completeness) -> None:
        self._verdict = verdict

    def completeness(self, words: str, sound: Pcm) -> Completeness:
        return self._verdict


@pytest.mark.parametrize(
    ("verdicts", "wanted"),
    [
        ([FINISHED, UNFINISHED], UNFINISHED),
        ([UNKNOWN, FINISHED], FINISHED),
        ([UNFINISHED, UNKNOWN], UNFINISHED),
        ([UNKNOWN, UNKNOWN], UNKNOWN),
        ([], UNKNOWN),
    ],
)
def test_of_several_judges_the_doubtful_one_wins(verdicts: list[Completeness], wanted: Completeness) -> None:
    assert CautiousJudge([Says(verdict) for verdict in verdicts]).completeness("", SILENT) is wanted
