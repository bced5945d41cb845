"""Server events: what a conversation says, in the API's words.

`Translator.translate(event)` maps one event of `app.conversation.events` to messages. It keeps only what the API's
shapes need (identifiers, the running utterance, the open responses) and does no input or output.
"""

from typing import assert_never

from app.conversation import events
from app.realtime.errors import SERVER_ERROR, error_body
from app.realtime.item_order import ItemOrder
from app.realtime.messages import Event, Message
from app.realtime.response import Response
from app.realtime.user_items import UserItems

MOST_ANSWERS = 16  # of which a peer may still tell how much was heard; the conversation looks at the latest two


class Translator:
    """Maps the events of one conversation to messages.

    `prefix` keeps the names of successive conversations apart, `first_epoch` their epochs: a peer's epochs only grow.
    """

    def __init__(self, voice: bool, prefix: str = "", first_epoch: int = 0) -> None:
        self.epoch_of_item: dict[str, int] = {}  # the peer's epoch of the latest spoken answers
        self.last_epoch = first_epoch  # of the peer
        self._first_epoch = first_epoch
        self._voice = voice
        self._prefix = prefix
        self._responses: dict[int, Response] = {}
        self._order = ItemOrder()
        self._users = UserItems(prefix, self._order)

    @property
    def active(self) -> bool:
        """Whether a response is under way."""
        return bool(self._responses)

    def translate(self, event: events.ConversationEvent, heard_ms: int = 0) -> list[Message]:
        """Messages for one event, in order. `heard_ms`: sound received from the peer so far, in milliseconds."""
        match event:
            case events.SpeechStarted() | events.SpeechEnded() | events.PartialTranscript() | events.PassedOver():
                return self._users.take(event, heard_ms)
            case events.TurnOpened() | events.UserTurn():
                return [*self._users.take(event, heard_ms), *self._response(event.turn)[1]]
            case events.StateChanged(mind=mind, mouth=mouth):
                return [Event({"type": "sotto.state", "mind": mind.value, "mouth": mouth.value})]
            case events.Hush(turn=turn, epoch=epoch):
                return [self._hold("sotto.hush", turn, epoch)]
            case events.Unhush(turn=turn, epoch=epoch):
                return [self._hold("sotto.unhush", turn, epoch)]
            case events.Flush(turn=turn, epoch=epoch):
                return [self.flush(self.peers_epoch(epoch), f"resp_{self._name(turn)}")]
            case events.Fault(code=code, message=message):
                return [Event({"type": "error", "error": error_body(SERVER_ERROR, code, message)})]
            case events.GateAsked():
                return [self._gate(event)]
            case _:
                return self._assistant(event)

    def typed_item(self, text: str, item_id: str | None) -> list[Message]:
        """The item a peer created by typing: told at once; its turn begins with the peer's `response.create`."""
        return self._users.typed(text, item_id)

    def flush(self, peers_epoch: int, response_id: str | None = None) -> Event:
        """Tells the peer to drop all sound of this epoch (the peer's) and of older ones."""
        return Event({"type": "sotto.flush", "response_id": response_id, "epoch": peers_epoch})

    def _hold(self, what: str, turn: int, epoch: int) -> Event:
        return Event({"type": what, "response_id": f"resp_{self._name(turn)}", "epoch": self.peers_epoch(epoch)})

    def peers_epoch(self, epoch: int) -> int:
        """The conversation's epoch as the peer counts it."""
        self.last_epoch = max(self.last_epoch, self._first_epoch + epoch)
        return self._first_epoch + epoch

    def own_epoch(self, peers_epoch: int) -> int | None:
        """The peer's epoch as this conversation counts it; None if it belongs to an earlier conversation."""
        return peers_epoch - self._first_epoch if peers_epoch >= self._first_epoch else None

    # The assistant's side

    def _assistant(
        self,
        event: events.ThoughtDelta
        | events.ThoughtsCut
        | events.AnswerDelta
        | events.ThoughtsDone
        | events.AnswerDone
        | events.AudioDelta
        | events.AudioDone
        | events.TurnDone,
    ) -> list[Message]:
        response, messages = self._response(event.turn)
        match event:
            case events.ThoughtDelta(text=text, lane=lane):
                return messages + response.thought(text, lane)
            case events.ThoughtsCut(characters=characters, lane=lane):
                return messages + response.thoughts_cut(characters, lane)
            case events.AnswerDelta(text=text):
                return messages + response.answer(text)
            case events.ThoughtsDone():
                return messages + response.thoughts_done()
            case events.AnswerDone(text=text):
                return messages + response.answer_done(text)
            case events.AudioDelta(epoch=epoch, pcm=pcm, text=text):
                self._note_epoch(response.answer_item, self.peers_epoch(epoch))
                return messages + response.sound(self.peers_epoch(epoch), pcm, text)
            case events.AudioDone():
                return messages + response.sound_done()
            case events.TurnDone():
                del self._responses[event.turn]
                done = response.done(event.answer, event.interrupted, event.broke_off)
                return [*messages, *done, self._turn(event), *self._settled(event, response)]
            case _:
                assert_never(event)

    def _response(self, turn: int) -> tuple[Response, list[Message]]:
        """The turn's response, and what announces it if it is new. Thoughts may come before the turn itself."""
        if turn in self._responses:
            return self._responses[turn], []
        response = self._responses[turn] = Response(self._name(turn), self._voice, self._order.last)
        self._order.append(response.answer_item)
        return response, response.created()

    def _turn(self, event: events.TurnDone) -> Event:
        what = {"type": "sotto.turn", "response_id": f"resp_{self._name(event.turn)}", "turn": event.turn}
        heard = {"answer": event.answer, "heard": event.heard, "interrupted": event.interrupted}
        ended = {"withdrawn": event.withdrawn, "broke_off": event.broke_off, "latency": event.latency}
        return Event(what | heard | ended)

    def _settled(self, event: events.TurnDone, response: Response) -> list[Message]:
        """What becomes of the turn's items: they stay; or they are deleted, because the user went on and the next
        turn's item has these words too.
        """
        user_item = self._users.settle(event.turn)
        if not event.withdrawn:
            self._order.settle(response.answer_item)
            return []
        items = [response.answer_item] if user_item is None or event.stands else [response.answer_item, user_item]
        for item in items:
            self._order.delete(item)
        return [Event({"type": "conversation.item.deleted", "item_id": item}) for item in items]

    def _note_epoch(self, item: str, peers_epoch: int) -> None:
        self.epoch_of_item[item] = peers_epoch
        while len(self.epoch_of_item) > MOST_ANSWERS:
            del self.epoch_of_item[next(iter(self.epoch_of_item))]

    def _gate(self, event: events.GateAsked) -> Event:
        what = {"type": "sotto.gate", "response_id": f"resp_{self._name(event.turn)}", "step": event.step}
        return Event(what | {"log_odds": event.log_odds, "probability": event.probability, "open": event.open})

    # Names

    def _name(self, turn: int) -> str:
        return f"{self._prefix}{turn}"
