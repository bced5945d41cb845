"""Words reach the engine while they are said; who goes on at once is heard as one."""

from __future__ import annotations

import asyncio

import pytest

from app.conversation.events import (
    AnswerDelta,
    AudioDelta,
    AudioDone,
    GateAsked,
    Mind,
    PartialTranscript,
    StateChanged,
    ThoughtDelta,
    TurnDone,
    TurnOpened,
    UserTurn,
)
from tests.app.conversation.talks import SOUND, House, is_a, play, talking
from tests.app.voices import utterance


def test_the_words_of_a_question_are_thought_about_while_others_are_said(live_house: House) -> None:
    async def scenario() -> None:
        async with talking(live_house) as talk:
            assert talk.listener is not None
            talk.listener.script.extend(utterance("add these please", "add", "add these"))
            for _ in range(4):
                await talk.conversation.hear(SOUND)
            await talk.until(is_a(ThoughtDelta, turn=1))
            assert not talk.of(UserTurn, AnswerDelta)
            await talk.conversation.hear(SOUND)
            await talk.finish()
        opened, turn = talk.events.index(talk.of(TurnOpened)[0]), talk.events.index(talk.of(UserTurn)[0])
        assert opened < talk.events.index(talk.of(ThoughtDelta)[0]) < turn
        assert all(talk.events.index(event) > turn for event in talk.of(AnswerDelta, AudioDelta, GateAsked))
        assert talk.of(StateChanged)[0].mind is Mind.LISTENING
        delays = talk.of(TurnDone)[0].latency
        assert delays["ttft"] == 0.0 < delays["ttfat"]
        steps = [event.step for event in talk.of(AnswerDelta)]
        assert 0 < delays["steps_to_first"] < steps[0], "counted from the end of the words"

    play(scenario, live_house)


@pytest.mark.parametrize("written", [False, True])
def test_who_goes_on_at_once_is_heard_as_one_and_nothing_else_is_remembered(live_house: House, written: bool) -> None:
    async def scenario() -> None:
        async with talking(live_house) as talk:
            await talk.speak("add?" if written else "count?")
            await talk.until(is_a(AudioDone if written else AudioDelta))
            await talk.speak("and more", "and more")
            await talk.until(is_a(AudioDone, turn=2))
            talk.conversation.played(talk.of(AudioDone)[-1].epoch, 10**9, done=True)
            await talk.until(is_a(TurnDone, turn=2))
            remembered = await asyncio.to_thread(live_house.history)
        first = "add" if written else "count"
        assert [event.text for event in talk.of(UserTurn)] == [f"{first}?", f"{first} and more"]
        assert [event.withdrawn for event in talk.of(TurnDone)] == [True, False]
        assert [event.text for event in talk.of(PartialTranscript)] == [f"{first} and more"]
        assert remembered.count("user") == 1 and f"{first} and more" in remembered

    play(scenario, live_house)


def test_a_text_conversation_has_no_ears(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as talk:
            await talk.conversation.hear(SOUND)
            await talk.conversation.commit()
            await asyncio.sleep(0.01)
        assert talk.events == []

    play(scenario, house)


def test_letting_go_of_the_talk_button_ends_the_utterance(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            assert talk.listener is not None
            talk.listener.script.extend(utterance("add"))
            await talk.conversation.hear(SOUND)
            await talk.conversation.commit()
            await talk.finish()
        assert talk.of(UserTurn)[0].text == "add"

    play(scenario, house)
