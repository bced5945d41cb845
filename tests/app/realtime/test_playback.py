"""The assumed speaker plays in real time what it was sent, waits when it has nothing, and ends once."""

from hypothesis import given
from hypothesis import strategies as st

from app.realtime.playback import AssumedPlayback, Position

SECOND = 24_000


def test_position_follows_real_time_behind_the_latency() -> None:
    playback = AssumedPlayback(latency_s=0.2)
    playback.sent(1, 2 * SECOND, now_s=10.0)
    assert playback.position(10.1) == Position(1, 0, done=False)
    assert playback.position(10.7) == Position(1, SECOND // 2, done=False)


def test_position_never_passes_what_was_sent() -> None:
    playback = AssumedPlayback(latency_s=0.0)
    playback.sent(1, SECOND, now_s=0.0)
    assert playback.position(5.0) == Position(1, SECOND, done=False)
    playback.sent(1, SECOND, now_s=5.0)  # after a pause of the writer
    assert playback.position(5.5) == Position(1, SECOND + SECOND // 2, done=False)


def test_the_end_is_told_once() -> None:
    playback = AssumedPlayback(latency_s=0.0)
    playback.sent(1, SECOND, now_s=0.0)
    playback.complete(1, SECOND)
    assert playback.position(2.0) == Position(1, SECOND, done=True)
    assert playback.position(3.0) is None


def test_a_flush_gives_the_last_position_and_forgets_the_epoch() -> None:
    playback = AssumedPlayback(latency_s=0.0)
    playback.sent(4, SECOND, now_s=0.0)
    assert playback.flush(3, now_s=0.5) is None
    assert playback.flush(4, now_s=0.5) == Position(4, SECOND // 2, done=True)
    assert playback.position(1.0) is None


@given(st.lists(st.tuples(st.integers(1, SECOND), st.floats(0, 2)), min_size=1, max_size=20))
def test_positions_only_grow_and_reach_the_end(pieces: list[tuple[int, float]]) -> None:
    playback, now_s, seen = AssumedPlayback(latency_s=0.1), 0.0, [0]
    for samples, pause_s in pieces:
        playback.sent(1, samples, now_s)
        now_s += pause_s
        position = playback.position(now_s)
        assert position is not None
        seen.append(position.samples)
    total = sum(samples for samples, _ in pieces)
    playback.complete(1, total)
    last = playback.position(now_s + 1_000)
    assert last == Position(1, total, done=True)
    assert seen == sorted(seen)
