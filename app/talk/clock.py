"""The playback clock: which sample is being heard now? Pure; it is told what was handed to the device and the time.

A buffer that is handed over sounds one output latency later; the device says when. So the position heard is that of the
samples handed over, less what still lies before the loudspeaker.
"""

from collections import deque

from app.talk.spans import HandedSpan


class PlaybackClock:
    """Positions of the ring, in samples at `rate_hz`; seconds of the conversation's clock. Never goes back."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._spans: deque[HandedSpan] = deque()
        self._heard = 0

    def note(self, span: HandedSpan) -> None:
        """This was handed over."""
        self._spans.append(span)

    def heard(self, now_s: float) -> int:
        """Everything before this position has been heard, or will never be."""
        while self._spans and self._spans[0].at_s <= now_s:
            span = self._spans[0]
            since = max(0, round((now_s - span.at_s) * self._rate_hz))
            self._heard = max(self._heard, span.first + min(span.samples, since))
            if since < span.samples:
                break
            self._spans.popleft()
        return self._heard
