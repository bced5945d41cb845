"""When a recogniser may listen again: its passes take no more than a set share of a core, so that the engine can work.

Every pass is paid for with the time until the next may begin. A pass that must not wait (the voice has paused, the
utterance is over) begins at once and is paid for afterwards. The clock is brought.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class PassBudget:
    """Of all who share a model: one pass at a time, together `share` of one core's time; 1 is all of it.

    threads: how many cores a pass keeps busy.
    """

    def __init__(self, share: float, threads: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        if not share > 0 or threads < 1:
            raise ValueError(f"a budget needs a share above 0 and at least one thread, not {share} and {threads}")
        self.share, self.threads = share, threads
        self._clock = clock
        self._free_at_s = clock()
        self._one_at_a_time = threading.Lock()

    def free(self) -> bool:
        """Whether a pass that can wait may begin now. Never blocks."""
        return self._clock() >= self._free_at_s

    @contextmanager
    def one_pass(self) -> Iterator[None]:
        """Waits until nobody else makes a pass; what is done within is paid for, also if it fails."""
        with self._one_at_a_time:
            began_s = self._clock()
            try:
                yield
            finally:
                cost_s = (self._clock() - began_s) * self.threads
                self._free_at_s = max(self._free_at_s, began_s) + cost_s / self.share
