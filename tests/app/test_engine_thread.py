"""The engine's thread: commands between steps, events to their listeners, pacing, and what it survives."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.engine_thread import EngineThread
from app.errors import RunError
from engine.events import ConversationFailed, EndReason, Event, TurnEnded

PATIENCE_S = 20.0


def happened(conversation: int, step: int) -> TurnEnded:
    return TurnEnded(conversation, 1, step, 0.0, EndReason.FINISHED)


@dataclass(eq=False)
class FakeConversation:
    id: int
    closed: bool = False


@dataclass
class FakeEngine:
    """Has work while there are planned steps; each is a list of events, or an error."""

    planned: list[Sequence[Event] | Exception] = field(default_factory=list)
    conversations: tuple[FakeConversation, ...] = ()
    threads: set[int] = field(default_factory=set)
    step_takes_s: float = 0.0
    now_s: float = 0.0

    @property
    def has_work(self) -> bool:
        return bool(self.planned)

    def step(self) -> Sequence[Event]:
        self.threads.add(threading.get_ident())
        self.now_s += self.step_takes_s
        result = self.planned.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    def close(self, conversation: FakeConversation) -> None:
        conversation.closed = True
        self.conversations = tuple(other for other in self.conversations if other is not conversation)

    def fail(self, conversation: FakeConversation, error: Exception) -> ConversationFailed:
        self.close(conversation)
        return ConversationFailed(conversation.id, 1, 0.0, str(error))


@dataclass
class Inbox:
    """A listener that can be waited for."""

    taken: queue.SimpleQueue[Sequence[Event]] = field(default_factory=queue.SimpleQueue)

    def __call__(self, events: Sequence[Event]) -> None:
        self.taken.put(events)

    def get(self) -> list[Event]:
        return list(self.taken.get(timeout=PATIENCE_S))


def serve(engine: FakeEngine, **options: Any) -> EngineThread:
    return EngineThread(engine, **options)  # type: ignore[arg-type]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def thread(engine: FakeEngine) -> Iterator[EngineThread]:
    served = serve(engine)
    served.start()
    yield served
    served.stop()


def result(future: Future[Any]) -> Any:
    return future.result(timeout=PATIENCE_S)


def plan(thread: EngineThread, *steps: Sequence[Event] | Exception) -> None:
    result(thread.call(lambda engine: engine.planned.extend(steps)))  # type: ignore[attr-defined]


# -- commands


def test_commands_run_in_order_on_the_engines_own_thread(thread: EngineThread, engine: FakeEngine) -> None:
    order: list[int] = []
    futures = [thread.call(lambda _, n=n: order.append(n) or threading.get_ident()) for n in range(20)]
    threads = {result(future) for future in futures}
    assert order == list(range(20))
    plan(thread, [])
    result(thread.call(lambda _: None))
    assert threads == engine.threads != {threading.get_ident()}


def test_a_command_gets_the_engine_and_its_result_comes_back(thread: EngineThread, engine: FakeEngine) -> None:
    assert result(thread.call(lambda given: given)) is engine


def test_what_a_command_raises_reaches_the_caller_and_nobody_else(thread: EngineThread) -> None:
    failing = thread.call(lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        result(failing)
    assert result(thread.call(lambda _: "still here")) == "still here"


def test_a_command_that_was_cancelled_in_time_is_not_run(engine: FakeEngine) -> None:
    thread = serve(engine)
    ran: list[str] = []
    cancelled, kept = thread.call(lambda _: ran.append("cancelled")), thread.call(lambda _: ran.append("kept"))
    assert cancelled.cancel()
    thread.start()
    result(kept)
    thread.stop()
    assert ran == ["kept"]


def test_commands_are_served_between_the_steps_of_a_long_answer(thread: EngineThread, engine: FakeEngine) -> None:
    """Barge-in must not wait for the answer to be written."""
    left: list[int] = []

    def endless(_: object) -> None:
        engine.planned.extend([[]] * 100_000)

    result(thread.call(endless))
    left.append(result(thread.call(lambda _: len(engine.planned))))
    result(thread.call(lambda _: engine.planned.clear()))
    assert left[0] > 0


# -- the end


def test_commands_after_the_end_fail_instead_of_waiting_forever(engine: FakeEngine) -> None:
    thread = serve(engine)
    thread.start()
    thread.stop()
    thread.stop()
    with pytest.raises(RunError, match="the engine was stopped"):
        result(thread.call(lambda _: None))


def test_a_command_that_comes_during_the_end_is_answered_one_way_or_the_other(engine: FakeEngine) -> None:
    thread = serve(engine)
    entered, go_on = threading.Event(), threading.Event()

    def dawdle(_: object) -> None:
        entered.set()
        go_on.wait(PATIENCE_S)

    dawdling = thread.call(dawdle)
    thread.start()
    assert entered.wait(PATIENCE_S)
    stopping = threading.Thread(target=thread.stop)
    stopping.start()
    late = [thread.call(lambda _: None) for _ in range(5)]
    go_on.set()
    stopping.join(PATIENCE_S)
    result(dawdling)
    assert all(isinstance(future.exception(timeout=PATIENCE_S), RunError | None) for future in late)


def test_a_thread_that_was_never_started_can_be_stopped(engine: FakeEngine) -> None:
    thread = serve(engine)
    waiting = thread.call(lambda _: None)
    thread.stop()
    assert isinstance(waiting.exception(timeout=PATIENCE_S), RunError)


# -- events


def test_events_go_to_the_listener_of_their_conversation(thread: EngineThread) -> None:
    first, second = Inbox(), Inbox()
    thread.listen(1, first)
    thread.listen(2, second)
    plan(thread, [happened(2, 1), happened(1, 1), happened(2, 2), happened(3, 1)])
    assert first.get() == [happened(1, 1)]
    assert second.get() == [happened(2, 1), happened(2, 2)]


def test_a_conversation_that_was_forgotten_is_told_nothing(thread: EngineThread) -> None:
    gone, present = Inbox(), Inbox()
    thread.listen(1, gone)
    thread.listen(2, present)
    thread.forget(1)
    thread.forget(1)
    plan(thread, [happened(1, 1), happened(2, 1)])
    assert present.get() == [happened(2, 1)]
    assert gone.taken.empty()


# -- pacing


def paced(step_takes_s: float, step_s: float) -> list[float]:
    """The pauses of five steps."""
    engine = FakeEngine(planned=[[]] * 5, step_takes_s=step_takes_s)
    pauses: list[float] = []
    done = threading.Event()

    def sleep(pause_s: float) -> None:
        pauses.append(round(pause_s, 6))
        engine.now_s += pause_s
        if not engine.planned:
            done.set()

    thread = serve(engine, step_s=step_s, clock=lambda: engine.now_s, sleep=sleep)
    thread.start()
    assert done.wait(PATIENCE_S)
    thread.stop()
    return pauses


def test_a_paced_engine_sleeps_what_is_left_of_each_step() -> None:
    assert paced(step_takes_s=0.03, step_s=0.1) == [0.07] * 5


def test_an_engine_slower_than_its_pace_does_not_sleep() -> None:
    assert paced(step_takes_s=0.3, step_s=0.1) == [0.0] * 5


def test_an_unpaced_engine_never_sleeps(engine: FakeEngine) -> None:
    def sleep(_: float) -> None:
        pytest.fail("there was no pace to keep")

    thread = serve(engine, sleep=sleep)
    thread.start()
    plan(thread, [], [], [])
    result(thread.call(lambda _: None))
    thread.stop()
    assert not engine.planned


# -- failures


def test_a_failing_engine_ends_the_open_conversations_and_the_thread_goes_on(
    thread: EngineThread, engine: FakeEngine
) -> None:
    engine.conversations = (FakeConversation(1), FakeConversation(2))
    inboxes = {1: Inbox(), 2: Inbox(), 3: Inbox()}
    for number, inbox in inboxes.items():
        thread.listen(number, inbox)
    plan(thread, MemoryError("the card is full"), [happened(3, 1)])
    for number in (1, 2):
        assert inboxes[number].get() == [ConversationFailed(number, 1, 0.0, "the card is full")]
    assert engine.conversations == ()
    assert inboxes[3].get() == [happened(3, 1)]


def test_a_listener_that_fails_loses_its_conversation_and_disturbs_no_other(
    thread: EngineThread, engine: FakeEngine
) -> None:
    orphan, other = FakeConversation(1), FakeConversation(2)
    engine.conversations = (orphan, other)
    inbox = Inbox()

    def fail(_: Sequence[Event]) -> None:
        raise RuntimeError("Event loop is closed")

    thread.listen(1, fail)
    thread.listen(2, inbox)
    plan(thread, [happened(1, 1), happened(2, 1)], [happened(1, 2), happened(2, 2)])
    assert inbox.get() == [happened(2, 1)] and inbox.get() == [happened(2, 2)]
    assert orphan.closed and not other.closed
