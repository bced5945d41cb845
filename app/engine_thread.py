"""The engine's thread: drain commands, step, hand events to their conversations. The only place where the engine is
touched.

`step_s` paces the engine at the step time of a larger model. It knows neither sound nor sockets.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

from engine.engine import Engine
from engine.events import Event

T = TypeVar("T")
Listener = Callable[[Sequence[Event]], None]
log = logging.getLogger(__name__)


class EngineThread:
    """Runs an engine; commands come from any thread, events go to the listener of their conversation, on this
    thread.
    """

    def __init__(
        self,
        engine: Engine,
        step_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._engine, self._step_s, self._clock, self._sleep = engine, step_s, clock, sleep
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._listeners: dict[int, Listener] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sotto-engine", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the step at hand and end. Harmless when repeated or never started."""
        self._stopping = True
        self._commands.put(lambda: None)
        if self._thread.is_alive():
            self._thread.join()

    def call(self, command: Callable[[Engine], T]) -> Future[T]:
        """Run this between two steps; what it returns or raises is in the future."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(command(self._engine))
            except BaseException as error:
                future.set_exception(error)

        self._commands.put(run)
        return future

    def listen(self, conversation: int, listener: Listener) -> None:
        """Events of this conversation go to the listener from now on. Called through `call`, or before the first
        step.
        """
        self._listeners[conversation] = listener

    def forget(self, conversation: int) -> None:
        """Nobody wants this conversation's events any more."""
        self._listeners.pop(conversation, None)

    def _run(self) -> None:
        while not self._stopping:
            self._drain(wait=not self._engine.has_work)
            if self._stopping or not self._engine.has_work:
                continue
            started = self._clock()
            self._deliver(self._engine.step())
            if self._step_s:
                self._sleep(max(0.0, self._step_s - (self._clock() - started)))

    def _drain(self, wait: bool) -> None:
        """Run the commands that are there; `wait` for one if there is none."""
        try:
            while True:
                self._commands.get(block=wait)()
                wait = False
        except queue.Empty:
            return

    def _deliver(self, events: Sequence[Event]) -> None:
        by_conversation: defaultdict[int, list[Event]] = defaultdict(list)
        for event in events:
            by_conversation[event.conversation].append(event)
        for conversation, its_events in by_conversation.items():
            listener = self._listeners.get(conversation)
            if listener is not None:
                listener(its_events)
