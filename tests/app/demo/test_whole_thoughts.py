"""Questions that must be complete before there is anything to think."""

import random

import pytest

from app.demo.live_trace import LiveTrace
from app.demo.mixture import COMPLETE_FAMILIES
from app.demo.problems import sample_problem
from app.demo.problems.kind import with_kind
from app.demo.rows import FOREVER, NO_TARGET, Kind


@pytest.mark.parametrize("seed", range(30))
def test_thinking_begins_with_the_last_word_and_says_all_thoughts(seed: int, examples, tokenizer) -> None:
    rng = random.Random(seed)
    problem = sample_problem(rng, held_out=False, families=COMPLETE_FAMILIES)
    rows = LiveTrace(problem, examples.encode, examples.prompts, rng).run()
    last_word = max(row.born for row in rows if row.kind is Kind.INPUT)
    end = examples.prompts.end_of_thoughts
    learned = [row for row in rows if row.kind is Kind.THOUGHTS and row.target != NO_TARGET]
    assert {row.target for row in learned if row.born < last_word} <= {end}
    alive = sorted(
        (row for row in rows if row.kind is Kind.THOUGHTS and row.until == FOREVER), key=lambda row: row.local
    )
    said = tokenizer.decode([row.token for row in alive])
    assert said.strip() == "\n\n".join(with_kind(problem).thoughts)
    output = sorted(
        (row for row in rows if row.kind is Kind.OUTPUT and row.until == FOREVER), key=lambda row: row.local
    )
    assert tokenizer.decode([row.token for row in output]).strip() == "\n\n".join(problem.answer)
