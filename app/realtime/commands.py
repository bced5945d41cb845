"""Commands: what a client event does to the conversation.

`obey` carries out one event and returns what is to be answered at once; most answers come later, as the conversation's
own events. Raises ProtocolError for what cannot be done; the connection lives on. Session settings are not its matter.
"""

from typing import assert_never

from app.realtime import client_events as client
from app.realtime.errors import ProtocolError
from app.realtime.input_sound import InputSound
from app.realtime.interfaces import Conversation
from app.realtime.messages import Event, Message
from app.realtime.server_events import Translator
from app.realtime.sound_queue import SoundMark, SoundQueue
from audio.pcm import OUTPUT_RATE_HZ

Command = (
    client.AudioAppend
    | client.AudioCommit
    | client.AudioClear
    | client.ItemCreate
    | client.ItemTruncate
    | client.ResponseCreate
    | client.ResponseCancel
    | client.Playback
)


class Commands:
    """Obeys client events on behalf of one conversation."""

    def __init__(
        self, conversation: Conversation, queue: SoundQueue, translator: Translator, sound: InputSound
    ) -> None:
        self._conversation = conversation
        self._queue = queue
        self._translator = translator
        self._sound = sound
        self._typed: list[str] = []  # created items that wait for `response.create`
        self._committed = False

    async def hear(self, data: bytes) -> None:
        """Microphone bytes, s16le at the session's input rate."""
        samples = self._sound.samples(data)
        if len(samples):
            await self._queue.put(samples)

    def set_patience(self, patience: float | None) -> None:
        """Of the turns to come; None leaves it as it is."""
        if patience is not None:
            self._conversation.set_patience(patience)

    async def obey(self, event: Command) -> list[Message]:
        match event:
            case client.AudioAppend():
                await self.hear(event.pcm())
            case client.AudioCommit():
                self._committed = True
                await self._queue.put(SoundMark.COMMIT)
            case client.AudioClear():
                raise ProtocolError(
                    "Sound is heard as it comes and cannot be taken back; send silence or response.cancel instead.",
                    code="not_supported",
                    param="type",
                    event_id=event.event_id,
                )
            case client.ItemCreate(item=item):
                self._typed.append(item.text)
                return self._translator.typed_item(item.text, item.id)
            case client.ItemTruncate():
                return self._truncate(event)
            case client.ResponseCreate():
                await self._respond(event)
            case client.ResponseCancel():
                await self._cancel(event)
            case client.Playback(epoch=epoch, played_samples=samples, done=done):
                self._played(epoch, samples, done)
            case _:
                assert_never(event)
        return []

    def _played(self, peers_epoch: int, samples: int, done: bool) -> None:
        """The peer's speaker is here; news of an earlier conversation's sound is dropped."""
        epoch = self._translator.own_epoch(peers_epoch)
        if epoch is not None:
            self._conversation.played(epoch, samples, done=done)

    async def _respond(self, event: client.ResponseCreate) -> None:
        """Typed items begin a turn here. After a commit, or during a response, there is nothing left to start."""
        if self._typed:
            text, self._typed = "\n".join(self._typed), []
            await self._conversation.say(text)
        elif self._committed or self._translator.active:
            self._committed = False
        else:
            raise ProtocolError(
                "There is nothing to respond to: create a user item or commit some sound first.",
                code="nothing_to_respond_to",
                event_id=event.event_id,
            )

    async def _cancel(self, event: client.ResponseCancel) -> None:
        """Stops whatever is under way, also what has no response yet; then complains if there was none."""
        active = self._translator.active
        await self._conversation.stop()
        if not active:
            raise ProtocolError(
                "There is no response to cancel.", code="response_cancel_not_active", event_id=event.event_id
            )

    def _truncate(self, event: client.ItemTruncate) -> list[Message]:
        epoch = self._translator.epoch_of_item.get(event.item_id)
        if epoch is None:
            raise ProtocolError(
                f"None of the latest spoken answers has the id {event.item_id!r}.",
                code="item_not_found",
                param="item_id",
                event_id=event.event_id,
            )
        self._played(epoch, event.audio_end_ms * OUTPUT_RATE_HZ // 1000, done=True)
        what = {"item_id": event.item_id, "content_index": 0, "audio_end_ms": event.audio_end_ms}
        return [Event({"type": "conversation.item.truncated", **what})]
