"""Small talk and requests beyond the domain: varied, filled, and their held-out wordings never trained on."""

import re
from random import Random

from app.demo.problems.chat import _TRAINED, draw_chat
from app.demo.problems.chat_requests import REQUESTS, TOPICS

DRAWS = 20_000


def test_there_are_many_requests_over_many_topics() -> None:
    assert len(TOPICS) >= 30
    assert len(set(REQUESTS)) == len(REQUESTS) >= 200


def test_requests_are_filled_distinct_and_no_sums() -> None:
    rng = Random(1)
    drawn = [problem.question for _ in range(DRAWS) if (problem := draw_chat(rng)).result == "sorry"]
    assert len(set(drawn)) > 0.8 * len(drawn)
    for question in drawn:
        assert question.strip() and "{" not in question
        assert not re.search(r"\d+ ?([-+*/]|plus|minus|times|divided by) ?\d", question)


def test_held_out_templates_are_not_trained_on() -> None:
    trained = {text for texts in _TRAINED[False] for text in texts}
    held_out = {text for texts in _TRAINED[True] for text in texts}
    assert trained and held_out and not trained & held_out
    assert trained | held_out == set(REQUESTS)
