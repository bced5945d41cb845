"""What the turn machine may ask of a conversation. `app.conversation.turns` says when."""

from __future__ import annotations

from dataclasses import dataclass

from app.conversation.events import Mind, Mouth


@dataclass(frozen=True, slots=True)
class Hush:
    """Hold the sound of this epoch where it is: the user's voice was heard."""

    turn: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Unhush:
    """It was no interruption: the sound goes on."""

    turn: int
    epoch: int


@dataclass(frozen=True, slots=True)
class CutOff:
    """Silence the speaker, drop all work of this epoch, and cut the answer to what was heard. withdrawn: forget the
    turn's words too, because they are part of the next one's or were never final.
    """

    turn: int
    epoch: int
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Listen:
    """These are the turn's words so far: let the engine think about them. The first ones begin the turn."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class Begin:
    """These are the turn's words: it may be answered. They begin the turn if none came before."""

    turn: int
    text: str
    spoken: bool


@dataclass(frozen=True, slots=True)
class Finish:
    """The turn is over: tell what was said and heard, and its delays. stands: withdrawn, but the user's words stay as
    they were told; what is typed now goes on with them.
    """

    turn: int
    interrupted: bool
    withdrawn: bool = False
    stands: bool = False


@dataclass(frozen=True, slots=True)
class PassOver:
    """The utterance that was heard is no turn, or none any more: forget what was shown of it."""


@dataclass(frozen=True, slots=True)
class Show:
    """Mind and mouth changed."""

    mind: Mind
    mouth: Mouth


Action = Hush | Unhush | CutOff | Listen | Begin | Finish | PassOver | Show
