"""The user's side: what is being said, and what was said or typed, as the API's items.

A spoken turn's item is told as soon as the assistant begins to think about its first words, as "in progress", and done
when the words are final.
"""

from itertools import count
from typing import assert_never

from app import events
from app.realtime.messages import Event, Json, Message
from app.realtime.response import message_item

TRANSCRIPTION = "conversation.item.input_audio_transcription"
UserEvent = events.SpeechStarted | events.SpeechEnded | events.PartialTranscript | events.TurnOpened | events.UserTurn


class UserItems:
    """last_item: the newest item of the conversation, whosever it is. of_turn: the user's item of each turn."""

    def __init__(self, prefix: str) -> None:
        self.last_item: str | None = None
        self.of_turn: dict[int, str] = {}
        self._prefix = prefix
        self._numbers = count(1)
        self._utterance: str | None = None  # item id of what the user is saying
        self._previous: str | None = None  # the item before it, once it was told
        self._told = False
        self._start_ms = 0
        self._end_ms = 0

    def take(self, event: UserEvent, heard_ms: int) -> list[Message]:
        """Messages for one event. `heard_ms`: sound received from the peer so far, in milliseconds."""
        match event:
            case events.SpeechStarted():
                self._utterance, self._told, self._start_ms = self._new_item(), False, heard_ms
                place = {"audio_start_ms": heard_ms, "item_id": self._utterance}
                return [Event({"type": "input_audio_buffer.speech_started", **place})]
            case events.SpeechEnded():
                self._end_ms = heard_ms
                place = {"audio_end_ms": heard_ms, "item_id": self._spoken_item()}
                return [Event({"type": "input_audio_buffer.speech_stopped", **place})]
            case events.PartialTranscript(text=text, agreed=agreed):
                place = {"item_id": self._spoken_item()}
                return [Event({"type": "sotto.transcript.partial", **place, "text": text, "agreed": agreed})]
            case events.TurnOpened(turn=turn):
                self.of_turn[turn] = self._spoken_item()
                return [self._added(self._spoken_item(), "in_progress", {"type": "input_audio", "transcript": ""})]
            case events.UserTurn(turn=turn, text=text, spoken=spoken):
                return self._spoken(turn, text) if spoken else self._typed(turn)
            case _:
                assert_never(event)

    def typed(self, text: str, item_id: str | None) -> list[Message]:
        """The item a peer created by typing: told at once; its turn begins with the peer's `response.create`."""
        item, content = item_id or self._new_item(), {"type": "input_text", "text": text}
        return [self._added(item, "completed", content), self._done(item, content)]

    def _typed(self, turn: int) -> list[Message]:
        if self.last_item is not None:
            self.of_turn[turn] = self.last_item
        return []

    def _spoken(self, turn: int, text: str) -> list[Message]:
        item, content = self._spoken_item(), {"type": "input_audio", "transcript": text}
        self.of_turn[turn] = item
        committed = Event(
            {
                "type": "input_audio_buffer.committed",
                "item_id": item,
                "previous_item_id": self._previous if self._told else self.last_item,
            }
        )
        added = [] if self._told else [self._added(item, "completed", content)]
        done = self._done(item, content)
        part = {"item_id": item, "content_index": 0}
        usage = {"type": "duration", "seconds": max(0, self._end_ms - self._start_ms) / 1000}
        self._utterance, self._told = None, False
        return [
            committed,
            *added,
            done,
            Event({"type": f"{TRANSCRIPTION}.delta", **part, "delta": text}),
            Event({"type": f"{TRANSCRIPTION}.completed", **part, "transcript": text, "usage": usage}),
        ]

    def _added(self, item: str, status: str, content: Json) -> Event:
        self._previous, self.last_item, self._told = self.last_item, item, True
        body = message_item(item, "user", status, [content])
        return Event({"type": "conversation.item.added", "previous_item_id": self._previous, "item": body})

    def _done(self, item: str, content: Json) -> Event:
        body = message_item(item, "user", "completed", [content])
        return Event({"type": "conversation.item.done", "previous_item_id": self._previous, "item": body})

    def _new_item(self) -> str:
        return f"item_user_{self._prefix}{next(self._numbers)}"

    def _spoken_item(self) -> str:
        if self._utterance is None:
            self._utterance = self._new_item()
        return self._utterance
