"""The whole way, nothing faked but the microphone and the loudspeaker: espeak-ng asks, pocketsphinx hears, the bundled
model thinks and answers, espeak-ng speaks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.assistant import Assistant
from app.config import load_settings
from app.scripted.measures import measure
from app.scripted.script import Script
from app.scripted.sound import record
from app.scripted.take import perform


@pytest.fixture(scope="module")
def assistant() -> Iterator[Assistant]:
    assistant = Assistant(load_settings(flags={"asr": "pocketsphinx", "threads": 1}))
    assistant.start()
    assistant.warm_voice()
    yield assistant
    assistant.close()


def test_a_spoken_sum_is_heard_answered_and_timed(assistant: Assistant, tmp_path: Path) -> None:
    turn = {"say": "what is forty seven plus thirty eight", "result": "85", "must_contain": "85"}
    script = Script.model_validate({"pause_ms": 100, "turn": [turn]})
    take = asyncio.run(perform(assistant, "async", script, record(script, tmp_path)))
    (measured,) = measure(take, script)
    assert measured.last is not None, measured.notes
    assert measured.last.words == "what is 47 plus 38"
    assert "85" in measured.last.heard
    delays = measured.last.delays
    assert 480 < delays["end_of_turn_delay"] <= delays["transcription_delay"] < delays["e2e_latency"]
    assert delays["e2e_latency"] <= delays["total_delay"] < delays["first_result"]
    assert measured.last.simulated["total_delay"] < delays["total_delay"]
