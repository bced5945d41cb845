"""The player, with a device that is called by hand."""

import numpy as np
import pytest

from app.conversation.events import AudioDelta, AudioDone, Flush, Hush, Unhush
from app.talk.player import Player
from audio.pcm import OUTPUT_RATE_HZ

LATENCY_S = 0.05
BLOCK_S = 0.01


class Desk:
    """A player, a device of `rate_hz` that takes 10 ms at a time, and what was reported."""

    def __init__(self, rate_hz: int = OUTPUT_RATE_HZ) -> None:
        self.reports: list[tuple[int, int, bool]] = []
        self.player = Player(self._note, rate_hz)
        self.now_s = 0.0
        self.played: list[np.ndarray] = []

    def _note(self, epoch: int, samples: int, done: bool = False) -> None:
        self.reports.append((epoch, samples, done))

    def sound(self, epoch: int, samples: int, level: int = 5_000) -> None:
        pcm = np.full(samples, level, "<i2").tobytes()
        self.player.take(AudioDelta(self.now_s, epoch, epoch, pcm, ""))

    def done(self, epoch: int) -> None:
        self.player.take(AudioDone(self.now_s, epoch, epoch))

    def flush(self, epoch: int) -> None:
        self.player.take(Flush(self.now_s, epoch, epoch))

    def run(self, duration_s: float) -> np.ndarray:
        """Time passes; what the device was given."""
        given = []
        for _ in range(round(duration_s / BLOCK_S)):
            out = np.zeros(round(self.player.rate_hz * BLOCK_S), np.int16)
            self.player.playback.fill(out, self.now_s + LATENCY_S)
            given.append(out)
            self.now_s += BLOCK_S
            self.player.tick(self.now_s)
        return np.concatenate(given)

    @property
    def last(self) -> tuple[int, int, bool]:
        return self.reports[-1]


def test_positions_are_what_was_heard_not_what_was_handed_over() -> None:
    desk = Desk()
    desk.sound(1, 24_000)
    desk.run(0.5)
    epoch, samples, done = desk.last
    assert (epoch, done) == (1, False)
    assert samples == pytest.approx((0.5 - LATENCY_S) * 24_000, abs=0.06 * 24_000)
    assert 8 <= len(desk.reports) <= 11  # about every 50 ms


def test_the_end_is_told_once_when_it_was_heard() -> None:
    desk = Desk()
    desk.sound(1, 2_400)
    desk.done(1)
    desk.run(0.14)
    assert not desk.last[2]
    assert desk.player.speaking
    desk.run(0.1)
    assert desk.last == (1, 2_400, True)
    assert not desk.player.speaking
    desk.run(0.3)
    assert [report for report in desk.reports if report[2]] == [(1, 2_400, True)]


def test_a_gap_between_phrases_is_still_the_same_answer() -> None:
    desk = Desk()
    desk.sound(1, 2_400)
    desk.run(0.5)
    assert desk.player.speaking
    assert desk.last == (1, 2_400, False)
    desk.sound(1, 2_400)
    desk.done(1)
    desk.run(0.2)
    assert desk.last == (1, 4_800, True)


def test_a_flush_silences_within_a_buffer_and_counts_what_the_device_has() -> None:
    desk = Desk()
    desk.sound(1, 48_000)
    desk.run(0.5)
    desk.flush(1)
    rest = desk.run(0.1)
    assert np.count_nonzero(rest) <= 120
    assert desk.last == (1, 12_120, True)
    assert not desk.player.speaking


def test_stale_sound_is_never_heard() -> None:
    desk = Desk()
    desk.sound(3, 2_400)
    desk.run(0.05)
    desk.flush(3)
    desk.sound(3, 2_400)
    desk.sound(2, 2_400)
    desk.run(0.05)
    assert not desk.run(0.3).any()
    assert desk.last[2]


def test_the_next_epoch_plays_after_a_flush_and_counts_from_its_own_start() -> None:
    desk = Desk()
    desk.sound(1, 48_000)
    desk.run(0.2)
    desk.flush(1)
    desk.sound(2, 2_400, level=700)
    desk.done(2)
    given = desk.run(0.3)
    assert np.count_nonzero(given == 700) == 2_400
    assert desk.reports[-1] == (2, 2_400, True)
    assert (1, 4_920, True) in desk.reports


def test_a_flush_of_an_older_epoch_does_not_harm_the_new_one() -> None:
    desk = Desk()
    desk.sound(2, 2_400)
    desk.flush(1)
    assert np.count_nonzero(desk.run(0.2)) == 2_400


def test_a_flush_of_what_never_sounded_reports_nothing_heard() -> None:
    desk = Desk()
    desk.sound(1, 2_400)
    desk.flush(1)
    desk.run(0.05)
    assert desk.reports == [(1, 0, True)]


def test_a_hush_stands_still_and_goes_on_without_losing_a_sample() -> None:
    desk = Desk()
    desk.sound(1, 24_000)
    desk.done(1)
    first = desk.run(0.3)
    desk.player.take(Hush(desk.now_s, 1, 1))
    assert np.count_nonzero(desk.run(1.0)) <= 120
    assert desk.last == (1, 7_200, False)
    assert desk.player.speaking
    desk.player.take(Unhush(desk.now_s, 1, 1))
    rest = desk.run(1.0)
    assert np.count_nonzero(first) + np.count_nonzero(rest) == pytest.approx(24_000, abs=2)
    assert desk.last == (1, 24_000, True)


def test_sound_that_comes_while_it_is_hushed_waits() -> None:
    desk = Desk()
    desk.player.take(Hush(desk.now_s, 1, 1))
    desk.sound(1, 24_000)
    desk.done(1)
    assert not np.count_nonzero(desk.run(0.5))
    desk.player.take(Unhush(desk.now_s, 1, 1))
    assert np.count_nonzero(desk.run(1.3)) == pytest.approx(24_000, abs=2)


def test_positions_are_reported_while_hushed_too() -> None:
    desk = Desk()
    desk.sound(1, 24_000)
    desk.run(0.2)
    desk.player.take(Hush(desk.now_s, 1, 1))
    desk.run(0.1)
    before = len(desk.reports)
    desk.run(6.0)
    assert len(desk.reports) - before > 100


def test_a_newer_epoch_ends_a_hush() -> None:
    desk = Desk()
    desk.sound(1, 24_000)
    desk.run(0.1)
    desk.player.take(Hush(desk.now_s, 1, 1))
    desk.run(0.1)
    desk.flush(1)
    desk.sound(2, 2_400, level=700)
    assert np.count_nonzero(desk.run(0.3) == 700) == 2_400


def test_two_reasons_to_stand_still_must_both_be_gone() -> None:
    desk = Desk()
    desk.sound(1, 24_000)
    desk.run(0.1)
    desk.player.pause("key")
    desk.player.take(Hush(desk.now_s, 1, 1))
    desk.run(0.05)
    desk.player.resume("key")
    assert not desk.run(0.1).any()
    desk.player.take(Unhush(desk.now_s, 1, 1))
    assert desk.run(0.1).any()


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
def test_another_rate_of_the_device_does_not_change_the_count(rate_hz: int) -> None:
    desk = Desk(rate_hz)
    desk.sound(1, 24_000)
    desk.run(0.55)
    assert desk.last[1] == pytest.approx(12_000, abs=1_500)
    desk.done(1)
    desk.run(0.7)
    assert desk.last == (1, 24_000, True)


def test_more_sound_than_the_ring_holds_is_played_to_its_end() -> None:
    desk = Desk()
    samples = 25 * OUTPUT_RATE_HZ
    desk.sound(1, samples)
    desk.done(1)
    assert np.count_nonzero(desk.run(25.2)) == samples
    assert desk.last == (1, samples, True)


def test_without_a_device_a_flush_is_still_obeyed() -> None:
    desk = Desk()
    desk.sound(1, 24_000)
    desk.run(0.2)
    desk.flush(1)
    desk.player.settle()
    desk.player.tick(desk.now_s)
    assert desk.last == (1, 4_800, True)


@pytest.mark.parametrize("rate_hz", [44_100, 16_000])
def test_a_device_that_came_back_at_another_rate_goes_on_where_it_was_heard(rate_hz: int) -> None:
    desk = Desk()
    desk.sound(1, 24_000, level=5_000)
    before = desk.run(0.5)
    desk.player = desk.player.moved_to(rate_hz)
    desk.sound(1, 24_000, level=5_000)
    desk.done(1)
    after = desk.run(2.0)
    heard_s = np.count_nonzero(before) / 24_000 + np.count_nonzero(np.abs(after) > 2_500) / rate_hz
    assert heard_s == pytest.approx(2.0, abs=0.01)
    positions = [samples for epoch, samples, _ in desk.reports]
    assert positions == sorted(positions)
    assert desk.last == (1, 48_000, True)


def test_what_stood_still_and_what_was_stale_stays_so_at_another_rate() -> None:
    desk = Desk()
    desk.sound(1, 24_000)
    desk.flush(1)
    desk.sound(2, 24_000)
    desk.run(0.2)
    desk.player.pause("key")
    desk.player.take(Hush(0.0, 2, 2))
    desk.run(0.1)
    stood = desk.last[1]
    desk.player = desk.player.moved_to(48_000)
    desk.sound(1, 24_000)
    assert not desk.run(0.5).any()
    assert desk.last == (2, pytest.approx(stood, abs=LATENCY_S * 24_000), False)
    desk.player.take(Unhush(0.0, 2, 2))
    assert not desk.run(0.2).any()
    desk.player.resume("key")
    assert desk.run(0.2).any()
    desk.player.take(Flush(0.0, 2, 2))
    assert not desk.run(0.5)[1_000:].any()
    assert desk.last[0] == 2
    assert desk.last[2]


def test_an_order_to_drop_that_waits_is_obeyed_before_the_device_comes_back_at_another_rate() -> None:
    desk = Desk()
    desk.sound(1, 24_000)
    desk.run(0.2)
    desk.flush(1)
    desk.sound(2, 2_400, level=700)
    desk.player = desk.player.moved_to(48_000)
    assert desk.last[0] == 1
    assert desk.last[2]
    assert np.abs(desk.run(0.2)).max() < 1_000
