"""What the tests of `eval` share: an engine that answers from a script, and outcomes made by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from transformers import PreTrainedTokenizerBase

from app.evaluation.attempt import Outcome
from app.evaluation.generated import generated_tasks
from app.evaluation.task import Checker, Task
from engine.engine import Engine
from tests.engine.scripted import Script, ScriptedRunner
from tests.engine.talk import make_engine, prompts_of

TASKS = generated_tasks(6, seed=1)


class NoMath:
    """In place of math-verify: plain equality of the last word."""

    def equal(self, formula: str, answer: str) -> bool:
        return answer.split()[-1].strip(".") == formula


def written(task: Task) -> Script:
    """The problem solved as in its own text."""
    assert task.problem is not None
    return Script("\n\n".join(task.problem.thoughts) + "\n\n", "\n\n".join(task.problem.answer))


def engine_that(
    tokenizer: PreTrainedTokenizerBase,
    solve: Callable[[Task], Script] = written,
    tasks: Sequence[Task] = TASKS.tasks,
    kv_tokens: int = 16384,
    answer_tokens: int | None = None,
) -> Engine:
    """An engine that says this to the last turn of each task, and "Yes." to the turns before."""
    said = {turn: Script(answer="Yes.") for task in tasks for turn in task.turns[:-1]}
    said |= {task.turns[-1]: solve(task) for task in tasks}
    prompts = prompts_of("demo")
    runner = ScriptedRunner(tokenizer, prompts, lambda text: said[text], kv_tokens)
    return make_engine(tokenizer, prompts, runner, 800, answer_tokens=answer_tokens)


def plain_task(identity: str, *turns: str, answer: str = "1", checker: Checker = Checker.MATH) -> Task:
    return Task(identity, turns or ("how much",), answer, "sums", checker)


OUTCOME = Outcome(
    method="async",
    patience=None,
    task="1",
    kind="sums",
    question="how much",
    expected="1",
    answer="It is 1.",
    thoughts="",
    right=True,
    missing=None,
    first_answer_step=5,
    silence_steps=4.0,
    steps=20,
    thinking_steps=10,
    tokens=30,
    phrases=((8, 3),),
    ttfat_ms=None,
)


def outcome(**changes: object) -> Outcome:
    return replace(OUTCOME, **changes)  # type: ignore[arg-type]
