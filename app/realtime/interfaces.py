"""What this door needs of an assistant and of its conversations; `app.assistant` has them, tests have fakes."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from app.conversation.events import ConversationEvent


class Conversation(Protocol):
    """One user's conversation; a context manager that holds the engine's and the voice's resources."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None: ...

    async def hear(self, pcm: NDArray[np.int16], /, came_s: float | None = None) -> None:
        """Microphone sound, 16 kHz mono int16, shape [samples], in order, any length. came_s: when it came, by the
        conversation's clock; None: just now.
        """

    async def commit(self, came_s: float | None = None) -> None:
        """Ends the user's spoken turn now, or when this came."""

    async def say(self, text: str, /) -> None:
        """One typed message; interrupts like speech does, or goes on with a question that is not answered yet."""

    async def stop(self) -> None:
        """Silence, and the end of the running turn."""

    def set_patience(self, patience: float, /) -> None:
        """How sure the thoughts must be ahead before the answer goes on, from 0 to 1; counts from the next turn."""

    def played(self, epoch: int, samples: int, /, done: bool = False) -> None:
        """How much of an epoch's sound was heard, in samples at 24 kHz."""

    def events(self) -> AsyncIterator[ConversationEvent]:
        """What happens, from now until the conversation is left."""


class Assistant(Protocol):
    """Opens conversations."""

    def converse(self, method: str | None = None, voice: bool = True) -> Conversation:
        """Raises EngineFull if there is no room, SettingsError if the method cannot be had."""
