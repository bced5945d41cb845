"""A conversation can be left at any moment, and leaves nothing behind: no task, no memory."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from transformers import PreTrainedTokenizerBase

from app.conversation.events import (
    AnswerDelta,
    AudioDelta,
    AudioDone,
    Fault,
    SpeechStarted,
)
from app.conversation.outlet import Outlet
from app.engine_thread import EngineThread
from engine.engine import Engine
from engine.model import EngineSettings
from tests.app.conversation.talks import ENDLESS, SOUND, House, is_a, play, talking
from tests.app.voices import PATIENCE_S, FakeListener, utterance
from tests.engine.scripted import ScriptedRunner
from tests.engine.talk import prompts_of


def test_leaving_does_not_wait_for_the_sound_to_be_played(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("tell")
            await talk.until(is_a(AudioDone))
            left_s = time.monotonic()
        assert time.monotonic() - left_s < 4  # of eight seconds and a grace

    play(scenario, house)


def test_a_reader_that_does_not_read_ends_its_conversation_and_costs_no_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.conversation.conversation.Outlet", lambda: Outlet(most_waiting=30))

    async def scenario() -> None:
        async with talking(house, read=False) as talk:
            await talk.conversation.say("count")
            async with asyncio.timeout(PATIENCE_S):
                while house.engine.conversations:
                    await asyncio.sleep(0.01)
            told = [event async for event in talk.conversation.events()]
            assert [event.code for event in told if isinstance(event, Fault)] == ["events_not_read"]
            assert len(told) == 1

    play(scenario, house)


@pytest.mark.parametrize("steps", range(6))
def test_leaving_in_the_middle_leaves_nothing_behind(house: House, steps: int) -> None:
    """`play` asserts it: no task, no memory."""

    async def scenario() -> None:
        async with talking(house, held=["four."]) as talk:
            if steps > 0:
                await talk.conversation.say("count")
            if steps > 1:
                await talk.until(is_a(AnswerDelta))
            if steps > 2:
                await talk.until(is_a(AudioDelta), count=3)
            if steps > 3:
                await talk.conversation.say("count")
            if steps > 4:
                await talk.conversation.stop()
        assert house.left == 1

    play(scenario, house)


def test_leaving_while_sound_is_being_heard_waits_for_the_recogniser(house: House) -> None:
    async def scenario() -> None:
        begun, go_on = threading.Event(), threading.Event()

        class SlowListener(FakeListener):
            def push(self, pcm: Any) -> Any:
                begun.set()
                assert go_on.wait(PATIENCE_S)
                return super().push(pcm)

        async with talking(house) as talk:
            assert talk.conversation._listening is not None
            slow = talk.conversation._listening._ear._listener = SlowListener()  # type: ignore[assignment]
            slow.script.extend(utterance("add"))
            hearing = asyncio.create_task(talk.conversation.hear(SOUND))
            await asyncio.to_thread(begun.wait, PATIENCE_S)
            asyncio.get_running_loop().call_later(0.05, go_on.set)
        await hearing
        assert slow.closed and not talk.of(SpeechStarted)

    play(scenario, house)


def test_a_conversation_that_was_cancelled_from_outside_leaves_nothing_behind(house: House) -> None:
    async def scenario() -> None:
        async def chat() -> None:
            async with talking(house) as talk:
                await talk.conversation.say("count")
                await asyncio.sleep(PATIENCE_S)

        for after_s in (0.0, 0.005, 0.05):
            chatting = asyncio.create_task(chat())
            await asyncio.sleep(after_s)
            chatting.cancel()
            await asyncio.gather(chatting, return_exceptions=True)

    play(scenario, house)


def test_a_conversation_can_be_left_after_its_assistant_was_closed(tokenizer: PreTrainedTokenizerBase) -> None:
    prompts = prompts_of("demo")
    runner = ScriptedRunner(tokenizer, prompts, ENDLESS, kv_tokens=8192)
    engine = Engine(runner, tokenizer, prompts, EngineSettings(1000))  # type: ignore[arg-type]

    async def scenario() -> None:
        thread = EngineThread(engine)
        thread.start()
        with ThreadPoolExecutor(2) as executor:
            house = House(engine, thread, executor)
            async with talking(house) as talk:
                await talk.conversation.say("count")
                await talk.until(is_a(AnswerDelta))
                await asyncio.to_thread(thread.stop)
                await talk.conversation.say("more")
                await talk.until(is_a(Fault, code="engine_failed"))
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scenario())
