"""What a chat shows, as a pure function of the conversation's events. Knows no terminal."""

import unicodedata
from dataclasses import dataclass, field, replace

from app.conversation.events import (
    AnswerDelta,
    ConversationEvent,
    Fault,
    Mind,
    StateChanged,
    ThoughtDelta,
    ThoughtsCut,
    TurnDone,
    UserTurn,
)

BROKE_OFF = "The answer broke off: there was no more room for it. Ask for the rest."


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn: what the user said, what is thought about it (by lane), what is answered."""

    turn: int
    user: str
    lanes: dict[str, str] = field(default_factory=dict)
    answer: str = ""
    interrupted: bool = False

    @property
    def thoughts(self) -> str:
        """Of all workers and threads, one after the other."""
        return "\n\n".join(text.strip("\n") if len(self.lanes) > 1 else text for text in self.lanes.values())


@dataclass(frozen=True, slots=True)
class Transcript:
    """The exchanges that are still growing, and those that are over and not yet taken."""

    growing: dict[int, Exchange] = field(default_factory=dict)
    over: tuple[Exchange, ...] = ()
    faults: tuple[str, ...] = ()
    mind: Mind = Mind.IDLE

    @property
    def busy(self) -> bool:
        return bool(self.growing)

    def after(self, event: ConversationEvent) -> "Transcript":
        """The transcript once `event` has happened."""
        match event:
            case UserTurn():
                return self._with(replace(self._exchange(event.turn), user=plain(event.text)))
            case ThoughtDelta():
                before = self._exchange(event.turn)
                text = before.lanes.get(event.lane, "") + plain(event.text)
                return self._with(replace(before, lanes={**before.lanes, event.lane: text}))
            case ThoughtsCut():
                before = self._exchange(event.turn)
                kept = before.lanes.get(event.lane, "")[: event.characters]
                return self._with(replace(before, lanes={**before.lanes, event.lane: kept}))
            case AnswerDelta():
                before = self._exchange(event.turn)
                return self._with(replace(before, answer=before.answer + plain(event.text)))
            case TurnDone():
                last = replace(self._exchange(event.turn), interrupted=event.interrupted)
                left = {turn: exchange for turn, exchange in self.growing.items() if turn != event.turn}
                over = self.over if event.withdrawn else (*self.over, last)
                faults = (*self.faults, BROKE_OFF) if event.broke_off else self.faults
                return replace(self, growing=left, over=over, faults=faults)
            case StateChanged():
                return replace(self, mind=event.mind)
            case Fault():
                return replace(self, faults=(*self.faults, plain(event.message)))
            case _:
                return self

    def taken(self) -> "Transcript":
        """The same without what is over and without the faults: they have been shown."""
        return replace(self, over=(), faults=())

    def _exchange(self, turn: int) -> Exchange:
        return self.growing.get(turn, Exchange(turn, ""))

    def _with(self, exchange: Exchange) -> "Transcript":
        return replace(self, growing={**self.growing, exchange.turn: exchange})


def plain(text: str) -> str:
    """The text without control characters: a model must not steer the terminal."""
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) != "Cc")
