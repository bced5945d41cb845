"""What is heard is dated by when its sound came, however late the recogniser is; and only the user's own end is one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence

import numpy as np

from app.conversation import happenings
from app.conversation.events import ConversationEvent
from app.conversation.happenings import Happening, HearingFailed, VoiceStarted, WordsSpoken
from app.conversation.listening import Listening, Reports
from audio.events import FinalTranscript, ListenEvent, SpeechEnded, SpeechStarted
from tests.app.voices import PATIENCE_S, FakeListener

SOUND = np.zeros(320, np.int16)
BEGUN = [SpeechStarted(16_000)]  # a second before all sound so far
ENDED = [SpeechEnded(20_000, 24_000), FinalTranscript("two", 20_000, 24_000, voiced_ms=900, level_db=30)]


class LateListener(FakeListener):
    """Takes nothing in before it may."""

    def __init__(self, *script: Sequence[ListenEvent] | Exception, at_sample: int = 32_000) -> None:
        super().__init__(at_sample=at_sample)
        self.script.extend(script)
        self.going = threading.Event()

    def push(self, pcm: np.ndarray) -> list[ListenEvent]:
        assert self.going.wait(PATIENCE_S)
        return super().push(pcm)

    def finish(self) -> list[ListenEvent]:
        return self.push(SOUND)


def heard(
    listener: LateListener, scenario: Callable[[Listening, list[float]], Sequence[Awaitable[None]]]
) -> list[Happening]:
    """What happened once everything was taken in. The scenario may put the clock, a list of one time, forward."""
    happened: list[Happening] = []
    told: list[ConversationEvent] = []

    async def main() -> None:
        now_s = [0.0]
        reports = Reports(told.append, happened.append, lambda *_: None, str)
        listening = Listening(listener, lambda: now_s[0], reports)  # type: ignore[arg-type]
        waiting = [asyncio.ensure_future(one) for one in scenario(listening, now_s)]
        await asyncio.sleep(0)
        now_s[0] = 100.0
        listener.going.set()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*waiting)
            await listening.close()

    asyncio.run(main())
    return happened


def test_a_voice_is_dated_by_when_its_sound_came_and_not_by_when_it_was_recognised() -> None:
    def scenario(listening: Listening, _: list[float]) -> list[Awaitable[None]]:
        return [listening.hear(SOUND, came_s=10.0), listening.hear(SOUND, came_s=11.0)]

    assert heard(LateListener(BEGUN, ENDED), scenario) == [
        VoiceStarted(9.0),
        WordsSpoken("two", is_reply=False, at_s=11.0),
    ]


def test_sound_whose_time_is_not_told_came_when_it_was_handed_over() -> None:
    def scenario(listening: Listening, now_s: list[float]) -> list[Awaitable[None]]:
        now_s[0] = 10.0
        return [listening.hear(SOUND)]

    assert heard(LateListener(BEGUN), scenario) == [VoiceStarted(9.0)]


def test_what_ended_by_itself_before_the_button_was_let_go_did_not_end_by_hand() -> None:
    """The sound that ends the utterance still waits for the recogniser when the user lets go of the button."""

    def scenario(listening: Listening, _: list[float]) -> list[Awaitable[None]]:
        return [listening.hear(SOUND, came_s=10.0), listening.hear(SOUND, came_s=11.0), listening.commit(came_s=12.0)]

    by_itself, by_hand = (
        event for event in heard(LateListener(ENDED, BEGUN, ENDED), scenario) if isinstance(event, WordsSpoken)
    )
    assert (by_itself.at_s, by_hand.at_s) == (10.0, None)


def test_sound_that_comes_after_the_button_was_let_go_ends_by_itself() -> None:
    def scenario(listening: Listening, _: list[float]) -> list[Awaitable[None]]:
        return [listening.commit(came_s=10.0), listening.hear(SOUND, came_s=11.0)]

    by_hand, by_itself = (
        event for event in heard(LateListener(ENDED, ENDED), scenario) if isinstance(event, WordsSpoken)
    )
    assert (by_hand.at_s, by_itself.at_s) == (None, 11.0)


def test_a_failure_is_dated_by_the_sound_in_which_it_happened() -> None:
    def scenario(listening: Listening, _: list[float]) -> list[Awaitable[None]]:
        return [listening.hear(SOUND, came_s=10.0)]

    assert heard(LateListener(OSError("gone")), scenario) == [HearingFailed(10.0)]


def test_stop_words_are_told_apart_in_the_conversations_language() -> None:
    stop = [FinalTranscript("Stop!", 20_000, 24_000, voiced_ms=400, level_db=30)]
    more = [FinalTranscript("stop signs", 20_000, 24_000, voiced_ms=700, level_db=30)]

    def scenario(listening: Listening, _: list[float]) -> list[Awaitable[None]]:
        return [listening.hear(SOUND), listening.hear(SOUND)]

    first, second = heard(LateListener(stop, more), scenario)
    assert isinstance(first, happenings.WordsSpoken) and first.is_stop
    assert isinstance(second, happenings.WordsSpoken) and not second.is_stop
