"""What counts as right, how delays are counted, and that a run comes to an end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest
from transformers import PreTrainedTokenizerBase

from app.errors import RunError
from app.evaluation.attempt import CUT, SILENT, SPEECH_STEPS, Outcome
from app.evaluation.checking import is_right
from app.evaluation.generated import generated_tasks
from app.evaluation.grid import Cell
from app.evaluation.solve import MOST_FAILURES, solve
from app.evaluation.summary import Pace, summary
from app.evaluation.task import Checker, Task
from engine.engine import Engine
from tests.app.evaluation.scripted_tasks import TASKS, NoMath, engine_that, plain_task, written
from tests.engine.scripted import Script

PACE = Pace(100.0, 165)


def solved(engine: Engine, method: str, tasks: Sequence[Task] = TASKS.tasks, **options: Any) -> list[Outcome]:
    """All outcomes, in the order of the tasks."""
    judge = NoMath()
    outcomes = list(solve(engine, Cell(method), tasks, lambda task, said: is_right(task, said, judge), **options))
    assert not engine.conversations
    return sorted(outcomes, key=lambda outcome: [task.id for task in tasks].index(outcome.task))


@pytest.mark.parametrize("method", ["async", "think", "no-think"])
@pytest.mark.parametrize("at_once", [1, 4])
def test_right_answers_are_right(tokenizer: PreTrainedTokenizerBase, method: str, at_once: int) -> None:
    outcomes = solved(engine_that(tokenizer), method, at_once=at_once)
    assert [outcome.question for outcome in outcomes] == [task.question for task in TASKS.tasks]
    assert all(outcome.right and outcome.missing is None for outcome in outcomes)


def test_wrong_cut_and_empty_answers_are_not_right_and_what_is_missing_is_told(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    def say(task: Task) -> Script:
        right = written(task).answer
        said = {0: "I would say it is 123456789.", 1: right + " or so" * 500, 2: ""}
        return Script(answer=said.get(TASKS.tasks.index(task), right))

    outcomes = solved(engine_that(tokenizer, say, answer_tokens=250), "no-think")
    assert [outcome.right for outcome in outcomes] == [False, False, False, *[True] * 3]
    assert [outcome.missing for outcome in outcomes][:4] == [None, CUT, SILENT, None]
    found = summary(Cell("no-think"), outcomes, PACE)
    assert (found.n, found.right, found.missing) == (6, 3, 2)


def test_thinking_first_is_silent_until_the_thoughts_have_ended(tokenizer: PreTrainedTokenizerBase) -> None:
    (first,) = solved(engine_that(tokenizer), "think", TASKS.tasks[:1])
    thoughts = len(tokenizer.encode(written(TASKS.tasks[0]).thoughts, add_special_tokens=False))
    assert first.first_answer_step == first.silence_steps == thoughts + 2  # the end of the thoughts takes a step
    answer = len(tokenizer.encode(written(TASKS.tasks[0]).answer, add_special_tokens=False))
    assert answer > 1 and SPEECH_STEPS > 1, "speech outlasts decoding: there is no gap behind the first word"


def test_phrases_cover_the_answer_in_the_order_they_can_be_spoken(tokenizer: PreTrainedTokenizerBase) -> None:
    for outcome in solved(engine_that(tokenizer), "async"):
        ready = [step for step, _ in outcome.phrases]
        assert ready == sorted(ready) and ready[-1] <= outcome.steps
        assert outcome.first_answer_step is not None and ready[0] > outcome.first_answer_step
        assert all(words > 0 for _, words in outcome.phrases)


def test_time_is_told_only_of_conversations_that_were_alone(tokenizer: PreTrainedTokenizerBase) -> None:
    ticks = count()
    one = solved(engine_that(tokenizer), "no-think", TASKS.tasks[:2], at_once=1, clock=lambda: float(next(ticks)))
    assert all(outcome.ttfat_ms is not None for outcome in one)
    assert all(o.ttfat_ms is None for o in solved(engine_that(tokenizer), "no-think", at_once=2))


def test_earlier_turns_are_really_had_and_the_last_is_judged(tokenizer: PreTrainedTokenizerBase) -> None:
    tasks = [
        plain_task("right", "what is 47 plus 38", "and double that", answer="170"),
        plain_task("wrong", "what is 12 plus 1", "and 3 times that", answer="39"),
        plain_task("cut", "what is 5 plus 5", "and half of that", answer="5"),
    ]
    engine = engine_that(tokenizer, lambda _: Script(answer="That is 170."), tasks, answer_tokens=50)
    endless = {"what is 5 plus 5": Script(answer="so " * 2000)}
    script = engine.runner._script  # type: ignore[attr-defined]
    engine.runner._script = lambda text: endless.get(text) or script(text)  # type: ignore[attr-defined]
    right, wrong, cut = solved(engine, "no-think", tasks)
    assert (right.right, right.answer, right.question) == (True, "That is 170.", "what is 47 plus 38 / and double that")
    assert (wrong.right, wrong.missing) == (False, None)
    assert (cut.right, cut.missing) == (False, CUT), "the last turn was never asked"
    spoken = len(tokenizer.encode("That is 170.", add_special_tokens=False))
    assert right.tokens == spoken, "only those of the judged turn count"


def test_an_engine_with_room_for_one_solves_one_after_the_other(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_that(tokenizer, kv_tokens=engine_that(tokenizer).need_tokens("async"))
    assert len(solved(engine, "async", TASKS.tasks[:3])) == 3


def test_a_task_that_is_too_long_fails_alone(tokenizer: PreTrainedTokenizerBase) -> None:
    long = plain_task("long", "why " * 5000, checker=Checker.TEXT)
    tasks = [long, *TASKS.tasks]
    engine = engine_that(tokenizer, lambda task: Script() if task is long else written(task), tasks)
    first, *others = solved(engine, "async", tasks)
    assert not first.right and first.failed and "tokens" in str(first.missing)
    assert all(outcome.right for outcome in others)
    assert "steps" not in summary(Cell("async"), [first], PACE).means, "there is nothing to measure"


def test_a_failing_engine_is_an_error_and_not_a_row_of_wrong_answers(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_that(tokenizer)

    def fail(_: Sequence[Any]) -> Any:
        raise MemoryError("the card is full")

    engine.runner.run = fail  # type: ignore[method-assign]
    with pytest.raises(RunError, match=rf"{MOST_FAILURES} tasks in a row failed, the last at '.*': .*the card is full"):
        solved(engine, "async")
    assert not engine.conversations


def test_left_early_it_closes_its_conversations(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_that(tokenizer)
    solving = solve(engine, Cell("no-think"), TASKS.tasks, lambda *_: True)
    next(solving)
    assert engine.conversations
    solving.close()
    assert not engine.conversations


def test_patience_reaches_the_engine(tokenizer: PreTrainedTokenizerBase, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, asked = engine_that(tokenizer), []
    real = engine.open

    def open_noting(method: str, sampling: Any = None, patience: float | None = None) -> Any:
        asked.append((method, patience))
        return real(method, sampling, patience=patience)

    monkeypatch.setattr(engine, "open", open_noting)
    list(solve(engine, Cell("async", 0.25), TASKS.tasks[:2], lambda *_: True))
    assert asked == [("async", 0.25)] * 2


def test_generated_tasks_are_the_same_for_the_same_seed() -> None:
    again, other = generated_tasks(6, seed=1), generated_tasks(6, seed=2)
    assert again == TASKS != other
    assert again.digest == TASKS.digest != other.digest


def test_number_words_are_read_as_the_app_reads_them(tokenizer: PreTrainedTokenizerBase) -> None:
    engine = engine_that(tokenizer, lambda _: Script(answer="It is 5."), [plain_task("1", "what is 2 plus 3")])
    (outcome,) = solved(engine, "no-think", [plain_task("1", "what is Two plus three", answer="5")])
    assert (outcome.answer, outcome.question) == ("It is 5.", "what is Two plus three")
