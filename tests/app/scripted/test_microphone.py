"""The virtual microphone, on a clock that only its own sleeping moves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest

from app.scripted.microphone import CHUNK_SAMPLES, Microphone
from app.scripted.sound import joined
from tests.app.scripted.quick import tone


@dataclass
class Room:
    """A clock, and an ear that takes `hearing_s` for every chunk and closes after some."""

    chunks: int
    hearing_s: float = 0.0
    now_s: float = 100.0
    heard: list[np.ndarray] = field(default_factory=list)
    at_s: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    async def hear(self, pcm: np.ndarray) -> None:
        if len(self.heard) == self.chunks:
            raise asyncio.CancelledError
        self.at_s.append(round(self.now_s, 6))
        self.heard.append(pcm)
        self.now_s += self.hearing_s

    def run(self, microphone: Microphone) -> np.ndarray:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(microphone.run())
        return np.concatenate(self.heard)


def test_chunks_are_handed_over_when_they_are_complete() -> None:
    room = Room(3)
    room.run(Microphone(room.hear, room.clock, room.sleep))
    assert room.at_s == [100.02, 100.04, 100.06]
    assert [len(chunk) for chunk in room.heard] == [CHUNK_SAMPLES] * 3


def test_a_clip_is_said_from_now_on_and_where_it_is_said_is_where_it_is_heard() -> None:
    room = Room(20)
    microphone = Microphone(room.hear, room.clock, room.sleep)
    room.now_s += 0.05
    said = microphone.speak(tone(0.1, quiet_s=0.03))
    sound = room.run(microphone)
    loud = np.flatnonzero(sound)
    assert said.start_s == pytest.approx(100.0 + loud[0] / 16_000)
    assert said.end_s == pytest.approx(100.0 + (loud[-1] + 1) / 16_000)
    assert said.start_s >= 100.08
    assert microphone.voiced == [said]


def test_two_clips_are_said_one_after_the_other() -> None:
    room = Room(20)
    microphone = Microphone(room.hear, room.clock, room.sleep)
    first, second = microphone.speak(tone(0.1)), microphone.speak(tone(0.05))
    sound = room.run(microphone)
    assert second.start_s == pytest.approx(first.end_s)
    assert np.count_nonzero(sound) == 1600 + 800


def test_a_slow_ear_does_not_move_what_was_said() -> None:
    room = Room(10, hearing_s=0.05)
    microphone = Microphone(room.hear, room.clock, room.sleep)
    said = microphone.speak(tone(0.1))
    room.run(microphone)
    assert (said.start_s, said.end_s) == (100.0, pytest.approx(100.1))
    assert microphone.behind_s == pytest.approx(10 * 0.05 - 9 * 0.02)


def test_pauses_within_a_clip_separate_what_is_voiced() -> None:
    piece = np.full(160, 9000, np.int16)
    clip = joined([(0, piece), (500, piece)])
    assert clip.voiced == ((0, 160), (8160, 8320))
    assert clip.duration_s == pytest.approx(0.52)
