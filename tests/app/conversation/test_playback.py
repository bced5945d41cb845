"""What a client tells of its playback counts; of one that tells nothing, time tells."""

from __future__ import annotations

import asyncio

from app.conversation.events import (
    AnswerDone,
    AudioDelta,
    AudioDone,
    Flush,
    Mouth,
    StateChanged,
    TurnDone,
)
from tests.app.conversation.talks import ANSWER, House, is_a, play, talking
from tests.app.voices import WORD_SAMPLES


def test_a_client_that_never_reports_playback_is_taken_to_play_in_real_time(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            begun_s = talk.of(AudioDelta)[0].at_s
            await talk.until(is_a(TurnDone))
            lasted_s = talk.of(TurnDone)[0].at_s - begun_s
        assert lasted_s >= len(ANSWER.split()) * 0.1 + 0.9
        assert (talk.of(TurnDone)[0].heard, talk.of(TurnDone)[0].interrupted) == (ANSWER, False)

    play(scenario, house)


def test_of_an_answer_whose_playback_is_not_reported_time_tells_what_was_heard(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            await asyncio.sleep(0.35)
            await talk.conversation.stop()
        heard = talk.of(TurnDone)[0].heard
        words = (talk.of(Flush)[0].at_s - talk.of(AudioDelta)[0].at_s) * 24_000 / WORD_SAMPLES
        assert words > 3 and ANSWER.startswith(heard)
        assert abs(len(heard.split()) - min(words, len(ANSWER.split()))) <= 1

    play(scenario, house)


def test_a_turn_that_is_over_does_not_end_the_next_one(house: House) -> None:
    """Somebody still waits for the first turn's sound to have been played when the second one is spoken."""

    async def scenario() -> None:
        async with talking(house, held=["carry,"]) as talk:
            await talk.conversation.say("brief")
            await talk.finish()
            await talk.conversation.say("add")
            await talk.until(is_a(AnswerDone, turn=2))
            await asyncio.sleep(1.3)  # the first turn's sound and grace are over
            assert len(talk.of(TurnDone)) == 1
            assert talk.of(StateChanged)[-1].mouth is Mouth.SPEAKING

    play(scenario, house)


def test_a_client_cannot_end_a_turn_before_its_sound_is_made(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, held=["carry,"]) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AnswerDone))
            await talk.until(is_a(AudioDelta), count=4)
            talk.conversation.played(1, 10**9, done=True)
            talk.conversation.played(7, 10**9, done=True)
            await asyncio.sleep(0.02)
            assert not talk.of(TurnDone)
            assert talk.synthesizer is not None
            talk.synthesizer.go_on()
            await talk.until(is_a(AudioDone))
            talk.conversation.played(1, talk.sound_samples)  # all of it: `done` goes without saying
            await talk.until(is_a(TurnDone))
        assert "".join(event.text for event in talk.of(AudioDelta)) == ANSWER

    play(scenario, house)
