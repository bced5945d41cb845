"""Small talk and requests beyond the domain: varied and filled."""

import json
import re
from pathlib import Path
from random import Random

from app.demo.problems.chat import _TEMPLATES, _request, chat
from app.demo.problems.chat_requests import REQUESTS, TOPICS

DRAWS = 20_000


def test_there_are_many_requests_over_many_topics() -> None:
    assert len(TOPICS) >= 30
    assert len(set(REQUESTS)) == len(REQUESTS) >= 200


def test_requests_are_filled_distinct_and_no_sums() -> None:
    rng = Random(1)
    drawn = [problem.question for _ in range(DRAWS) if (problem := chat(rng)).result == "sorry"]
    assert len(set(drawn)) > 0.8 * len(drawn)
    for question in drawn:
        assert question.strip() and "{" not in question
        assert not re.search(r"\d+ ?([-+*/]|plus|minus|times|divided by) ?\d", question)


def test_no_request_of_the_examination_is_trained_on() -> None:
    tasks = Path(__file__).parents[3] / "assets" / "tasks" / "out_of_domain.jsonl"
    asked = {_bare(json.loads(line)["question"]) for line in tasks.read_text(encoding="utf-8").splitlines()}
    rng = Random(2)
    drawn = {_bare(_request(rng)) for _ in range(5 * DRAWS)}
    assert asked and not asked & drawn


def _bare(text: str) -> str:
    text = text.lower().replace("what's", "what is").replace("who's", "who is")
    return re.sub(r"[^a-z0-9 ]", "", text).strip()


def test_every_request_is_trained_on() -> None:
    assert {text for texts in _TEMPLATES for text in texts} == set(REQUESTS)
