"""Whoever speaks, types or presses stop over the assistant: silence first, and only what was heard is remembered."""

from __future__ import annotations

import asyncio

import pytest

from app.conversation.events import (
    AnswerDelta,
    AnswerDone,
    AudioDelta,
    AudioDone,
    Fault,
    Flush,
    Hush,
    Mind,
    Mouth,
    PassedOver,
    StateChanged,
    ThoughtDelta,
    TurnDone,
    TurnOpened,
    Unhush,
    UserTurn,
)
from app.conversation.turn_state import REOPEN_S
from tests.app.conversation.talks import ANSWER, SOUND, House, assert_cut_cleanly, is_a, play, talking
from tests.app.voices import WORD_SAMPLES, utterance


def test_the_users_voice_silences_the_answer_and_cuts_it_to_what_was_heard(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, held=["four."]) as talk:
            await talk.conversation.say("count")
            await talk.until(is_a(AudioDelta), count=3)
            talk.conversation.played(1, 2 * WORD_SAMPLES + 100)
            assert talk.listener is not None
            talk.listener.script.extend(utterance("add", "add now"))
            await talk.conversation.hear(SOUND)
            assert not talk.of(Hush, Flush), "it may be a click"
            await talk.conversation.hear(SOUND)
            await talk.until(is_a(Hush, turn=1, epoch=1))
            assert talk.of(StateChanged)[-1].mouth is Mouth.INTERRUPTED and not talk.of(Flush), "it may be a cough"
            await talk.conversation.hear(SOUND)
            await talk.until(is_a(TurnOpened, turn=2))
            assert_cut_cleanly(talk, turn=1, epoch=1)
            assert talk.of(StateChanged)[-1].mind is Mind.LISTENING
            assert talk.synthesizer is not None and all(s.cancelled.is_set() for s in talk.synthesizer.streams[-1:])
            talk.synthesizer.go_on()
            await talk.conversation.hear(SOUND)
            await talk.until(is_a(AudioDone))
            talk.conversation.played(1, 99 * WORD_SAMPLES)  # of the old epoch: of no interest
            talk.conversation.played(3, 99 * WORD_SAMPLES, done=True)
            await talk.until(is_a(TurnDone, turn=2))
            remembered = await asyncio.to_thread(house.history)
        assert_cut_cleanly(talk, turn=1, epoch=1)
        first, second = talk.of(TurnDone)
        assert first.heard == "One two" and first.interrupted
        assert second.heard == ANSWER and not second.interrupted
        assert {event.epoch for event in talk.of(AudioDelta) if event.turn == 2} == {3}
        assert "assistant\nOne two<|im_end|>" in remembered and f"assistant\n{ANSWER}<|im_end|>" in remembered

    play(scenario, house)


def test_an_answer_that_was_written_long_ago_is_also_cut_to_what_was_heard(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            assert talk.of(AnswerDone)
            talk.conversation.played(1, 4 * WORD_SAMPLES + 1)
            await talk.conversation.stop()
            remembered = await asyncio.to_thread(house.history)
        assert talk.of(TurnDone)[0].heard == "First we add. Then"
        assert remembered.endswith("assistant\nFirst we add. Then<|im_end|>\n")
        assert_cut_cleanly(talk, turn=1, epoch=1)

    play(scenario, house)


def test_the_last_position_of_a_flushed_speaker_counts_even_if_it_comes_late(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            talk.conversation.played(1, WORD_SAMPLES + 1)
            await talk.conversation.stop()
            talk.conversation.played(1, 4 * WORD_SAMPLES + 1, done=True)
            talk.conversation.played(1, 2 * WORD_SAMPLES + 1, done=True)
            remembered = await asyncio.to_thread(house.history)
        assert talk.of(TurnDone)[0].heard == "First"
        assert remembered.endswith("assistant\nFirst we add. Then<|im_end|>\n")

    play(scenario, house)


def test_stop_silences_and_the_conversation_goes_on_when_asked(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.stop()
            await talk.conversation.say("count")
            await talk.until(is_a(AudioDelta))
            await talk.conversation.stop()
            await talk.conversation.stop()
            await asyncio.sleep(0.02)
            assert_cut_cleanly(talk, turn=1, epoch=1)
            count = len(talk.events)
            await asyncio.sleep(0.05)
            assert len(talk.events) == count, "after a stop nothing happens"
            await talk.conversation.say("add")
            await talk.finish(epoch=3)
        assert [event.interrupted for event in talk.of(TurnDone)] == [True, False]

    play(scenario, house)


def test_typing_while_it_speaks_interrupts_and_begins_the_next_turn(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("count")
            await talk.until(is_a(AudioDelta))
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone, epoch=3))
            cut = assert_cut_cleanly(talk, turn=1, epoch=1)
            assert [type(event) for event in talk.events[cut : cut + 4]] == [Flush, TurnDone, UserTurn, StateChanged]
            talk.conversation.played(3, talk.sound_samples, done=True)
            await talk.until(is_a(TurnDone, turn=2))
        assert talk.of(TurnDone)[1].heard == ANSWER

    play(scenario, house)


def test_messages_typed_in_one_breath_are_one_question(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as talk:
            for text in ("count", "no", "or add"):
                await talk.conversation.say(text)
            await talk.until(is_a(TurnDone, turn=3))
            remembered = await asyncio.to_thread(house.history)
        assert [event.text for event in talk.of(UserTurn)] == ["count", "count\nno", "count\nno\nor add"]
        assert [(event.withdrawn, event.stands) for event in talk.of(TurnDone)] == [(True, True)] * 2 + [(False, False)]
        assert talk.of(TurnDone)[-1].answer == ANSWER and remembered.count("user") == 1
        assert not talk.of(Fault)

    play(scenario, house)


def test_what_is_typed_while_it_only_thinks_joins_the_question(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, method="think") as talk:
            await talk.conversation.say("count")
            await talk.until(is_a(ThoughtDelta), count=3)
            await talk.conversation.say("and add")
            await talk.finish(epoch=3)
            remembered = await asyncio.to_thread(house.history)
        assert not [event for event in talk.of(AnswerDelta) if event.turn == 1]
        assert [event.text for event in talk.of(UserTurn)] == ["count", "count\nand add"]
        assert remembered.count("user") == 1 and "count\nand add" in remembered

    play(scenario, house)


@pytest.mark.parametrize("right_after", [False, True])
def test_who_says_stop_gets_silence_and_no_answer_to_it(house: House, right_after: bool) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.speak("count")
            if not right_after:
                await talk.until(is_a(AudioDelta))
                talk.conversation.played(1, WORD_SAMPLES)
                talk.clock.wait(REOPEN_S)
            await talk.speak("stop!", "stop")
            await talk.until(is_a(TurnDone))
            await talk.until(is_a(PassedOver))
            remembered = await asyncio.to_thread(house.history)
        assert [event.text for event in talk.of(UserTurn)] == ["count"]
        (done,) = talk.of(TurnDone)
        assert done.interrupted and not done.withdrawn and remembered.count("user") == 1
        assert talk.of(StateChanged)[-1].mind is Mind.IDLE

    play(scenario, house)


@pytest.mark.parametrize("said", ["", "mhm", "okay"])
def test_after_a_cough_or_an_mhm_the_speech_goes_on_where_it_was(house: House, said: str) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            talk.conversation.played(1, WORD_SAMPLES)
            await talk.speak(said)
            await talk.until(is_a(Unhush, turn=1, epoch=1))
            assert talk.of(StateChanged)[-1].mouth is Mouth.SPEAKING
            talk.conversation.played(1, talk.sound_samples, done=True)
            await talk.until(is_a(TurnDone))
        assert len(talk.of(Hush)) == len(talk.of(Unhush)) == len(talk.of(UserTurn)) == 1
        assert not talk.of(Flush)
        assert (talk.of(TurnDone)[0].heard, talk.of(TurnDone)[0].interrupted) == (ANSWER, False)

    play(scenario, house)


def test_a_short_sound_does_not_even_hold_the_speech(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDelta))
            await talk.speak("", long=False)
            await talk.finish()
        assert not talk.of(Hush, Unhush, Flush)

    play(scenario, house)


def test_sound_that_is_held_does_not_count_as_heard(house: House) -> None:
    """Of a client that does not report its position, time tells: not while its sound is held."""

    async def scenario() -> None:
        async with talking(house) as talk:
            assert talk.listener is not None
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            talk.listener.script.extend(utterance("")[:2])
            await talk.conversation.hear(SOUND)
            await talk.conversation.hear(SOUND)
            await asyncio.sleep(1.5)
            assert not talk.of(TurnDone), "the sound lasts for a second"
            await talk.conversation.stop()
        (done,) = talk.of(TurnDone)
        assert done.interrupted and ANSWER.startswith(done.heard) and len(done.heard) < len(ANSWER) / 2

    play(scenario, house)


def test_a_voice_that_says_no_words_does_not_hold_the_speech_for_ever(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.conversation.turn_driver.LONGEST_HELD_S", 0.05)

    async def scenario() -> None:
        async with talking(house) as talk:
            assert talk.listener is not None
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            talk.listener.script.extend(utterance("")[:2])
            await talk.conversation.hear(SOUND)
            await talk.conversation.hear(SOUND)
            await talk.until(is_a(Unhush, turn=1, epoch=1))
            await talk.finish()
        assert talk.of(TurnDone)[0].heard == ANSWER

    play(scenario, house)


@pytest.mark.parametrize("method", ["async", "think", "no-think"])
def test_it_can_be_interrupted_at_any_moment(house: House, method: str) -> None:
    """From before the first step until well into the answer; every turn ends once, the last is answered."""

    async def scenario() -> None:
        async with talking(house, method=method) as talk:
            for turn in range(1, 25):
                await talk.conversation.say("count")
                await asyncio.sleep(0.0007 * turn)
                if turn % 3:
                    await talk.conversation.stop()
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            talk.conversation.played(talk.of(AudioDone)[0].epoch, talk.sound_samples, done=True)
            await talk.until(is_a(TurnDone, turn=25))
        assert [event.turn for event in talk.of(TurnDone)] == list(range(1, 26))
        assert [event.interrupted for event in talk.of(TurnDone)] == [True] * 24 + [False]
        for flush in talk.of(Flush):
            assert_cut_cleanly(talk, flush.turn, flush.epoch)

    play(scenario, house)
