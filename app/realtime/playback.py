"""Assumed playback: how far the speaker of a peer is that does not report it.

The speaker is taken to play in real time whatever it has been sent, and to wait when it has nothing. Pure; times are
seconds of the caller's clock, positions are samples at 24 kHz within an epoch.
"""

from dataclasses import dataclass

from app.realtime.configuration import OUTPUT_RATE_HZ

SPEAKER_LATENCY_S = 0.15
"""Network, jitter buffer and sound card of an unknown peer, roughly."""


@dataclass(frozen=True, slots=True)
class Position:
    """Samples of this epoch that were heard; `done` if no more will be."""

    epoch: int
    samples: int
    done: bool


class AssumedPlayback:
    """Advances a position through the sound that was sent."""

    def __init__(self, latency_s: float = SPEAKER_LATENCY_S) -> None:
        self._latency_s = latency_s
        self._epoch: int | None = None
        self._sent_samples = 0
        self._played_samples = 0.0
        self._total_samples: int | None = None  # known once the epoch's sound is complete
        self._since_s = 0.0

    def sent(self, epoch: int, samples: int, now_s: float) -> None:
        """This much more sound has gone out; a new epoch begins a new position."""
        if epoch != self._epoch:
            self._epoch, self._sent_samples, self._played_samples, self._total_samples = epoch, 0, 0.0, None
        self._advance(now_s)
        if self._played_samples >= self._sent_samples:
            self._since_s = now_s + self._latency_s
        self._sent_samples += samples

    def complete(self, epoch: int, total_samples: int) -> None:
        """The epoch's sound ends after this many samples."""
        if epoch == self._epoch:
            self._total_samples = total_samples

    def flush(self, epoch: int, now_s: float) -> Position | None:
        """The last position of a flushed epoch; None if nothing of it is playing."""
        if self._epoch is None or self._epoch > epoch:
            return None
        self._advance(now_s)
        last = Position(self._epoch, int(self._played_samples), done=True)
        self._epoch = None
        return last

    def position(self, now_s: float) -> Position | None:
        """Where the speaker is now; None if nothing is playing. `done` comes once."""
        if self._epoch is None:
            return None
        self._advance(now_s)
        done = self._total_samples is not None and self._played_samples >= self._total_samples
        position = Position(self._epoch, int(self._played_samples), done)
        if done:
            self._epoch = None
        return position

    def _advance(self, now_s: float) -> None:
        elapsed_s = max(0.0, now_s - self._since_s)
        self._played_samples = min(self._sent_samples, self._played_samples + elapsed_s * OUTPUT_RATE_HZ)
        self._since_s = max(self._since_s, now_s)
