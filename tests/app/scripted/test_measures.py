"""Measures, bounds, percentiles and tables, of records made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.conversation.events import AnswerDelta, AudioDelta, Flush, ThoughtDelta, TurnDone, UserTurn
from app.latency import Moments
from app.recorder import Span
from app.scripted.bounds import broken
from app.scripted.measures import Answered, Measured, measure, place_of
from app.scripted.microphone import Voiced
from app.scripted.results import Repeat, Spread, measured_spreads, ratio
from app.scripted.script import Bounds, Script, Turn
from app.scripted.table import beside_table, measured_table, pace
from app.scripted.take import Said, Take

SECOND = 24_000


def take(slower_s: float = 0.0) -> Take:
    """One spoken turn: it ends at 10 s, sounds at 12 s and, behind a gap of 2 s, at 15 s with the result."""
    moments = Moments(9.9, 10.5, 10.6, 10.6, 10.8, 11.0, [3, 4, 30], 11.9)
    sounds = [(12.0, "It is. ", ((0, 0),)), (15.0, "Well: 85", ((0, 0), (6, SECOND // 2)))]
    events = [
        UserTurn(10.6, 1, "what is it", spoken=True),
        ThoughtDelta(10.8, 1, "Hm", 1),
        AnswerDelta(11.0, 1, "It is. ", 3),
        AnswerDelta(13.7, 1, "Well: 85", 30),
        *(AudioDelta(at_s, 1, 1, b"\1\1" * SECOND, text, words) for at_s, text, words in sounds),
        TurnDone(16.0, 1, "It is. Well: 85", "It is. Well: 85", False, {}, moments),
    ]
    spans = [Span(1, 12.0 + slower_s, 0, 0, SECOND), Span(1, 15.0 + slower_s, 3 * SECOND, SECOND, SECOND)]
    pcm = bytearray(b"\1\1" * 4 * SECOND)
    return Take("async", 5.0, list(events), [Voiced(7.0, 10.0)], spans, pcm, [Said(7.0, 10.0)])


def script(**turn: Any) -> Script:
    return Script.model_validate({"turn": [{"say": "what is it", "result": "85"} | turn]})


def test_what_was_played_and_when_the_voice_ended_are_the_truth() -> None:
    (turn,) = measure(take(), script())
    assert turn.last is not None
    assert turn.last.delays == {
        "end_of_turn_delay": 500.0,  # from the microphone's 10.0, not the detector's 9.9
        "transcription_delay": 600.0,
        "ttft": 200.0,
        "ttfat": 400.0,
        "ttfb": 100.0,
        "ttfa": 100.0,
        "e2e_latency": 2000.0,
        "first_result": 5500.0,
        "total_delay": 4000.0,
        "adjusted_delay": 2000.0,
        "steps_to_first": 3.0,
        "steps_delay": 24.0,
    }
    assert turn.last.gaps_ms == [2000.0]


def test_a_result_that_did_not_sound_was_not_heard() -> None:
    (wrong,) = measure(take(), script(result="86"))
    assert (wrong.wanted, wrong.result_heard) == ("86", False)
    assert wrong.last is not None and "first_result" not in wrong.last.delays


def test_the_same_turn_is_simulated_beside() -> None:
    (turn,) = measure(take(), script(), step_ms=100)
    assert turn.last is not None
    assert turn.last.simulated["e2e_latency"] == 300.0
    assert turn.last.simulated["total_delay"] == 300.0 + 1700.0  # spoken from 0.3 to 1.3 s, the next is there at 3.0 s
    (own,) = measure(take(), script())
    assert own.last is not None and own.last.step_ms == 100.0  # 29 steps in 2.9 s
    assert own.last.simulated == turn.last.simulated


def test_an_interruption_lasts_from_the_voice_to_the_last_audible_sample() -> None:
    record = take()
    (done,) = [event for event in record.events if isinstance(event, TurnDone)]
    record.events[-1] = replace(done, at_s=15.8, interrupted=True, heard="It is.")
    later = Moments(17.0, 17.5, 17.6, 17.6)
    record.events += [Flush(15.8, 1, 1), UserTurn(17.6, 2, "stop", True), TurnDone(18.0, 2, "", "", False, {}, later)]
    record.voiced.append(Voiced(15.6, 17.0))
    record.spans[1].samples = round(0.85 * SECOND)
    record.said.append(Said(15.6, 17.0))
    first, second = measure(record, Script.model_validate({"turn": [{"say": "a"}, {"say": "b", "interrupt_at_ms": 9}]}))
    assert first.last is not None and second.last is not None
    assert second.last.delays["interrupt_to_silence"] == 250.0
    assert second.last.delays["end_of_turn_delay"] == 500.0
    assert "total_delay" not in first.last.comparable
    assert first.last.simulated == {}


@pytest.mark.parametrize(
    ("word", "text", "place"),
    [
        ("85", "1850, 85.5, 85.", 12),
        ("85", "185", None),
        ("Tuesday", "on tuesday", 3),
        ("5", "3:45, 5", 6),
        (None, "x", None),
    ],
)
def test_a_result_is_a_word_or_number_of_its_own(word: str | None, text: str, place: int | None) -> None:
    assert place_of(word, text) == place


def answered(**delays: float) -> Answered:
    (turn,) = measure(take(), script())
    assert turn.last is not None
    return replace(turn.last, delays=dict(delays), heard="It is 85.")


def judged(answer: Answered | None, bounds: Bounds | None = None, **turn: Any) -> list[str]:
    measured = Measured(1, () if answer is None else (answer,))
    return broken(measured, Turn.model_validate({"say": "x"} | turn), bounds or Bounds())


def test_a_bound_is_kept_up_to_its_limit() -> None:
    assert judged(answered(e2e_latency=900.0), max_e2e_ms=900) == []
    (line,) = judged(answered(e2e_latency=900.4), max_e2e_ms=900)
    assert line == "max_e2e_ms: e2e_latency was 900 ms, at most 900 ms are allowed"


def test_a_delay_that_was_not_measured_keeps_no_bound() -> None:
    assert judged(None, max_e2e_ms=900) == ["max_e2e_ms: e2e_latency was not measured, at most 900 ms are allowed"]


def test_bounds_of_the_script_hold_where_they_make_sense() -> None:
    bounds = Bounds(max_e2e_ms=100, max_interrupt_ms=100, max_total_delay_ms=1000)
    slow = answered(e2e_latency=200.0, total_delay=2000.0)
    assert len(judged(slow, bounds)) == 2
    assert len(judged(replace(slow, interrupted=True), bounds)) == 1
    assert judged(slow, bounds, max_e2e_ms=300, max_total_delay_ms=3000) == []
    assert judged(answered(total_delay=5.0), bounds, say=None, type="x") == []


def test_what_was_heard_must_hold_what_was_asked_for() -> None:
    assert judged(answered(), must_contain="85", must_not_contain="75") == []
    assert judged(answered(), must_contain="75") == ["must_contain: '75' is not in 'It is 85.'"]
    assert judged(answered(), must_not_contain="85") == ["must_not_contain: '85' is in 'It is 85.'"]
    assert judged(None, must_contain="85") == ["must_contain: '85' is not in the answer, of which nothing was heard"]


def repeats() -> list[Repeat]:
    fast, slow = measure(take(), script(), 100), measure(take(slower_s=4.0), script(), 100)
    return [Repeat("async", 1, take(), tuple(fast)), Repeat("think", 1, take(4.0), tuple(slow))]


def test_spreads_are_by_name_and_the_ratio_is_over_turns_that_both_have() -> None:
    one, other = repeats()
    assert measured_spreads([one])["total_delay"] == Spread(4000.0, 4000.0, 4000.0, 1)
    assert measured_spreads([one])["silence gaps"].n == 1
    assert "interrupt_to_silence" not in measured_spreads([one])
    assert ratio([one, other], "think", "async") == (2.0, 1)
    assert ratio([one], "think", "async") is None


def test_the_table_says_what_it_is_and_fits_its_width() -> None:
    told = measured_table(repeats(), "measured in real time: paced: 100 ms a step", width=60)
    lines = told.splitlines()
    assert lines[0].endswith("paced: 100 ms a step")
    assert max(map(len, lines[2:18])) <= 60
    assert any(line.split() == ["e2e_latency", "2000", "2000", "2000", "1"] for line in lines)
    assert "async: 1 turn in 1 repeat, bounds kept in 1, result heard in 1 of 1" in lines
    assert any(line.split() == ["interrupt_to_silence", "–", "–", "–", "0"] for line in lines)
    assert "total_delay: think 2.00 × async (means over 1 turns that both have)" in lines
    wide = measured_table(repeats(), "", width=120)
    assert "e2e_latency             2000   2000   2000   1   6000   6000   6000   1" in wide


def test_measured_and_simulated_stand_side_by_side_and_never_in_one_column() -> None:
    (row,) = [line for line in beside_table(repeats()).splitlines() if line.split()[:2] == ["total_delay", "async"]]
    assert row.split()[2:] == ["4000", "2000", "+2000", "1"]


def test_every_output_says_how_it_was_paced() -> None:
    assert (pace(50.0), pace(None), pace(0.0)) == ("paced: 50 ms a step", "not paced", "not paced")
