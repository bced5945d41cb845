"""Other wordings and slips: they never touch numbers, and held-out wordings are never trained on."""

import re
from random import Random

import pytest

from app.demo.problems import FAMILIES, SUM_FAMILIES, sample_live, sample_problem
from app.demo.problems.rewording import HELD_OUT_OPENINGS, RULES, reworded
from app.demo.problems.slips import slipped

HELD_OUT = [words for rule in RULES for words in rule.held_out] + list(HELD_OUT_OPENINGS)
ASKED = ("tom has 12 apples and buys 30 more", ", how many apples are there now")


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def skeleton(words: str) -> re.Pattern[str]:
    """A wording as it may be found in a question."""
    return re.compile(r"\b" + re.sub(r"\\\d", ".+?", words.strip().lower()))


def test_no_question_of_the_training_has_a_held_out_wording() -> None:
    rng = Random(5)
    questions = [sample_problem(rng, held_out=False, families=SUM_FAMILIES).question.lower() for _ in range(3000)]
    questions += [sample_live(rng, held_out=False).whole.question.lower() for _ in range(500)]
    plain = [re.sub(r"[,.?!]", "", question) for question in questions]
    for words in HELD_OUT:
        assert not any(skeleton(words).search(question) for question in plain), words


def test_held_out_problems_are_asked_in_held_out_wordings() -> None:
    rng = Random(6)
    drawn = [sample_problem(rng, held_out=True, families=SUM_FAMILIES, slips=False).question for _ in range(400)]
    plain = [re.sub(r"[,.?!]", "", question.lower()) for question in drawn]
    anew = [question for question in plain if any(skeleton(words).search(question) for words in HELD_OUT)]
    assert len(anew) > 0.95 * len(plain)


@pytest.mark.parametrize("held_out", [False, True])
def test_wordings_and_slips_keep_the_numbers_of_every_piece(held_out: bool) -> None:
    for seed in range(300):
        rng = Random(seed)
        pieces = slipped(reworded(ASKED, rng, held_out), rng)
        assert [numbers(piece) for piece in pieces] == [["12", "30"], []]
        assert "  " not in "".join(pieces)


def test_a_slip_happens_only_to_what_a_recogniser_wrote() -> None:
    written = ("Tom has 12 apples, and buys 30 more.",)
    assert all(slipped(written, Random(seed)) == written for seed in range(50))
    heard = ("tom has 12 apples and buys 30 more",)
    assert any(slipped(heard, Random(seed)) != heard for seed in range(50))


def test_large_letters_stay_in_front() -> None:
    for seed in range(200):
        question = reworded(("What is 47 plus 38?",), Random(seed), held_out=True)[0]
        assert question[0].isupper()
        assert not re.search(r"(?<![.?] )\bWhat\b", question[1:])


def test_every_rule_fits_some_question() -> None:
    rng = Random(8)
    drawn = [FAMILIES[family].draw(rng).question for family in SUM_FAMILIES for _ in range(150)]
    for rule in RULES:
        assert any(rule.pattern.search(question) for question in drawn), rule.pattern.pattern
