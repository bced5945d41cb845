"""The papers' delay, by hand."""

from __future__ import annotations

from app.scripted.simulate import Phrase, delays, mean_step_s, simulated
from app.written import Written

TOKENS = [Written(10, "It "), Written(11, "is "), Written(12, "so. "), Written(40, "85"), Written(41, ".")]
PHRASES = [Phrase("It is so. ", 0, 1.0), Phrase("85.", 10, 0.5)]


def test_speech_begins_when_a_phrase_is_written_and_the_last_is_over() -> None:
    told = delays(simulated(TOKENS, PHRASES, 0.1, wanted=10))
    assert told["ttfat"] == 1000.0
    assert told["e2e_latency"] == 1200.0  # the first phrase is complete in step 12
    assert told["total_delay"] == 3100.0  # 1.2 s, spoken until 2.2 s, the second is there at 4.1 s
    assert told["adjusted_delay"] == 1100.0
    assert told["first_result"] == 4100.0
    assert (told["steps_to_first"], told["steps_delay"]) == (10.0, 31.0)


def test_a_phrase_that_is_written_in_time_leaves_no_gap() -> None:
    moments = simulated(TOKENS, PHRASES, 0.02)
    assert moments.silences() == [0.24]
    assert delays(moments)["total_delay"] == 240.0


def test_a_simulation_tells_nothing_of_the_machine() -> None:
    assert {"ttft", "ttfb", "ttfa", "end_of_turn_delay", "transcription_delay"}.isdisjoint(
        delays(simulated(TOKENS, PHRASES, 0.1))
    )


def test_a_result_within_a_phrase_is_spoken_evenly() -> None:
    moments = simulated([Written(1, "That is 85.")], [Phrase("That is 85.", 0, 1.1)], 0.1, wanted=8)
    assert moments.result_s is not None
    assert round(moments.result_s, 6) == 0.9


def test_the_mean_step_needs_two() -> None:
    assert mean_step_s([(1, 5.0), (1, 5.1)]) is None
    assert mean_step_s([]) is None
    assert mean_step_s([(1, 5.0), (3, 5.4), (5, 5.8)]) == (5.8 - 5.0) / 4
