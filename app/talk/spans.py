"""The notes a loudspeaker's callback leaves of what it was given: a queue from one thread or process to another."""

from dataclasses import dataclass

from app.talk.memory import Memory

CAPACITY = 4096  # at 10 ms each, as long as nobody looks
BYTES = CAPACITY * 24 + 128


@dataclass(frozen=True, slots=True)
class HandedSpan:
    """Samples of the ring from position `first` on that sound from `at_s` on."""

    at_s: float
    first: int
    samples: int


class Spans:
    """One side puts, the other takes. What there is no room for is not noted."""

    def __init__(self, memory: Memory) -> None:
        self._rows = memory.times(CAPACITY, 3)
        self._put, self._taken = memory.numbers(1), memory.numbers(1)

    def put(self, span: HandedSpan) -> None:
        """For the audio thread."""
        at = int(self._put[0])
        if at - int(self._taken[0]) < CAPACITY:
            self._rows[at % CAPACITY] = (span.at_s, span.first, span.samples)
            self._put[0] = at + 1

    def take(self) -> list[HandedSpan]:
        """What was noted since the last time."""
        begin, end = int(self._taken[0]), int(self._put[0])
        rows = [self._rows[at % CAPACITY] for at in range(begin, end)]
        found = [HandedSpan(float(at_s), int(first), int(samples)) for at_s, first, samples in rows]
        self._taken[0] = end
        return found
