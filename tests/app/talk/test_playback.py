"""Ring, playback and its clock: sound on its way to the loudspeaker, without a loudspeaker."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.talk.clock import PlaybackClock
from app.talk.playback import RingPlayback
from app.talk.ring import SoundRing
from app.talk.spans import HandedSpan
from audio.pcm import Pcm

RATE_HZ = 24_000
BLOCK = 240
FADE = 120


def numbered(first: int, count: int) -> Pcm:
    return np.arange(first, first + count, dtype=np.int16)


# the ring


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=50))
def test_samples_come_out_in_the_order_in_which_they_went_in(steps: list[tuple[int, int]]) -> None:
    ring, sent, received = SoundRing(8), 0, 0
    for put, take in steps:
        sent += ring.write(numbered(sent, put))
        out = np.full(take, -1, np.int16)
        count = ring.take(out)
        assert out[:count].tolist() == list(range(received, received + count))
        assert (out[count:] == -1).all()
        received += count
        assert (ring.written, ring.read, ring.waiting + ring.room) == (sent, received, 8)


def test_a_full_ring_takes_no_more_and_loses_nothing() -> None:
    ring = SoundRing(4)
    assert (ring.write(numbered(0, 3)), ring.write(numbered(3, 3)), ring.write(numbered(4, 1))) == (3, 1, 0)
    assert ring.take_all().tolist() == [0, 1, 2, 3]


def test_a_look_ahead_uses_nothing_up() -> None:
    ring = SoundRing(8)
    ring.write(numbered(0, 4))
    out = np.zeros(3, np.int16)
    assert (ring.peek(out), out.tolist(), ring.waiting) == (3, [0, 1, 2], 4)


def test_skipping_never_goes_back_nor_beyond_what_was_written() -> None:
    ring = SoundRing(8)
    ring.write(numbered(0, 6))
    ring.skip_to(4)
    ring.skip_to(1)
    assert ring.read == 4
    ring.skip_to(100)
    assert (ring.read, ring.waiting) == (6, 0)


def test_two_threads_pass_a_million_samples_without_a_fault() -> None:
    ring, total = SoundRing(997), 200_000
    sent = (np.arange(total) % 30_000).astype(np.int16)

    def write() -> None:
        at = 0
        while at < total:
            at += ring.write(sent[at : at + 313])

    writer = threading.Thread(target=write)
    writer.start()
    received: list[Pcm] = []
    while sum(map(len, received)) < total:
        received.append(ring.take_all())
    writer.join()
    assert (np.concatenate(received) == sent).all()


# playback


def playback_of(samples: int, level: int = 10_000) -> RingPlayback:
    playback = RingPlayback(RATE_HZ)
    playback.ring.write(np.full(samples, level, np.int16))
    return playback


def block(playback: RingPlayback, at_s: float = 0.0) -> Pcm:
    out = np.full(BLOCK, 77, np.int16)
    playback.fill(out, at_s)
    return out


def test_sound_is_handed_over_with_a_note_of_when_it_will_be_heard() -> None:
    playback = playback_of(300)
    assert (block(playback, 1.0) == 10_000).all()
    rest = block(playback, 1.01)
    assert (rest[:60] == 10_000).all()
    assert not rest[60:].any()
    assert not block(playback, 1.02).any()
    assert playback.spans.take() == [HandedSpan(1.0, 0, 240), HandedSpan(1.01, 240, 60)]


def test_a_drop_fades_within_one_buffer_and_then_all_is_silent() -> None:
    playback = playback_of(5_000)
    block(playback)
    playback.drop(playback.ring.written)
    faded = block(playback)
    assert faded[0] == 10_000
    assert (np.diff(faded[:FADE]) < 0).all()
    assert np.abs(np.diff(faded.astype(int))).max() < 200  # no click
    assert not faded[FADE:].any()
    assert not block(playback).any()
    assert (playback.dropped_until, playback.cut_at, playback.ring.waiting) == (5_000, BLOCK + FADE, 0)


def test_what_was_written_after_a_drop_is_played_from_the_next_buffer_on() -> None:
    playback = playback_of(5_000)
    block(playback)
    playback.drop(playback.ring.written)
    playback.ring.write(np.full(BLOCK, 500, np.int16))
    assert block(playback).max() == 10_000
    assert (block(playback) == 500).all()


def test_a_drop_before_anything_sounded_leaves_no_trace() -> None:
    playback = playback_of(5_000)
    playback.drop(5_000)
    assert not block(playback).any()
    assert (playback.cut_at, playback.spans.take()) == (0, [])


def test_a_fade_never_reaches_into_what_comes_next() -> None:
    playback = playback_of(BLOCK + 30)
    block(playback)
    playback.drop(BLOCK + 30)
    playback.ring.write(np.full(500, -9_999, np.int16))
    faded = block(playback)
    assert faded.min() >= 0
    assert playback.cut_at == BLOCK + 30


def test_a_pause_fades_out_stands_still_and_goes_on_where_it_was() -> None:
    playback = playback_of(5_000)
    block(playback)
    playback.pause(True)
    assert not block(playback)[FADE:].any()
    assert not block(playback).any()
    assert playback.ring.read == BLOCK
    playback.pause(False)
    risen = block(playback)
    assert risen[0] == 0
    assert (risen[FADE:] == 10_000).all()
    assert np.abs(np.diff(risen.astype(int))).max() < 200
    assert playback.spans.take()[-1].first == BLOCK


def test_a_drop_during_a_pause_cuts_where_it_stood() -> None:
    playback = playback_of(5_000)
    block(playback)
    playback.pause(True)
    block(playback)
    playback.drop(5_000)
    assert not block(playback).any()
    assert playback.cut_at == BLOCK


# the clock


def test_what_was_handed_over_counts_when_it_sounds() -> None:
    clock = PlaybackClock(RATE_HZ)
    clock.note(HandedSpan(1.0, 0, 2_400))
    clock.note(HandedSpan(1.1, 2_400, 2_400))
    heard = [clock.heard(now_s) for now_s in (0.9, 1.0, 1.05, 1.1, 1.15, 1.2, 9.0)]
    assert heard == [0, 0, 1_200, 2_400, 3_600, 4_800, 4_800]


def test_a_gap_between_buffers_stands_still() -> None:
    clock = PlaybackClock(RATE_HZ)
    clock.note(HandedSpan(1.0, 0, 240))
    clock.note(HandedSpan(2.0, 240, 240))
    assert [clock.heard(now_s) for now_s in (1.5, 2.005)] == [240, 360]


def test_what_was_dropped_in_between_is_passed_over() -> None:
    clock = PlaybackClock(RATE_HZ)
    clock.note(HandedSpan(1.0, 0, 240))
    clock.note(HandedSpan(1.1, 9_000, 240))
    assert [clock.heard(now_s) for now_s in (1.05, 1.105)] == [240, 9_120]


@given(st.lists(st.tuples(st.floats(0, 0.03), st.integers(1, 600)), max_size=30), st.floats(-0.01, 0.01))
def test_the_clock_never_goes_back_though_devices_err_about_the_time(
    spans: list[tuple[float, int]], error_s: float
) -> None:
    clock, at, now_s, before = PlaybackClock(RATE_HZ), 0, 0.0, 0
    for index, (wait_s, samples) in enumerate(spans):
        now_s += wait_s
        clock.note(HandedSpan(now_s + error_s * (-1) ** index, at, samples))
        at += samples
        heard = clock.heard(now_s)
        assert before <= heard <= at
        before = heard
    assert clock.heard(now_s + 60) == at


@pytest.mark.parametrize("rate_hz", [8_000, 24_000, 48_000])
def test_a_fade_lasts_five_milliseconds_at_any_rate(rate_hz: int) -> None:
    playback = RingPlayback(rate_hz)
    playback.ring.write(np.full(rate_hz // 2, 10_000, np.int16))
    out = np.zeros(rate_hz // 50, np.int16)
    playback.fill(out, 0.0)
    playback.drop(rate_hz // 2)
    playback.fill(out, 0.0)
    assert np.count_nonzero(out) == pytest.approx(rate_hz * 0.005, abs=1)
