"""When a phrase is ready, and that every simulation goes by it."""

from __future__ import annotations

from typing import Any

from app.evaluation.attempt import Attempt
from app.evaluation.grid import Cell
from app.evaluation.speech import simulated_delays_ms
from app.scripted.simulate import Phrase, delays, simulated
from app.written import Written, phrases_of, ready_in_step, written_in_step
from engine.events import EndReason, StreamName, TokenGenerated, TurnEnded
from tests.app.evaluation.scripted_tasks import plain_task

TOKENS = [Written(10, "It "), Written(11, "is "), Written(12, "so. "), Written(40, "85"), Written(41, ".")]


def test_the_step_that_wrote_a_character_is_that_of_its_token() -> None:
    assert [written_in_step(TOKENS, count) for count in (1, 3, 4, 9, 13)] == [10, 10, 11, 12, 41]
    assert written_in_step([], 3) == 0


def test_a_phrase_is_ready_with_its_last_character() -> None:
    answer = "".join(token.text for token in TOKENS)
    phrases = phrases_of(answer)
    assert [phrase.text for phrase in phrases] == ["It is so. ", "85."]
    assert [ready_in_step(TOKENS, phrase.start, phrase.text) for phrase in phrases] == [12, 41]


class Nobody:
    """A conversation in which nothing is said."""

    def listen(self, text: str) -> None: ...

    def end_input(self) -> None: ...


def test_eval_and_latency_simulate_the_same_delay_of_the_same_answer() -> None:
    nobody: Any = Nobody()
    attempt = Attempt(plain_task("1", "how much"), nobody, clock=lambda: 0.0)
    attempt.speak()
    for token in TOKENS:
        attempt.take(TokenGenerated(0, 1, token.step, 0.0, StreamName.OUTPUT, 0, token.text))
    attempt.take(TurnEnded(0, 1, 60, 0.0, EndReason.FINISHED))
    outcome = attempt.outcome(Cell("async"), lambda *_: True, alone=False)
    assert outcome.phrases == ((12, 3), (41, 2)), "not in step 40, which brings the word behind it, nor at the end, 60"
    total, adjusted = simulated_delays_ms(outcome.phrases, outcome.steps, step_ms=100, rate_wpm=60)
    told = delays(simulated(TOKENS, [Phrase("It is so. ", 0, 3.0), Phrase("85.", 10, 2.0)], 0.1))
    assert (told["total_delay"], told["adjusted_delay"]) == (round(total, 1), round(adjusted, 1))
