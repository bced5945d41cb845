"""Thoughts of an interrupted turn stand before those of the next one, as they were thought."""

from random import Random

import pytest

from app.demo.earlier import earlier
from app.demo.mixture import Examples, Share
from app.demo.rows import FOREVER, NO_TARGET, Kind, Row


def carrying(examples: Examples, share: Share, count: int) -> list[list[Row]]:
    """Traces of that kind which begin with thoughts of an earlier turn."""
    found: list[list[Row]] = []
    seed = 0
    while len(found) < count:
        seed += 1
        rows = examples.trace(share, Random(seed))
        if any(row.kind is Kind.THOUGHTS and row.born == 0 for row in rows):
            found.append(rows)
    return found


@pytest.mark.parametrize("share", [Share.ASYNC, Share.LIVE])
def test_carried_thoughts_were_thought_on_the_interrupted_question_and_are_not_learned(share, examples, tokenizer):
    for rows in carrying(examples, share, 12):
        before = [row for row in rows if row.born == 0]
        assert all(row.target == NO_TARGET for row in before)
        asked = tokenizer.decode([row.token for row in before if row.kind is Kind.INPUT])
        whole = tokenizer.decode([row.token for row in rows if row.kind is Kind.INPUT and row.until == FOREVER])
        assert whole.startswith(asked) and whole[len(asked) :].startswith("<|im_end|>\n<|im_start|>assistant\n")
        thoughts = [row for row in before if row.kind is Kind.THOUGHTS]
        assert [row.local for row in thoughts] == list(range(len(thoughts)))
        assert all(row.until == FOREVER for row in thoughts)
        first = min(row.local for row in rows if row.kind is Kind.THOUGHTS and row.born > 0)
        assert first == len(thoughts)
        role = [row for row in rows if row.kind is Kind.THINKER_ROLE]
        assert [row.until for row in role if row.born == 0] == [1] * (len(role) // 2)


def test_a_number_that_was_only_thought_can_be_gone_on_with(examples) -> None:
    found = [earlier(Random(seed), examples.encode, examples.prompts, carrying=True) for seed in range(400)]
    carried = [past for past in found if past.carried is not None]
    assert 10 < len(carried) < 120
    assert any(past.number is not None for past in carried)
    never = [earlier(Random(seed), examples.encode, examples.prompts, carrying=False) for seed in range(200)]
    assert all(past.carried is None for past in never)
