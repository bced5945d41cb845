"""Ordinary turns, typed and spoken: thoughts, answer, sound, history."""

from __future__ import annotations

import asyncio

import pytest

from app.conversation.engine_link import EngineLink
from app.conversation.events import (
    AnswerDelta,
    AnswerDone,
    AudioDelta,
    AudioDone,
    Flush,
    GateAsked,
    Mind,
    Mouth,
    PartialTranscript,
    SpeechEnded,
    SpeechStarted,
    StateChanged,
    ThoughtDelta,
    ThoughtsDone,
    TurnDone,
    UserTurn,
)
from app.conversation.turn_record import CHARACTERS_PER_S
from engine.engine import Engine
from engine.sampling import Sampling
from tests.app.conversation.talks import ANSWER, LONG, SHORT, House, is_a, play, talking
from tests.app.voices import PATIENCE_S, WORD_SAMPLES


def test_a_typed_question_is_thought_about_and_answered(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as talk:
            await talk.conversation.say(" add ")
            await talk.until(is_a(TurnDone))
        assert isinstance(talk.events[0], UserTurn) and (talk.events[0].text, talk.events[0].spoken) == ("add", False)
        assert "".join(event.text for event in talk.of(ThoughtDelta)) == SHORT.thoughts
        assert "".join(event.text for event in talk.of(AnswerDelta)) == ANSWER
        assert [event.text for event in talk.of(AnswerDone)] == [ANSWER]
        assert len(talk.of(ThoughtsDone)) == 1 and talk.of(GateAsked)
        assert isinstance(talk.events[-1], TurnDone)
        (done,) = talk.of(TurnDone)
        assert (done.turn, done.answer, done.heard, done.interrupted) == (1, ANSWER, ANSWER, False)
        assert {"ttft", "ttfat", "steps_to_first"} <= set(done.latency)
        assert [event.mind for event in talk.of(StateChanged)][:1] == [Mind.THINKING]
        assert [event.mind for event in talk.of(StateChanged)][-1:] == [Mind.IDLE]
        assert {event.mouth for event in talk.of(StateChanged)} == {Mouth.SILENT}

    play(scenario, house)


def test_a_typed_question_is_answered_aloud(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.finish()
        assert {event.epoch for event in talk.of(AudioDelta, AudioDone)} == {1}
        assert "".join(event.text for event in talk.of(AudioDelta)) == ANSWER
        assert talk.sound_samples == len(ANSWER.split()) * WORD_SAMPLES
        sound_ends = talk.events.index(talk.of(AudioDone)[0])
        assert all(talk.events.index(event) < sound_ends for event in talk.of(AudioDelta, AnswerDone))
        assert (talk.of(TurnDone)[0].heard, talk.of(TurnDone)[0].interrupted) == (ANSWER, False)
        assert (talk.of(StateChanged)[-1].mind, talk.of(StateChanged)[-1].mouth) == (Mind.IDLE, Mouth.SILENT)
        assert {"ttfa", "total_delay"} <= set(talk.of(TurnDone)[0].latency)
        assert house.left == 1 and talk.listener is not None and talk.listener.closed

    play(scenario, house)


def test_a_spoken_question_is_answered_aloud(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.speak("add", "a", "ad")
            await talk.finish()
        kinds = [type(event) for event in talk.events if not isinstance(event, StateChanged)]
        assert kinds[:5] == [SpeechStarted, PartialTranscript, PartialTranscript, SpeechEnded, UserTurn]
        assert talk.of(UserTurn)[0].spoken
        delays = talk.of(TurnDone)[0].latency
        assert delays["end_of_turn_delay"] == 500.0  # 8,000 samples of silence
        assert delays["e2e_latency"] > delays["transcription_delay"] >= 500.0
        assert talk.of(StateChanged)[0].mind is Mind.LISTENING

    play(scenario, house)


def test_every_turn_speaks_in_an_epoch_of_its_own(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.finish()
            await talk.conversation.say("and again")
            await talk.until(is_a(AudioDone, epoch=2))
            talk.conversation.played(2, talk.sound_samples // 2, done=True)
            await talk.until(is_a(TurnDone, turn=2))
        assert {(event.turn, event.epoch) for event in talk.of(AudioDelta)} == {(1, 1), (2, 2)}
        assert not talk.of(Flush)

    play(scenario, house)


def resting(engine: Engine) -> bool:
    return not engine.has_work and any(conversation.running for conversation in engine.conversations)


@pytest.mark.parametrize("method", ["async", "no-think"])
def test_a_writer_far_ahead_of_the_sound_pauses_until_it_was_heard(house: House, method: str) -> None:
    async def scenario() -> None:
        async with talking(house, method=method, most_ahead_s=2.0) as talk:
            await talk.conversation.say("tell")
            await talk.until(is_a(AudioDelta))
            talk.conversation.played(1, 0)
            while not await asyncio.to_thread(lambda: house.thread.call(resting).result(PATIENCE_S)):
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.3)
            written = "".join(event.text for event in talk.of(AnswerDelta))
            assert 2.0 * CHARACTERS_PER_S * 0.5 < len(written) < len(LONG.answer) / 2
            assert written.rstrip().endswith(".") and not talk.of(AnswerDone)
            while not talk.of(AnswerDone):
                talk.conversation.played(1, talk.sound_samples)
                await asyncio.sleep(0.01)
            await talk.finish()
            assert talk.of(AnswerDone)[0].text == LONG.answer.strip()

    play(scenario, house)


def test_a_voice_that_fails_holds_nobody_back(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, fails_at="three", most_ahead_s=0.5) as talk:
            await talk.conversation.say("tell")
            await talk.until(is_a(AnswerDone, text=LONG.answer.strip()))

    play(scenario, house)


def test_the_most_that_may_be_ahead_follows_from_the_patience(house: House) -> None:
    tokens = house.thread.call(lambda engine: engine.open("async", Sampling())).result(PATIENCE_S)
    link = EngineLink(house.thread, tokens)
    assert link.most_ahead_s() == 10.0
    link.set_patience(1.0)
    house.thread.call(lambda _: None).result(PATIENCE_S)
    assert link.most_ahead_s() == 5.0
    assert EngineLink(house.thread, tokens, ahead_s=2.0).most_ahead_s() == 2.0
    with pytest.raises(ValueError, match="patience must be from 0 to 1"):
        link.set_patience(1.5)


def test_the_history_holds_what_was_said(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as talk:
            for turn, text in enumerate(("add", "once more"), start=1):
                await talk.conversation.say(text)
                await talk.until(is_a(TurnDone, turn=turn))
            remembered = await asyncio.to_thread(house.history)
        assert remembered == "".join(
            f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n{ANSWER}<|im_end|>\n"
            for text in ("add", "once more")
        )

    play(scenario, house)
