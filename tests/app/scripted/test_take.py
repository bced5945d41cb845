"""Takes on a quick conversation: in real time, with short sounds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.errors import RunError
from app.scripted import take as take_module
from app.scripted.measures import Measured, measure
from app.scripted.script import Script
from app.scripted.take import NOT_UNDERSTOOD, NOTHING_TO_INTERRUPT, Take, perform
from tests.app.scripted.quick import GAP_S, PIECE_S, SILENCE_MS, QuickAssistant, sounds

SPOKEN: dict[str, Any] = {"say": "what is it", "result": "85"}


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(take_module, "QUIET_S", 0.2)


def told(turn: Measured) -> tuple[str, ...]:
    """What is noted of a turn, but for how busy this machine is."""
    return tuple(note for note in turn.notes if "busy or slow machine" not in note)


def script(*turns: dict[str, Any], **settings: Any) -> Script:
    return Script.model_validate({"pause_ms": 40, "turn": list(turns), **settings})


def performed(wanted: Script, assistant: QuickAssistant | None = None) -> tuple[Take, list[Measured]]:
    async def scenario() -> Take:
        found = await perform(assistant or QuickAssistant(), "async", wanted, sounds(wanted), SILENCE_MS)
        assert asyncio.all_tasks() == {asyncio.current_task()}, "a task was left behind"
        return found

    take = asyncio.run(scenario())
    return take, measure(take, wanted)


def test_a_spoken_turn_is_measured_from_the_microphone_to_the_loudspeaker() -> None:
    take, (turn,) = performed(script(SPOKEN))
    assert turn.last is not None
    delays = turn.last.delays
    assert told(turn) == ()
    assert turn.last.moments.speech_end_s == take.voiced[0].end_s
    assert SILENCE_MS <= delays["end_of_turn_delay"] <= delays["transcription_delay"] <= delays["e2e_latency"]
    (gap_ms,) = turn.last.gaps_ms
    assert 500 * GAP_S < gap_ms < 1000  # the machine may be busy
    assert delays["total_delay"] == pytest.approx(delays["e2e_latency"] + gap_ms, abs=0.2)
    assert delays["first_result"] == pytest.approx(delays["total_delay"] + 1000 * PIECE_S, abs=0.2)


def test_what_was_played_is_in_the_record_with_its_gap() -> None:
    take, _ = performed(script(SPOKEN))
    assert [span.duration_s for span in take.spans] == [PIECE_S, PIECE_S]
    assert len(take.pcm) == 2 * (take.spans[1].start + take.spans[1].samples)


def test_a_typed_turn_waits_from_the_end_of_input() -> None:
    _, (turn,) = performed(script({"type": "hello"}))
    assert turn.last is not None
    assert not {"e2e_latency", "end_of_turn_delay", "transcription_delay"} & set(turn.last.delays)
    assert turn.last.delays["total_delay"] > 0


def test_an_interruption_comes_so_long_after_the_first_sound_and_silences() -> None:
    take, (first, second) = performed(script(SPOKEN, {"say": "stop", "interrupt_at_ms": 60}))
    assert first.last is not None and second.last is not None
    assert first.last.interrupted
    assert 0.06 <= take.said[1].begun_s - take.spans[0].at_s < 0.3
    assert 0 <= second.last.delays["interrupt_to_silence"] < 200
    assert "interrupt_to_silence" not in first.last.delays
    assert "total_delay" not in first.last.comparable and "e2e_latency" in first.last.comparable


def test_an_answer_that_is_over_cannot_be_interrupted_and_that_is_told() -> None:
    _, (_, second) = performed(script(SPOKEN, {"say": "stop", "interrupt_at_ms": 900}))
    assert told(second) == (NOTHING_TO_INTERRUPT,)
    assert second.last is not None and "interrupt_to_silence" not in second.last.delays


def test_a_late_addition_becomes_a_turn_of_its_own_and_counts_as_the_answer() -> None:
    late = {"type": "no, 37", "after": "first_sound", "at_ms": 50}
    take, (turn,) = performed(script(SPOKEN | {"late": [late]}))
    assert [answer.interrupted for answer in turn.answers] == [True, False]
    assert turn.last is turn.answers[1] and turn.last.words == "no, 37"
    assert take.said[0].ended_s >= take.spans[0].at_s + 0.05


def test_a_late_word_may_wait_for_the_end_of_speech() -> None:
    take, _ = performed(script({"type": "hello", "late": [{"type": "more", "at_ms": 30}]}))
    assert 0.03 <= take.said[0].ended_s - take.said[0].begun_s < 1


def test_speech_that_is_not_understood_is_told_and_the_script_goes_on() -> None:
    _, (first, second) = performed(script(SPOKEN, {"type": "hello"}), QuickAssistant(deaf=True))
    assert (told(first), first.answers) == ((NOT_UNDERSTOOD,), ())
    assert second.last is not None


def test_an_answer_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.app.scripted.quick.GAP_S", 5.0)
    assistant = QuickAssistant()
    _, (turn,) = performed(script(SPOKEN, timeout_s=1), assistant)
    assert told(turn) == ("the answer was stopped after 1 s",)
    assert assistant.conversations[0].stops == 1
    assert turn.last is not None and turn.last.interrupted


def test_a_fault_of_the_conversation_ends_the_take() -> None:
    with pytest.raises(RunError, match="the arena is full"):
        performed(script(SPOKEN), QuickAssistant(fault="the arena is full"))


def test_every_turn_is_told_as_it_begins() -> None:
    told: list[int] = []
    wanted = script({"type": "a"}, {"type": "b"})
    asyncio.run(perform(QuickAssistant(), "think", wanted, sounds(wanted), on_turn=told.append))
    assert told == [1, 2]
