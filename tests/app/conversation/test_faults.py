"""What fails is told in one line, and costs as little as it can."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pytest import LogCaptureFixture
from transformers import PreTrainedTokenizerBase

from app.conversation.conversation import OUT_OF_ROOM
from app.conversation.events import (
    AnswerDelta,
    AudioDelta,
    AudioDone,
    Fault,
    Mind,
    PassedOver,
    StateChanged,
    ThoughtDelta,
    TurnDone,
    UserTurn,
)
from app.conversation.turn_state import REOPEN_S
from engine.engine import Engine
from engine.errors import ContextFull, EngineFull
from tests.app.conversation.talks import ANSWER, SOUND, House, is_a, opened_house, play, talking
from tests.app.voices import PATIENCE_S, utterance
from tests.engine.talk import prompts_of


def test_a_message_that_is_too_long_is_a_fault_and_the_conversation_lives(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as talk:
            await talk.conversation.say("very " * 2000)
            await talk.until(is_a(TurnDone, turn=1))
            await talk.conversation.say("add")
            await talk.until(is_a(TurnDone, turn=2))
        (fault,) = talk.of(Fault)
        assert fault.code == "input_too_long"
        assert fault.message.endswith("tokens long, but only 500 can be taken; say it shorter")
        assert talk.of(TurnDone)[0].interrupted and talk.of(TurnDone)[1].answer == ANSWER

    play(scenario, house)


def test_a_too_long_message_does_not_stop_the_turn_that_came_after_it(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as talk:
            await talk.conversation.say("very " * 2000)
            await talk.conversation.stop()
            await talk.conversation.say("add")
            await talk.until(is_a(TurnDone, turn=2))
        assert talk.of(TurnDone)[1].answer == ANSWER and not talk.of(Fault)

    play(scenario, house)


def test_a_failing_engine_is_a_fault_and_ends_the_conversation_but_not_the_next(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("count")
            await talk.until(is_a(AudioDelta))
            house.thread.call(lambda engine: fail_next_step(engine, MemoryError("the card is full")))
            await talk.until(is_a(Fault))
            async with asyncio.timeout(PATIENCE_S):
                while not talk.over:
                    await asyncio.sleep(0.001)
            assert await asyncio.to_thread(lambda: house.used_tokens) == 0
            await talk.conversation.say("add")
            await talk.conversation.hear(SOUND)
            await talk.conversation.stop()
            talk.conversation.played(1, 10)
        assert [(event.code, event.message) for event in talk.of(Fault)] == [
            ("engine_failed", "the engine failed (MemoryError: the card is full)")
        ]
        assert isinstance(talk.events[-1], Fault) and talk.of(TurnDone)[0].interrupted
        async with talking(house, voice=False) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(TurnDone))
        assert talk.of(TurnDone)[0].answer == ANSWER

    play(scenario, house)


def fail_next_step(engine: Engine, error: Exception) -> None:
    """Whatever is run in the next step fails, and when it is tried again."""
    runner = engine.runner
    run = runner.run
    failures = iter([error, error])

    def fail(feeds: Any) -> Any:
        for failure in failures:
            raise failure
        runner.run = run  # type: ignore[method-assign]
        return run(feeds)

    runner.run = fail  # type: ignore[method-assign]


def test_a_failing_engine_reaches_also_those_who_were_only_listening(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as quiet, talking(house, voice=False) as busy:
            await busy.conversation.say("count")
            await busy.until(is_a(AnswerDelta))

            def break_down() -> Any:
                house.engine.step = original  # type: ignore[method-assign]
                raise MemoryError("gone")

            original = house.engine.step
            house.thread.call(lambda engine: setattr(engine, "step", break_down))
            for talk in (quiet, busy):
                await talk.until(is_a(Fault, code="engine_failed"))

    play(scenario, house)


def test_a_failing_voice_is_a_fault_and_the_turn_ends_with_what_was_heard(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, fails_at="carry,") as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            talk.conversation.played(1, talk.sound_samples, done=True)
            await talk.until(is_a(TurnDone))
        assert [(event.code, event.message) for event in talk.of(Fault)] == [("speech_failed", "the voice is gone")]
        done = talk.of(TurnDone)[0]
        assert (done.answer, done.heard, done.interrupted) == (ANSWER, "First we add. Then", False)

    play(scenario, house)


def test_a_failing_recogniser_loses_the_utterance_and_not_the_conversation(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            assert talk.listener is not None
            talk.listener.script.extend([utterance("lost")[0], OSError("no more memory")])
            await talk.conversation.hear(SOUND)
            await talk.conversation.hear(SOUND)
            assert talk.listener.resets == 1
            talk.clock.wait(3 * REOPEN_S)  # so late, it goes on with nothing
            await talk.speak("add")
            await talk.finish()
        (fault,) = talk.of(Fault)
        assert fault.code == "hearing_failed"
        assert "(no more memory)" in fault.message and fault.message.endswith("please say it again")
        assert len(talk.of(PassedOver)) == 1
        assert [event.mind for event in talk.of(StateChanged)][:3] == [Mind.LISTENING, Mind.IDLE, Mind.LISTENING]

    play(scenario, house)


def test_of_half_a_sentence_that_was_lost_nothing_is_answered_or_remembered(live_house: House) -> None:
    """The engine had begun to think about it; the rest of it comes when the recogniser hears again."""

    async def scenario() -> None:
        async with talking(live_house) as talk:
            assert talk.listener is not None
            talk.listener.script.extend([*utterance("", "add this")[:3], OSError("the recogniser died")])
            for _ in range(3):
                await talk.conversation.hear(SOUND)
            await talk.until(is_a(ThoughtDelta, turn=1))
            await talk.conversation.hear(SOUND)
            await talk.until(is_a(Fault, code="hearing_failed"))
            await talk.speak("and the rest", "and the")
            await talk.until(is_a(PassedOver), count=2)
            assert [event.withdrawn for event in talk.of(TurnDone)] == [True] and not talk.of(UserTurn)
            talk.clock.wait(REOPEN_S)
            await talk.speak("add")
            await talk.finish(epoch=3)
            remembered = await asyncio.to_thread(live_house.history)
        assert [event.text for event in talk.of(UserTurn)] == ["add"]
        assert remembered.count("user") == 1 and "this" not in remembered

    play(scenario, live_house)


def test_an_engine_that_fails_in_a_command_nobody_waits_for_is_told(house: House, caplog: LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as talk:
            await talk.conversation.say("count")
            await talk.until(is_a(AnswerDelta))
            house.thread.call(lambda engine: break_interrupt(engine))
            await talk.conversation.stop()
            await talk.until(is_a(Fault))
            while not talk.over:
                await asyncio.sleep(0.001)
        assert [(event.code, event.message) for event in talk.of(Fault)] == [("engine_failed", "nothing is cut")]

    def break_interrupt(engine: Engine) -> None:
        (conversation,) = engine.conversations

        def fail(*_: Any) -> None:
            raise RuntimeError("nothing is cut")

        conversation.interrupt = fail  # type: ignore[method-assign]

    play(scenario, house)
    assert "a command to the engine failed" in caplog.text


@pytest.mark.parametrize("error", [ContextFull(900, 500), EngineFull(8000, 500, 8192)])
def test_a_conversation_that_outgrew_its_room_says_so_in_words_a_user_knows(house: House, error: Exception) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as talk:
            await talk.conversation.say("count")
            await talk.until(is_a(AnswerDelta))
            house.thread.call(lambda engine: fail_next_step(engine, error))
            await talk.until(is_a(Fault))
        assert [(event.code, event.message) for event in talk.of(Fault)] == [("out_of_room", OUT_OF_ROOM)]

    play(scenario, house)


@pytest.fixture
def terse_house(tokenizer: PreTrainedTokenizerBase) -> Iterator[House]:
    """One whose model may not answer at length."""
    yield from opened_house(tokenizer, prompts_of("demo", turns=5), answer_tokens=30)


def test_an_answer_that_has_no_more_room_says_that_it_broke_off(terse_house: House) -> None:
    async def scenario() -> None:
        async with talking(terse_house, voice=False) as talk:
            await talk.conversation.say("tell")
            await talk.until(is_a(TurnDone))
            await talk.conversation.say("brief")
            await talk.until(is_a(TurnDone, turn=2))
        assert [(event.broke_off, event.interrupted) for event in talk.of(TurnDone)] == [(True, False), (False, False)]

    play(scenario, terse_house)
