"""Session: one connection, from its first message to its last.

Four things run at once: the listener (client events to the conversation), the sound queue (sound to it, later), the
teller (the conversation's events to the outbox) and the sender (the outbox to the socket). A change of method or voice
ends the conversation and begins another. The peer's faults are told and the connection lives; a full engine is told
and ends it with 1008. Everything ends by a `Close` in the outbox.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Protocol

from app.conversation.events import Flush
from app.errors import SettingsError
from app.realtime import client_events as client
from app.realtime.commands import Commands
from app.realtime.configuration import AudioFrames, Configuration
from app.realtime.errors import describe, is_foreseen
from app.realtime.input_sound import InputSound
from app.realtime.interfaces import Assistant, Conversation
from app.realtime.messages import Close, Event, Json, Sound
from app.realtime.outbox import Outbox, PeerTooSlow
from app.realtime.sent_messages import Encoded, SoundPlace
from app.realtime.server_events import Translator
from app.realtime.sound_queue import SoundQueue

log = logging.getLogger(__name__)

NORMAL, POLICY, INTERNAL, TOO_SLOW = 1000, 1008, 1011, 1013  # close codes, RFC 6455


class PeerGone(Exception):
    """The peer closed the connection or lost it."""


class Transport(Protocol):
    """A message socket."""

    async def receive(self) -> str | bytes | None:
        """The next message; None once the peer has gone."""

    async def send(self, message: Encoded, /) -> None:
        """Raises PeerGone."""

    def forget_sound(self, epoch: int, /) -> None:
        """The sound of this epoch and of older ones is not sent any more, nor again."""

    async def close(self, code: int, reason: str, /) -> None:
        """Does nothing if the peer has gone already."""


class Session:
    """Runs one connection; `run` returns when it is over."""

    def __init__(
        self, assistant: Assistant, transport: Transport, configuration: Configuration, clock: Callable[[], float]
    ) -> None:
        self._assistant = assistant
        self._transport = transport
        self._configuration = configuration
        self._id = f"sess_{secrets.token_hex(8)}"
        self._clock = clock
        self._outbox = Outbox(clock)
        self._input = InputSound(configuration.input_rate_hz)
        self._conversations = count(1)
        self._next_epoch = 0  # of the next conversation, as the peer counts

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                serving = tasks.create_task(self._serve())
                await self._send()
                serving.cancel()
        except* PeerGone:
            log.debug("%s: the peer has gone", self._id)
        except* PeerTooSlow:
            log.warning("%s: the peer does not take its messages; closed", self._id)
            with suppress(TimeoutError, PeerGone):
                async with asyncio.timeout(1):
                    await self._transport.close(TOO_SLOW, "too_slow")

    # The conversation

    async def _serve(self) -> None:
        """Conversation after conversation until the peer goes."""
        wanted: Configuration | None = self._configuration
        try:
            while wanted is not None:
                wanted = await self._converse(wanted)
            self._outbox.put(Close(NORMAL, ""))
        except Exception as error:
            self._give_up(_first(error))

    def _give_up(self, error: Exception) -> None:
        body = describe(error)
        self._outbox.put(Event({"type": "error", "error": body}))
        self._outbox.put(Close(POLICY if is_foreseen(error) else INTERNAL, body["code"] or ""))

    async def _converse(self, wanted: Configuration) -> Configuration | None:
        """One conversation; returns the configuration of the next, or None when the peer has gone."""
        number = next(self._conversations)
        conversation = await self._opened(wanted, number)
        async with conversation:
            translator = Translator(self._configuration.voice, "" if number == 1 else f"{number}_", self._next_epoch)
            queue = SoundQueue(conversation, self._tell_error, self._clock)
            self._put({"type": "session.created" if number == 1 else "session.updated", "session": self._session})
            async with asyncio.TaskGroup() as tasks:
                others = [tasks.create_task(queue.run()), tasks.create_task(self._tell(conversation, translator))]
                commands = Commands(conversation, queue, translator, self._input)
                commands.set_patience(self._configuration.patience)
                following = await self._listen(commands)
                for task in others:
                    task.cancel()
        self._drop_sound(translator.last_epoch)
        self._outbox.put(translator.flush(translator.last_epoch))
        self._next_epoch = translator.last_epoch + 1
        return following

    async def _opened(self, wanted: Configuration, number: int) -> Conversation:
        """A conversation as wanted; if its settings cannot be had, the error is told and the former ones stay."""
        try:
            conversation = await self._open(wanted)
        except SettingsError as error:
            if number == 1:
                raise
            self._tell_error(error)
            return await self._open(self._configuration)
        self._configure(wanted)
        return conversation

    async def _open(self, wanted: Configuration) -> Conversation:
        """Opening may wait for a step of the engine, or for the voice to load: a thread waits. None is left behind."""
        opening = asyncio.ensure_future(
            asyncio.to_thread(self._assistant.converse, method=wanted.method, voice=wanted.voice)
        )
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            with suppress(Exception):
                async with await opening:
                    pass
            raise

    async def _tell(self, conversation: Conversation, translator: Translator) -> None:
        async for event in conversation.events():
            if isinstance(event, Flush):
                self._drop_sound(translator.peers_epoch(event.epoch))
            for message in translator.translate(event, self._input.received_ms):
                self._outbox.put(message)
        self._outbox.put(Close(NORMAL, "conversation_over"))

    def _drop_sound(self, peers_epoch: int) -> None:
        self._outbox.flush(peers_epoch)
        self._transport.forget_sound(peers_epoch)

    # The peer

    async def _listen(self, commands: Commands) -> Configuration | None:
        """Obeys the peer until it goes or wants another conversation."""
        while (data := await self._transport.receive()) is not None:
            try:
                wanted = await self._obey(data, commands)
            except Exception as error:
                if not is_foreseen(error):
                    raise
                self._tell_error(error)
                continue
            if wanted is not None:
                return wanted
        return None

    async def _obey(self, data: str | bytes, commands: Commands) -> Configuration | None:
        """Carries out one message; returns a configuration that needs a conversation of its own."""
        if isinstance(data, bytes):
            await commands.hear(data)
            return None
        event = client.parse(data)
        if not isinstance(event, client.SessionUpdate):
            for message in await commands.obey(event):
                self._outbox.put(message)
            return None
        wanted = self._configuration.patched(event.session)
        if wanted.needs_new_conversation(self._configuration):
            return wanted
        self._configure(wanted)
        commands.set_patience(wanted.patience)
        self._put({"type": "session.updated", "session": self._session})
        return None

    def _configure(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._input.change_rate(configuration.input_rate_hz)

    @property
    def _session(self) -> Json:
        return self._configuration.as_session(self._id)

    def _put(self, body: Json) -> None:
        self._outbox.put(Event(body))

    def _tell_error(self, error: Exception) -> None:
        self._put({"type": "error", "error": describe(error)})

    # The socket

    async def _send(self) -> None:
        """Sends until a Close has gone out."""
        for number in count(1):
            message = await self._outbox.get()
            if isinstance(message, Close):
                await self._transport.close(message.code, message.reason)
                return
            await self._transport.send(self._encoded(message, number))

    def _encoded(self, message: Event | Sound, number: int) -> Encoded:
        if isinstance(message, Event):
            body = message.body
        elif self._configuration.frames is AudioFrames.BINARY:
            return Encoded(message.as_binary(), number, SoundPlace(message.epoch, message.first_sample))
        else:
            body = message.as_json()
        named = {"event_id": f"event_{number}", **body}
        return Encoded(json.dumps(named, ensure_ascii=False, separators=(",", ":")), number)


def _first(error: Exception) -> Exception:
    """The first leaf of nested exception groups."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
