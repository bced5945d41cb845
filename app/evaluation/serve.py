"""Many conversations served together, each replaced as it ends: the loop that all measurements share."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Protocol, TypeVar

from engine.conversation import Conversation
from engine.engine import Engine
from engine.errors import EngineFull
from engine.events import Event

AT_ONCE = 8  # conversations served together


class Work(Protocol):
    """A conversation and what is to be done in it."""

    @property
    def conversation(self) -> Conversation: ...

    @property
    def over(self) -> bool:
        """Is it done with, whatever the conversation may still say?"""

    def speak(self) -> None:
        """Called before every step: what the user says now, if anything."""

    def take(self, event: Event) -> None:
        """An event of the conversation."""


Item = TypeVar("Item")
One = TypeVar("One", bound=Work)


def serve(
    engine: Engine, items: Iterable[Item], begin: Callable[[Item], One], at_once: int = AT_ONCE
) -> Generator[One, None, None]:
    """The work on every item as it is over. Left early, it closes its conversations.

    begin: opens a conversation. Raises EngineFull if there is no room for a single one, and what `begin` raises else.
    """
    waiting = list(items)[::-1]
    at_work: dict[int, One] = {}
    try:
        while waiting or at_work:
            while waiting and len(at_work) < at_once:
                try:
                    work = begin(waiting[-1])
                except EngineFull:
                    if not at_work:
                        raise
                    break
                waiting.pop()
                at_work[work.conversation.id] = work
            for work in at_work.values():
                work.speak()
            for event in engine.step():
                at_work[event.conversation].take(event)
            for work in [one for one in at_work.values() if one.over]:
                del at_work[work.conversation.id]
                engine.close(work.conversation)
                yield work
    finally:
        for work in at_work.values():
            engine.close(work.conversation)
