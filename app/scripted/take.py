"""One take: the whole script, once, in real time, in one conversation of one method; and the record of it.

The conversation is the page's (`Assistant.converse`); the microphone and the loudspeaker are virtual. Times are seconds
of the injected clock.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from app.conversation.events import ConversationEvent
from app.recorder import Recorder, Span
from app.scripted.course import Course
from app.scripted.microphone import CHUNK_MS, Microphone, Voiced
from app.scripted.script import After, Late, Script, Turn
from app.scripted.sound import Clip, TurnSound

if TYPE_CHECKING:
    from app.realtime.interfaces import Assistant, Conversation

QUIET_S = 3.0  # beyond the silence that ends a turn, without words: nothing was understood
SLOW_S = 60.0  # a recogniser that is still at work

NOT_UNDERSTOOD = "no words were understood"
LATE_S = 0.25  # of the hearing; more is told, because every delay that counts from speech holds it
NOTHING_TO_INTERRUPT = "the answer was over before it could be interrupted"


@dataclass(slots=True)
class Said:
    """What the user did in one turn of the script: when it began and ended, late additions included, by how much the
    hearing fell behind at most, and what went otherwise than planned.
    """

    begun_s: float
    ended_s: float
    late_s: float = 0.0
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Take:
    """The record. pcm: all that was played, 24 kHz mono s16le, gaps as silence; spans say when. said: by turn of the
    script, as far as it came.
    """

    method: str
    zero_s: float
    events: list[ConversationEvent]
    voiced: list[Voiced]
    spans: list[Span]
    pcm: bytearray
    said: list[Said] = field(default_factory=list)


async def perform(
    assistant: Assistant,
    method: str,
    script: Script,
    sounds: Sequence[TurnSound],
    silence_ms: int = 500,
    clock: Callable[[], float] = time.monotonic,
    on_turn: Callable[[int], None] = lambda _: None,
) -> Take:
    """Runs the script. silence_ms: what ends a spoken turn. Raises RunError for a fault of the conversation."""
    conversation = assistant.converse(method=method, voice=True)
    course = Course()
    microphone = Microphone(conversation.hear, clock)
    speaker = Recorder(conversation.played, clock)
    take = Take(method, clock(), course.events, microphone.voiced, speaker.spans, speaker.pcm)
    async with conversation:
        behind = [
            asyncio.create_task(work)
            for work in (_follow(conversation, speaker, course), _tick(speaker), microphone.run())
        ]
        for task in behind:
            task.add_done_callback(lambda ended: _tell_failure(ended, course))
        try:
            await _Performance(conversation, course, microphone, take, silence_ms / 1000, clock).run(
                script, sounds, on_turn
            )
        finally:
            for task in behind:
                task.cancel()
            await asyncio.gather(*behind, return_exceptions=True)
    return take


class _Performance:
    """The user of one take, who waits and speaks as the script says."""

    def __init__(
        self,
        conversation: Conversation,
        course: Course,
        microphone: Microphone,
        take: Take,
        silence_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._conversation, self._course, self._microphone, self._take = conversation, course, microphone, take
        self._silence_s, self._clock = silence_s, clock

    async def run(self, script: Script, sounds: Sequence[TurnSound], on_turn: Callable[[int], None]) -> None:
        for number, (turn, sound) in enumerate(zip(script.turn, sounds, strict=True), 1):
            following = script.turn[number] if number < len(script.turn) else None
            on_turn(number)
            await self._begin(turn, sound, script)
            for late, clip in zip(turn.late, sound.late, strict=True):
                await self._add(late, clip, script.timeout_s)
            if following is None or following.interrupt_at_ms is None:
                await self._hear_out(script.timeout_s)
            else:
                await self._listen_until_interrupting(following.interrupt_at_ms, script.timeout_s)
            self._note_lag()

    async def _begin(self, turn: Turn, sound: TurnSound, script: Script) -> None:
        if turn.interrupt_at_ms is None:
            await asyncio.sleep((script.pause_ms if turn.pause_ms is None else turn.pause_ms) / 1000)
        notes = []
        if turn.interrupt_at_ms is not None and not self._course.open_turns:
            notes.append(NOTHING_TO_INTERRUPT)
        begun_s, ended_s = await self._put(turn.type, sound.clip)
        self._take.said.append(Said(begun_s, ended_s, notes=notes))

    async def _put(self, typed: str | None, clip: Clip | None) -> tuple[float, float]:
        """Say or type it; returns when it begins and ends."""
        if clip is not None:
            voiced = self._microphone.speak(clip)
            return voiced.start_s, voiced.end_s
        assert typed is not None
        at_s = self._clock()
        await self._conversation.say(typed)
        return at_s, at_s

    async def _add(self, late: Late, clip: Clip | None, timeout_s: float) -> None:
        """A late addition, if the moment it waits for comes."""
        said, course = self._said, self._course
        moment: float | None
        match late.after:
            case After.END_OF_SPEECH:
                moment = said.ended_s
            case After.FIRST_ANSWER:
                moment = await self._moment(lambda: course.first_answer_s, timeout_s)
            case After.FIRST_SOUND:
                moment = await self._moment(lambda: course.first_sound_s, timeout_s)
            case _:
                assert_never(late.after)
        if moment is None:
            said.notes.append(f"a late addition was left out: its {late.after.value} did not come")
            return
        await self._sleep_until(moment + late.at_ms / 1000)
        _, said.ended_s = await self._put(late.type, clip)

    async def _moment(self, when: Callable[[], float | None], timeout_s: float) -> float | None:
        """When something of the answer to all that was said came; None if there is no such thing."""
        if not await self._understood():
            return None
        await self._course.until(lambda: when() is not None or not self._course.open_turns, timeout_s)
        return when()

    async def _listen_until_interrupting(self, at_ms: int, timeout_s: float) -> None:
        """Until so long after the answer's first sound."""
        first_sound_s = await self._moment(lambda: self._course.first_sound_s, timeout_s)
        if first_sound_s is not None:
            await self._sleep_until(first_sound_s + at_ms / 1000)

    async def _hear_out(self, timeout_s: float) -> None:
        """Until the answer was played to its end, or will not be."""
        course = self._course
        if await self._understood() and not await course.until(lambda: not course.open_turns, timeout_s):
            self._said.notes.append(f"the answer was stopped after {timeout_s} s")
            await self._conversation.stop()
            await course.until(lambda: not course.open_turns, timeout_s)

    async def _understood(self) -> bool:
        """Waits until all that was said so far has begun a turn; False if it does not."""
        said, course = self._said, self._course
        patience_s = said.ended_s - self._clock() + self._silence_s + QUIET_S

        def heard() -> bool:
            return course.heard_s >= said.ended_s

        if await course.until(heard, patience_s) or (course.hearing_voice and await course.until(heard, SLOW_S)):
            return True
        if NOT_UNDERSTOOD not in said.notes:
            said.notes.append(NOT_UNDERSTOOD)
        return False

    def _note_lag(self) -> None:
        """Tells it when the machine could not hear as fast as was spoken."""
        self._said.late_s, self._microphone.behind_s = self._microphone.behind_s, 0.0
        if self._said.late_s > LATE_S:
            self._said.notes.append(f"hearing {self._said.late_s:.1f} s late: a busy or slow machine")

    async def _sleep_until(self, at_s: float) -> None:
        await asyncio.sleep(max(0.0, at_s - self._clock()))

    @property
    def _said(self) -> Said:
        return self._take.said[-1]


async def _follow(conversation: Conversation, speaker: Recorder, course: Course) -> None:
    async for event in conversation.events():
        speaker.take(event)
        course.take(event)


async def _tick(speaker: Recorder) -> None:
    while True:
        await asyncio.sleep(CHUNK_MS / 1000)
        speaker.tick()


def _tell_failure(ended: asyncio.Task[None], course: Course) -> None:
    if not ended.cancelled() and (error := ended.exception()) is not None:
        course.fail(error if isinstance(error, Exception) else RuntimeError(str(error)))
