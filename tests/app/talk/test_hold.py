"""The talk key: held, let go, or tapped; by what terminals send and when."""

from collections.abc import Sequence

import pytest

from app.talk.hold import FIRST_REPEAT_S, LAST_FRAMES_S, HoldKey, TalkKey, ToggleKey

TICK_S = 0.01


def talked(key: TalkKey, presses_s: Sequence[float], until_s: float = 5.0) -> list[tuple[float, float]]:
    """From when to when the key talked, if plain presses came at these times."""
    found: list[tuple[float, float]] = []
    waiting = sorted(presses_s)
    began: float | None = None
    for step in range(round(until_s / TICK_S)):
        now_s = step * TICK_S
        while waiting and waiting[0] <= now_s:
            key.down(waiting.pop(0), exact=False)
        key.tick(now_s)
        if key.talking and began is None:
            began = now_s
        if not key.talking and began is not None:
            found.append((round(began, 3), round(now_s, 3)))
            began = None
    if began is not None:
        found.append((round(began, 3), until_s))
    return found


def held(from_s: float, to_s: float, delay_s: float, interval_s: float) -> list[float]:
    """When a keyboard with this initial delay and this interval sends a key that is held."""
    repeats = [from_s + delay_s + n * interval_s for n in range(1000)]
    return [from_s, *(at for at in repeats if at < to_s)]


@pytest.mark.parametrize(("delay_s", "interval_s"), [(0.25, 0.03), (0.5, 0.033), (0.66, 0.04), (0.5, 0.09)])
def test_a_held_key_is_one_turn_on_any_keyboard(delay_s: float, interval_s: float) -> None:
    ((began, ended),) = talked(HoldKey(), held(0.5, 2.5, delay_s, interval_s))
    assert began == pytest.approx(0.5, abs=0.011)
    assert 2.5 <= ended <= 2.5 + 0.2 + 0.011


def test_a_connection_that_stutters_does_not_let_go() -> None:
    presses = [0.5, 1.0, *(1.0 + 0.03 * n + (0.12 if n % 10 == 5 else 0.0) for n in range(1, 50))]
    assert len(talked(HoldKey(), presses)) == 1


def test_a_longer_release_time_bears_longer_gaps() -> None:
    presses = [0.5, 1.0, 1.03, 1.4, 1.43]
    assert len(talked(HoldKey(0.2), presses)) == 2
    assert len(talked(HoldKey(0.5), presses)) == 1


def test_a_tap_talks_until_a_repeat_would_have_come_and_is_known_as_one() -> None:
    key = HoldKey()
    assert talked(key, [0.5]) == [(0.5, pytest.approx(0.5 + FIRST_REPEAT_S, abs=0.011))]
    assert not key.repeated


def test_a_second_hold_is_a_second_turn() -> None:
    presses = [*held(0.5, 1.5, 0.5, 0.03), *held(2.5, 3.5, 0.5, 0.03)]
    assert [round(end - begin, 1) for begin, end in talked(HoldKey(), presses)] == [1.2, 1.2]


def test_where_releases_are_told_they_count() -> None:
    key = HoldKey()
    key.down(1.0, exact=True)
    key.tick(60.0)
    assert key.talking
    key.up(60.0)
    key.tick(60.0 + LAST_FRAMES_S / 2)
    assert key.talking
    key.tick(60.0 + LAST_FRAMES_S)
    assert not key.talking
    assert key.repeated


def test_a_release_without_a_press_means_nothing() -> None:
    key = HoldKey()
    key.up(1.0)
    key.tick(2.0)
    assert not key.talking


def test_a_toggle_begins_with_one_tap_and_ends_with_the_next() -> None:
    assert talked(ToggleKey(), [0.5, 2.0]) == [(0.5, 2.0)]


def test_a_toggle_that_is_held_down_is_one_tap() -> None:
    assert talked(ToggleKey(), [*held(0.5, 1.5, 0.5, 0.03), 3.0]) == [(0.5, 3.0)]


def test_quick_taps_toggle_where_releases_are_told() -> None:
    key = ToggleKey()
    key.down(1.0, exact=True)
    key.up(1.05)
    assert key.talking
    key.down(1.2, exact=True)
    assert not key.talking
