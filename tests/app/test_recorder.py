"""The loudspeaker that writes down what it plays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.conversation.events import AudioDelta, AudioDone, Flush, Hush, Unhush
from app.recorder import Recorder
from audio.pcm import OUTPUT_RATE_HZ


class Loudspeaker:
    """A recorder with a clock that is set by hand and a list of the reported positions."""

    def __init__(self, paced: bool) -> None:
        self.now_s = 100.0
        self.positions: list[tuple[int, int, bool]] = []
        self.recorder = Recorder(self._report, (lambda: self.now_s) if paced else None)

    def _report(self, epoch: int, samples: int, done: bool = False) -> None:
        self.positions.append((epoch, samples, done))

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.recorder.tick()


def sound(samples: int, epoch: int = 1, value: int = 1) -> AudioDelta:
    return AudioDelta(0.0, 1, epoch, value.to_bytes(2, "little") * samples, "")


def test_unpaced_sound_is_played_when_it_arrives() -> None:
    speaker = Loudspeaker(paced=False)
    speaker.recorder.take(sound(100))
    speaker.recorder.take(sound(50))
    speaker.recorder.take(AudioDone(0.0, 1, 1))
    assert speaker.positions == [(1, 100, False), (1, 150, False), (1, 150, True)]
    assert len(speaker.recorder.pcm) == 300


def test_paced_sound_plays_at_the_speed_of_sound() -> None:
    speaker = Loudspeaker(paced=True)
    speaker.recorder.take(sound(OUTPUT_RATE_HZ))
    speaker.recorder.take(AudioDone(0.0, 1, 1))
    assert speaker.positions == []
    speaker.wait(0.25)
    assert speaker.positions == [(1, OUTPUT_RATE_HZ // 4, False)]
    speaker.wait(0.75)
    assert speaker.positions[1:] == [(1, OUTPUT_RATE_HZ, False), (1, OUTPUT_RATE_HZ, True)]


def test_flush_drops_what_was_not_played_yet_and_keeps_newer_sound() -> None:
    speaker = Loudspeaker(paced=True)
    speaker.recorder.take(sound(OUTPUT_RATE_HZ, epoch=1, value=1))
    speaker.wait(0.5)
    speaker.recorder.take(sound(10, epoch=2, value=2))
    speaker.recorder.take(Flush(0.0, 1, epoch=1))
    speaker.wait(0.5)
    assert speaker.recorder.pcm == b"\1\0" * (OUTPUT_RATE_HZ // 2) + b"\2\0" * 10


def test_held_sound_waits_and_goes_on_where_it_was() -> None:
    speaker = Loudspeaker(paced=True)
    speaker.recorder.take(sound(OUTPUT_RATE_HZ))
    speaker.wait(0.5)
    speaker.recorder.take(Hush(0.0, 1, epoch=1))
    speaker.wait(0.25)
    speaker.recorder.take(AudioDone(0.0, 1, 1))
    assert speaker.positions[-1] == (1, OUTPUT_RATE_HZ // 2, False)
    speaker.recorder.take(Unhush(0.0, 1, epoch=1))
    speaker.wait(0.5)
    assert speaker.positions[-1] == (1, OUTPUT_RATE_HZ, True)
    assert speaker.recorder.pcm == b"\1\0" * (OUTPUT_RATE_HZ // 2) + bytes(OUTPUT_RATE_HZ // 2) + (
        b"\1\0" * (OUTPUT_RATE_HZ // 2)
    )


@pytest.mark.parametrize("paced", [False, True])
def test_sound_of_a_newer_epoch_is_not_held(paced: bool) -> None:
    speaker = Loudspeaker(paced)
    speaker.recorder.take(Hush(0.0, 1, epoch=1))
    speaker.recorder.take(sound(100, epoch=1))
    speaker.recorder.take(Flush(0.0, 1, epoch=1))
    speaker.recorder.take(sound(50, epoch=2, value=2))
    speaker.wait(0.5)
    assert speaker.recorder.pcm == b"\2\0" * 50


def test_a_gap_between_sounds_is_recorded_as_silence() -> None:
    speaker = Loudspeaker(paced=True)
    speaker.recorder.take(sound(240))
    speaker.wait(0.51)
    speaker.recorder.take(sound(240))
    speaker.wait(1.0)
    assert len(speaker.recorder.pcm) == 2 * (240 + OUTPUT_RATE_HZ // 2 + 240)
    assert speaker.recorder.pcm[480:-480] == bytes(OUTPUT_RATE_HZ)


def test_spans_say_when_each_piece_was_played_and_where_it_stands() -> None:
    speaker = Loudspeaker(paced=True)
    speaker.recorder.take(sound(2400))
    speaker.recorder.take(sound(2400))
    speaker.wait(0.5)
    speaker.recorder.take(sound(OUTPUT_RATE_HZ))
    speaker.wait(0.25)
    speaker.recorder.take(Flush(0.0, 1, epoch=1))
    speaker.recorder.take(sound(240, epoch=2))
    speaker.wait(0.25)
    first, second, third = speaker.recorder.spans
    assert (first.epoch, first.at_s, first.duration_s, first.first) == (1, 100.0, 0.2, 0)
    assert (second.at_s, second.duration_s, second.first) == (100.5, 0.25, 4800)
    assert (third.epoch, third.at_s, third.samples, third.first) == (2, 100.75, 240, 0)
    assert speaker.recorder.pcm[2 * second.start - 2 :][:4] == b"\0\0\1\0"


@pytest.mark.parametrize("paced", [False, True])
@given(sizes=st.lists(st.integers(1, 5000), max_size=8), waits=st.lists(st.floats(0, 0.2), min_size=8, max_size=8))
def test_all_sound_is_played_once_and_positions_never_go_back(
    paced: bool, sizes: list[int], waits: list[float]
) -> None:
    speaker = Loudspeaker(paced)
    for size, pause_s in zip(sizes, waits, strict=False):
        speaker.recorder.take(sound(size))
        speaker.wait(pause_s)
    speaker.wait(10)
    reported = [samples for _, samples, _ in speaker.positions]
    assert reported == sorted(reported)
    assert (reported[-1] if reported else 0) == sum(sizes) == speaker.recorder.pcm.count(1)
