"""The assistant: loads the model and the voice, owns the engine's thread, opens conversations. The Python door.

assistant = Assistant(load_settings())
assistant.start()
async with assistant.converse() as conversation: ...
assistant.close()
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from app.config import Settings
from app.conversation.conversation import Conversation, Parts
from app.conversation.engine_link import EngineLink
from app.conversation.events import TurnDone
from app.engine_thread import EngineThread
from app.errors import RunError, SettingsError
from app.models import build_engine, choose_sampling, spelling
from engine.conversation import Conversation as EngineConversation
from engine.engine import Engine
from engine.methods import METHODS

if TYPE_CHECKING:
    from app.voice import Voice

SPEAKING_THREADS = 8

log = logging.getLogger(__name__)


class Assistant:
    """One model and one set of voices, for many conversations. Nothing is loaded before `start`."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self.clock = clock
        self._engine: EngineThread | None = None
        self._voice: Voice | None = None
        self._spelled: Callable[[str], str] = str
        self._speaking = ThreadPoolExecutor(SPEAKING_THREADS, "sotto-speaking")
        self._loading = threading.Lock()
        self._open: set[int] = set()  # the engine's numbers of the conversations
        self.on_turn: Callable[[TurnDone], None] | None = None  # told of every turn that is over

    def start(self) -> None:
        """Load the model and start its thread. Raises EngineError, SettingsError; the voice is loaded when first
        needed.
        """
        _check_method(self.settings.method)
        step_s = (self.settings.step_ms or 0) / 1000
        engine = build_engine(self.settings, self.clock)
        self._spelled = spelling(engine.model.prompts)
        self._engine = EngineThread(engine, step_s, self.clock)
        self._engine.start()

    def close(self) -> None:
        """End everything; open conversations can only be left now. Harmless when repeated or never started."""
        if self._engine is not None:
            self._engine.stop()
            self._engine = None
        if self._voice is not None:
            self._voice.synthesizer.cancel()  # or the threads that wait for its sound would not end
        self._speaking.shutdown(wait=True, cancel_futures=True)
        if self._voice is not None:
            self._voice.close()
            self._voice = None

    def warm_voice(self) -> Voice:
        """Load the recogniser and the synthesizer now. Raises AudioError."""
        with self._loading:
            if self._voice is None:
                from app.voice import build_voice  # a text conversation needs none of the voice's libraries

                self._voice = build_voice(self.settings)
            return self._voice

    def converse(self, method: str | None = None, voice: bool = True) -> Conversation:
        """A new conversation, with sound or in text only.

        Raises EngineFull if there is no room, SettingsError for an unknown method, AudioError if the voice cannot be
        had.
        """
        engine = self.engine
        method = method or self.settings.method
        _check_method(method)
        voices = self.warm_voice() if voice else None
        tokens = engine.call(lambda running: self._open_tokens(running, method)).result()
        try:
            listener = voices.new_listener() if voices else None
        except BaseException:
            engine.call(lambda running: running.close(tokens))
            raise
        self._open.add(tokens.id)
        return Conversation(
            Parts(
                engine=EngineLink(engine, tokens, self._spelled, self.settings.most_ahead_s),
                listener=listener,
                synthesizer=voices.synthesizer if voices else None,
                speaking=self._speaking,
                clock=self.clock,
                on_exit=partial(self._open.discard, tokens.id),
                most_sound_ahead_s=self.settings.most_sound_ahead_s,
                language=self.settings.language,
                on_turn=self.on_turn,
            )
        )

    @property
    def engine(self) -> EngineThread:
        """For doors that talk tokens. Raises RunError if the assistant is not running."""
        if self._engine is None:
            raise RunError("the assistant is not running; call start() first")
        return self._engine

    @property
    def spelled(self) -> Callable[[str], str]:
        """The user's words as the model reads them."""
        return self._spelled

    @property
    def open_conversations(self) -> int:
        """How many conversations are open."""
        return len(self._open)

    def _open_tokens(self, engine: Engine, method: str) -> EngineConversation:
        return engine.open(method, choose_sampling(self.settings, engine.model.prompts))


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise SettingsError(f"--method {method} is not available; available are: {', '.join(METHODS)}")
