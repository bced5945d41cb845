"""What `ask` does with a conversation, on a fake one."""

import asyncio

import numpy as np
import pytest

from app import question as question_module
from app.conversation.events import ConversationEvent, Fault, TurnDone, UserTurn
from app.errors import InputError, RunError
from app.question import Question, ask
from tests.app.fakes import FakeAssistant, turn_events

VOICE = (np.sin(np.arange(16_000) / 8) * 8000).astype(np.int16)


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question_module, "QUIET_WITHOUT_SPEECH_S", 0.05)
    monkeypatch.setattr(question_module, "QUIET_AFTER_SPEECH_S", 0.1)


def test_typed_question_gives_the_answer_and_its_delays() -> None:
    assistant = FakeAssistant()
    reply = asyncio.run(ask(assistant, Question(text="hello", method="think")))
    assert reply.answer == "You said hello."
    assert reply.latency["ttft"] == 12.0
    assert assistant.asked_for == [("think", False)]


def test_every_event_reaches_the_sinks_in_order() -> None:
    seen: list[ConversationEvent] = []
    asyncio.run(ask(FakeAssistant(), Question(text="hello"), [seen.append]))
    assert isinstance(seen[0], UserTurn)
    assert isinstance(seen[-1], TurnDone)


def test_spoken_question_is_heard_with_silence_after_it_and_then_committed() -> None:
    assistant = FakeAssistant()
    reply = asyncio.run(ask(assistant, Question(sound=VOICE, silence_ms=500)))
    conversation = assistant.conversations[0]
    assert reply.answer == "You said spoken words."
    assert conversation.heard_samples == len(VOICE) + 16_000
    assert conversation.commits == 1
    assert assistant.asked_for == [("async", True)]


def test_sound_of_the_answer_is_returned_and_reported_as_played() -> None:
    sound = bytes(range(200))
    assistant = FakeAssistant(lambda text: turn_events(text, "Four.", sound=sound))
    reply = asyncio.run(ask(assistant, Question(text="two and two", speak=True)))
    assert reply.pcm == sound
    assert assistant.conversations[0].positions == [(1, 100, False), (1, 100, True)]


def test_sound_without_speech_is_an_input_error_and_does_not_hang() -> None:
    with pytest.raises(InputError, match="no speech was found"):
        asyncio.run(ask(FakeAssistant(lambda text: []), Question(sound=np.zeros(1600, np.int16))))


def test_speech_without_words_is_an_input_error_and_does_not_hang() -> None:
    with pytest.raises(InputError, match="no words were understood"):
        asyncio.run(ask(FakeAssistant(lambda text: []), Question(sound=VOICE)))


def test_fault_of_the_conversation_is_raised() -> None:
    broken = FakeAssistant(lambda text: [Fault(1.0, "engine_full", "the arena is full")])
    with pytest.raises(RunError, match="the arena is full"):
        asyncio.run(ask(broken, Question(text="hello")))


def test_empty_answer_is_an_error() -> None:
    with pytest.raises(RunError, match="without an answer"):
        asyncio.run(ask(FakeAssistant(lambda text: turn_events(text, "")), Question(text="hello")))


def test_an_interrupted_earlier_turn_is_left_out_of_the_answer() -> None:
    cut = TurnDone(6.0, 1, "The first", "The", interrupted=True)
    begun = UserTurn(5.0, 1, "what is", spoken=True)
    script = [begun, cut, *turn_events("two and two", "Four.", turn=2)]
    reply = asyncio.run(ask(FakeAssistant(lambda text: script), Question(sound=VOICE)))
    assert reply.answer == "Four."
