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

from app.errors import RunError
from engine.engine import Engine
from engine.events import Event

T = TypeVar("T")
OnEvents = Callable[[Sequence[Event]], None]
Command = Callable[[Engine | None], None]  # None: the engine is no more
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
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._listeners: dict[int, OnEvents] = {}
        self._stopping = False
        self._over = False
        self._thread = threading.Thread(target=self._run, name="sotto-engine", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the step at hand and end; later commands fail. Harmless when repeated or never started."""
        self._stopping = True
        self.call(lambda _: None)
        if self._thread.is_alive():
            self._thread.join()
        self._end()

    def call(self, command: Callable[[Engine], T]) -> Future[T]:
        """Run this between two steps; what it returns or raises is in the future, RunError if the thread has ended."""
        future: Future[T] = Future()

        def run(engine: Engine | None) -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                if engine is None:
                    raise RunError("the engine was stopped; start the assistant again")
                future.set_result(command(engine))
            except BaseException as error:
                future.set_exception(error)

        self._commands.put(run)
        if self._over:
            self._refuse_commands()
        return future

    def listen(self, conversation: int, listener: OnEvents) -> None:
        """Events of this conversation go to the listener from now on. From any thread."""
        self._listeners[conversation] = listener

    def forget(self, conversation: int) -> None:
        """Nobody wants this conversation's events any more. From any thread."""
        self._listeners.pop(conversation, None)

    def _run(self) -> None:
        while not self._stopping:
            self._drain(wait=not self._engine.has_work)
            if self._stopping or not self._engine.has_work:
                continue
            started = self._clock()
            self._deliver(self._step())
            if self._step_s:
                self._sleep(max(0.0, self._step_s - (self._clock() - started)))
        self._end()

    def _step(self) -> Sequence[Event]:
        """The engine's step. It deals with what goes wrong in one conversation; anything worse ends all that are open,
        and the thread goes on serving.
        """
        try:
            return self._engine.step()
        except Exception as error:
            log.exception("the engine failed; all its conversations are closed")
            return [self._engine.fail(conversation, error) for conversation in self._engine.conversations]

    def _drain(self, wait: bool) -> None:
        """Run the commands that are there; `wait` for one if there is none."""
        try:
            while True:
                self._commands.get(block=wait)(self._engine)
                wait = False
        except queue.Empty:
            return

    def _end(self) -> None:
        self._over = True
        self._refuse_commands()

    def _refuse_commands(self) -> None:
        """Nobody waits for a thread that has ended."""
        try:
            while True:
                self._commands.get_nowait()(None)
        except queue.Empty:
            return

    def _deliver(self, events: Sequence[Event]) -> None:
        by_conversation: defaultdict[int, list[Event]] = defaultdict(list)
        for event in events:
            by_conversation[event.conversation].append(event)
        for conversation, its_events in by_conversation.items():
            listener = self._listeners.get(conversation)
            if listener is not None:
                self._tell(conversation, listener, its_events)

    def _tell(self, conversation: int, listener: OnEvents, events: Sequence[Event]) -> None:
        """A listener that fails is gone (its event loop was closed, for one): its conversation is closed."""
        try:
            listener(events)
        except Exception:
            log.exception("nobody takes the events of conversation %d; it is closed", conversation)
            self.forget(conversation)
            for abandoned in [c for c in self._engine.conversations if c.id == conversation]:
                self._engine.close(abandoned)
