"""The user's side: what is being said, and what was said or typed, as the API's items.

A spoken turn's item is told as soon as the assistant begins to think about its first words, as "in progress", and done
when the words are final. An utterance that turns out to be no turn never becomes an item.
"""

from dataclasses import dataclass
from itertools import count
from typing import assert_never

from app.conversation import events
from app.realtime.item_order import ItemOrder
from app.realtime.messages import Event, Json, Message
from app.realtime.response import message_item

TRANSCRIPTION = "conversation.item.input_audio_transcription"
UserEvent = (
    events.SpeechStarted
    | events.SpeechEnded
    | events.PartialTranscript
    | events.PassedOver
    | events.TurnOpened
    | events.UserTurn
)


@dataclass(slots=True)
class SpokenItem:
    """What the user is saying: its item's id, the item before it once it was told, and its place in the sound."""

    item: str
    told: bool = False
    previous: str | None = None
    start_ms: int = 0
    end_ms: int = 0


class UserItems:
    """order: of all items of the conversation, whosever they are."""

    def __init__(self, prefix: str, order: ItemOrder) -> None:
        self._order = order
        self._of_turn: dict[int, str] = {}  # the user's item of each turn that is not over
        self._prefix = prefix
        self._numbers = count(1)
        self._running: SpokenItem | None = None
        self._last_typed: str | None = None

    def take(self, event: UserEvent, heard_ms: int) -> list[Message]:
        """Messages for one event. `heard_ms`: sound received from the peer so far, in milliseconds."""
        match event:
            case events.SpeechStarted():
                self._running = SpokenItem(self._new_item(), start_ms=heard_ms)
                place = {"audio_start_ms": heard_ms, "item_id": self._running.item}
                return [Event({"type": "input_audio_buffer.speech_started", **place})]
            case events.SpeechEnded():
                self._spoken.end_ms = heard_ms
                place = {"audio_end_ms": heard_ms, "item_id": self._spoken.item}
                return [Event({"type": "input_audio_buffer.speech_stopped", **place})]
            case events.PartialTranscript(text=text, agreed=agreed):
                place = {"item_id": self._spoken.item}
                return [Event({"type": "sotto.transcript.partial", **place, "text": text, "agreed": agreed})]
            case events.PassedOver():
                passed, self._running = self._running, None
                return [] if passed is None else [Event({"type": "sotto.transcript.dropped", "item_id": passed.item})]
            case events.TurnOpened(turn=turn):
                self._of_turn[turn] = self._spoken.item
                return [self._added_spoken("in_progress", "")]
            case events.UserTurn(turn=turn, text=text, spoken=True):
                return self._end_spoken(turn, text)
            case events.UserTurn(turn=turn):
                if self._last_typed is not None:
                    self._of_turn[turn] = self._last_typed
                return []
            case _:
                assert_never(event)

    def typed(self, text: str, item_id: str | None) -> list[Message]:
        """The item a peer created by typing: told at once; its turn begins with the peer's `response.create`."""
        item, content = item_id or self._new_item(), {"type": "input_text", "text": text}
        self._last_typed, previous = item, self._order.append(item)
        return [_told(what, item, previous, "completed", content) for what in ("added", "done")]

    def settle(self, turn: int) -> str | None:
        """The turn is over; its item, if it has one."""
        return self._of_turn.pop(turn, None)

    @property
    def _spoken(self) -> SpokenItem:
        if self._running is None:
            self._running = SpokenItem(self._new_item())
        return self._running

    def _added_spoken(self, status: str, text: str) -> Event:
        spoken = self._spoken
        spoken.told, spoken.previous = True, self._order.append(spoken.item)
        return _told("added", spoken.item, spoken.previous, status, {"type": "input_audio", "transcript": text})

    def _end_spoken(self, turn: int, text: str) -> list[Message]:
        """The words are final."""
        added = [] if self._spoken.told else [self._added_spoken("completed", text)]
        spoken, self._running = self._spoken, None
        item = self._of_turn[turn] = spoken.item
        part = {"item_id": item, "content_index": 0}
        usage = {"type": "duration", "seconds": max(0, spoken.end_ms - spoken.start_ms) / 1000}
        return [
            Event({"type": "input_audio_buffer.committed", "item_id": item, "previous_item_id": spoken.previous}),
            *added,
            _told("done", item, spoken.previous, "completed", {"type": "input_audio", "transcript": text}),
            Event({"type": f"{TRANSCRIPTION}.delta", **part, "delta": text}),
            Event({"type": f"{TRANSCRIPTION}.completed", **part, "transcript": text, "usage": usage}),
        ]

    def _new_item(self) -> str:
        return f"item_user_{self._prefix}{next(self._numbers)}"


def _told(what: str, item: str, previous: str | None, status: str, content: Json) -> Event:
    body = message_item(item, "user", status, [content])
    return Event({"type": f"conversation.item.{what}", "previous_item_id": previous, "item": body})
