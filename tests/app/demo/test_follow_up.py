"""Follow-up questions and the turns before them."""

import re
from random import Random

import pytest

from app.demo.checking import is_right
from app.demo.earlier import earlier
from app.demo.problems import is_held_out, sample_follow_up, sample_live
from app.demo.problems.build import numbers_key
from app.demo.problems.chains import LARGEST_VALUE
from engine.history import History

SEEDS = range(60)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_follow_up_goes_on_with_the_number_before(seed: int) -> None:
    rng = Random(seed)
    before = rng.randint(0, LARGEST_VALUE)
    problem = sample_follow_up(rng, before, held_out=False)
    first = re.match(r"plan: (\d+)", problem.thoughts[0])
    assert first is not None and int(first[1]) == before
    assert str(before) not in re.findall(r"\d+", problem.question) or before < 1000
    assert is_right(problem, "\n\n".join(problem.answer))
    assert not is_held_out(problem.key)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_follow_up_heard_in_pieces_corrects_only_numbers_that_were_said(seed: int) -> None:
    live = sample_live(Random(seed), held_out=False, before=84)
    assert live.steps[0].a == 84
    assert live.whole.key == numbers_key("follow_up", live.steps)
    if live.correction is not None:
        assert str(live.correction.wrong) in live.events[live.correction.step].text


@pytest.mark.parametrize("seed", SEEDS)
def test_turns_before_are_the_engines_transcript(seed: int, examples, tokenizer) -> None:
    past = earlier(Random(seed), examples.encode, examples.prompts, carrying=False)
    text = tokenizer.decode(past.tokens)
    turns = re.findall(
        r"<\|im_start\|>user\n(.+?)<\|im_end\|>\n<\|im_start\|>assistant\n(.*?)<\|im_end\|>\n", text, re.S
    )
    assert 1 <= len(turns) <= 3
    history = History(examples.prompts.history_role, examples.prompts.history_close, 3, 10_000)
    for question, answer in turns:
        history.add((*examples.prompts.input_open, *examples.encode(question)), examples.encode(answer))
    assert tokenizer.decode(history.tokens) == text
    if past.number is not None:
        assert str(past.number) in turns[-1][1]
