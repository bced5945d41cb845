"""The assistant: what it lends, what it takes back, and what it says when it cannot."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

import app.voice
from app.assistant import Assistant
from app.config import Settings
from app.conversation.events import AnswerDelta, Fault, ThoughtDelta
from app.errors import RunError, SettingsError
from app.voice import Voice
from engine.errors import EngineFull
from tests.app.voices import PATIENCE_S, FakeListener, FakeSynthesizer
from tests.engine.tiny_qwen3 import save_tiny_qwen3

ROOM_TOKENS = 4096  # of one conversation


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_qwen3(tmp_path_factory.mktemp("tiny-qwen3"), seed=2)


@pytest.fixture
def assistant(folder: Path) -> Iterator[Assistant]:
    """It has room for one conversation of the longest kind."""
    assistant = Assistant(Settings(model=str(folder), kv_tokens=ROOM_TOKENS, threads=1))
    assistant.start()
    yield assistant
    assistant.close()


class Forking(FakeListener):
    """Gives out listeners as long as it can."""

    left: int = 0

    def fork(self) -> FakeListener:
        if not self.left:
            raise OSError("no more memory")
        self.left -= 1
        return FakeListener()


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch) -> Voice:
    fake = Voice(Forking(), FakeSynthesizer())  # type: ignore[arg-type]
    monkeypatch.setattr(app.voice, "build_voice", lambda _: fake)
    return fake


def test_a_conversation_thinks_and_answers_on_the_model_of_the_settings(assistant: Assistant) -> None:
    async def scenario() -> None:
        async with asyncio.timeout(4 * PATIENCE_S), assistant.converse(voice=False) as conversation:
            await conversation.say("hello")
            seen = set()
            async for event in conversation.events():
                assert not isinstance(event, Fault)
                seen.add(type(event))
                if {ThoughtDelta, AnswerDelta} <= seen:
                    break

    asyncio.run(scenario())
    assert assistant.open_conversations == 0


def test_a_full_engine_refuses_until_somebody_leaves(assistant: Assistant) -> None:
    async def scenario() -> None:
        async with assistant.converse(voice=False):
            assert assistant.open_conversations == 1
            with pytest.raises(EngineFull):
                assistant.converse(voice=False)
            assert assistant.open_conversations == 1
        async with assistant.converse(voice=False, method="think"):
            pass

    asyncio.run(scenario())


def test_a_listener_that_cannot_be_had_costs_no_room(assistant: Assistant, voice: Voice) -> None:
    async def scenario() -> None:
        with pytest.raises(OSError, match="no more memory"):
            assistant.converse()
        voice.listener.left = 1  # type: ignore[attr-defined]
        async with assistant.converse():
            assert assistant.open_conversations == 1

    asyncio.run(scenario())
    assert assistant.open_conversations == 0


def test_an_unknown_method_is_an_error_that_names_the_known_ones(assistant: Assistant) -> None:
    with pytest.raises(SettingsError, match=r"--method magic is not available; available are: async, "):
        assistant.converse(method="magic", voice=False)


def test_an_assistant_that_does_not_run_says_so(folder: Path) -> None:
    assistant = Assistant(Settings(model=str(folder)))
    with pytest.raises(RunError, match="call start"):
        assistant.converse()
    assistant.close()
    assistant.close()


def test_an_assistant_can_be_closed_under_an_open_conversation(folder: Path, voice: Voice) -> None:
    assistant = Assistant(Settings(model=str(folder), kv_tokens=ROOM_TOKENS, threads=1))
    assistant.start()
    voice.listener.left = 1  # type: ignore[attr-defined]

    complaints: list[object] = []

    async def scenario() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        async with asyncio.timeout(4 * PATIENCE_S), assistant.converse() as conversation:
            await conversation.say("hello")
            await asyncio.to_thread(assistant.close)
            await conversation.say("anybody there?")

    asyncio.run(scenario())
    assert assistant.open_conversations == 0
    assert voice.listener.closed  # type: ignore[attr-defined]
    gc.collect()
    assert not complaints
