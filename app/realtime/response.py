"""Response: one turn's answer and thoughts while they grow, in the API's shapes.

Every method returns the messages that tell what happened; each part is opened once and closed once. The answer is the
item at output index 0: spoken (transcript and sound) or written (text). Thoughts are the item at output index 1, of
which only `response.reasoning_text.*` is told, so that no peer can take them for the answer. Every worker or thread
that thinks is a content part of its own.
"""

from app.realtime.messages import Event, Json, Message, Sound

ANSWER_INDEX, THOUGHTS_INDEX = 0, 1


class Response:
    """The response to one turn; its identifiers end in `name`, e.g. `resp_3`."""

    def __init__(self, name: str, voice: bool, previous_item: str | None) -> None:
        self.id = f"resp_{name}"
        self.answer_item = f"item_answer_{name}"
        self.epoch: int | None = None
        self._thoughts_item = f"item_thoughts_{name}"
        self._voice = voice
        self._previous_item = previous_item
        self._thoughts: dict[str, list[str]] = {}  # by lane, in the order in which they began
        self._answer: list[str] = []
        self._next_sample = 0  # of the epoch's sound
        self._has_part = False
        self._open_ends = {"thoughts", "answer", "sound"}

    def created(self) -> list[Message]:
        item = message_item(self.answer_item, "assistant", "in_progress", [])
        return [
            Event({"type": "response.created", "response": self._body("in_progress", [])}),
            Event({"type": "response.output_item.added", **self._place, "item": item}),
            Event({"type": "conversation.item.added", "previous_item_id": self._previous_item, "item": item}),
        ]

    def thought(self, text: str, lane: str = "") -> list[Message]:
        self._thoughts.setdefault(lane, []).append(text)
        return [Event(self._thoughts_part("response.reasoning_text.delta", lane) | {"delta": text})]

    def thoughts_cut(self, characters: int, lane: str = "") -> list[Message]:
        """All but the first `characters` of a lane's thoughts were taken back."""
        kept = "".join(self._thoughts.get(lane, []))[:characters]
        self._thoughts[lane] = [kept]
        return [Event(self._thoughts_part("sotto.reasoning_text.cut", lane) | {"text": kept})]

    def answer(self, text: str) -> list[Message]:
        self._answer.append(text)
        return [*self._open_part(), Event(self._answer_part(f"{self._text_event}.delta") | {"delta": text})]

    def sound(self, epoch: int, pcm: bytes, phrase: str) -> list[Message]:
        """Sound of `epoch`, 24 kHz mono s16le; `phrase` is the text that begins with it, or empty."""
        if self.epoch != epoch:
            self.epoch, self._next_sample = epoch, 0
        messages = self._open_part()
        place = {"epoch": epoch, "first_sample": self._next_sample}
        if phrase:
            messages.append(Event({"type": "sotto.phrase", "response_id": self.id, **place, "text": phrase}))
        body = self._answer_part("response.output_audio.delta") | {"sotto": place}
        sound = Sound(body, epoch, self._next_sample, pcm)
        self._next_sample += sound.samples
        return [*messages, sound]

    def thoughts_done(self) -> list[Message]:
        if not self._thoughts or not self._end("thoughts"):
            return []
        return [
            Event(self._thoughts_part("response.reasoning_text.done", lane) | {"text": "".join(pieces)})
            for lane, pieces in self._thoughts.items()
        ]

    def answer_done(self, text: str) -> list[Message]:
        """`text` is the whole answer, which stands in place of its pieces."""
        self._answer = [text]
        if not self._has_part or not self._end("answer"):
            return []
        return [Event(self._answer_part(f"{self._text_event}.done") | {"transcript" if self._voice else "text": text})]

    def sound_done(self) -> list[Message]:
        if self.epoch is None or not self._end("sound"):
            return []
        place = {"epoch": self.epoch, "samples": self._next_sample}
        return [Event(self._answer_part("response.output_audio.done") | {"sotto": place}, after_sound=True)]

    def done(self, answer: str, interrupted: bool, broke_off: bool = False) -> list[Message]:
        """Closes whatever is still open, then the response itself. broke_off: it had no more room."""
        closing = [*self.thoughts_done(), *self.answer_done(answer), *self.sound_done()]
        if self._has_part:
            closing.append(
                Event(self._answer_part("response.content_part.done") | {"part": self._part_content(answer)})
            )
        item_status = "incomplete" if interrupted or broke_off else "completed"
        item = message_item(self.answer_item, "assistant", item_status, self._item_content(answer))
        status = "cancelled" if interrupted else item_status
        return [
            *closing,
            Event({"type": "response.output_item.done", **self._place, "item": item}),
            Event({"type": "conversation.item.done", "previous_item_id": self._previous_item, "item": item}),
            Event({"type": "response.done", "response": self._body(status, [item])}),
        ]

    def _end(self, part: str) -> bool:
        """Marks a part as closed; whether it was open."""
        was_open = part in self._open_ends
        self._open_ends.discard(part)
        return was_open

    def _open_part(self) -> list[Message]:
        if self._has_part:
            return []
        self._has_part = True
        return [Event(self._answer_part("response.content_part.added") | {"part": self._part_content("")})]

    @property
    def _text_event(self) -> str:
        return "response.output_audio_transcript" if self._voice else "response.output_text"

    @property
    def _place(self) -> Json:
        return {"response_id": self.id, "output_index": ANSWER_INDEX}

    def _part_content(self, text: str) -> Json:
        return {"type": "audio", "transcript": text} if self._voice else {"type": "text", "text": text}

    def _item_content(self, text: str) -> list[Json]:
        kind = "output_audio" if self._voice else "output_text"
        return [self._part_content(text) | {"type": kind}] if self._has_part else []

    def _answer_part(self, kind: str) -> Json:
        return {"type": kind, **self._place, "item_id": self.answer_item, "content_index": 0}

    def _thoughts_part(self, kind: str, lane: str) -> Json:
        where = {"response_id": self.id, "output_index": THOUGHTS_INDEX, "item_id": self._thoughts_item}
        named = {"sotto": {"lane": lane}} if lane else {}
        return {"type": kind, **where, "content_index": list(self._thoughts).index(lane), **named}

    def _body(self, status: str, output: list[Json]) -> Json:
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": _details(status),
            "output": output,
            "output_modalities": ["audio" if self._voice else "text"],
            "usage": None,
        }


def _details(status: str) -> Json | None:
    match status:
        case "in_progress":
            return None
        case "incomplete":
            return {"type": status, "reason": "max_output_tokens"}
        case _:
            return {"type": status}


def message_item(item_id: str, role: str, status: str, content: list[Json]) -> Json:
    """The API's conversation item."""
    kind = {"object": "realtime.item", "id": item_id, "type": "message"}
    return kind | {"role": role, "status": status, "content": content}
