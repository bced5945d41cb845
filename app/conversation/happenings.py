"""What can happen to a conversation's turns. `turns` says what follows. Times are seconds of one clock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VoiceStarted:
    """Something like a voice began."""

    at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class VoiceConfirmed:
    """It has proved to be a voice."""


@dataclass(frozen=True, slots=True)
class HeldLong:
    """The sound of this epoch has been held for long, and no words came: a radio, or a microphone that was lost."""

    epoch: int


@dataclass(frozen=True, slots=True)
class WordsHeard:
    """The words so far that the running utterance is sure of. is_reply: no more than an "mhm" or "okay"; is_stop: no
    more than a "stop" or "never mind".
    """

    text: str
    is_reply: bool = False
    is_stop: bool = False


@dataclass(frozen=True, slots=True)
class WordsSpoken:
    """The user's utterance is over; its words, perhaps none. at_s: when, if silence decided so; None: the user did,
    and what follows is something new. is_reply, is_stop: as for `WordsHeard`.
    """

    text: str
    is_reply: bool = False
    at_s: float | None = None
    is_stop: bool = False


@dataclass(frozen=True, slots=True)
class HearingFailed:
    """The recogniser failed in the sound that came at this time; whatever it had heard of the utterance is half."""

    at_s: float


@dataclass(frozen=True, slots=True)
class WordsTyped:
    """The user typed a message. goes_on: it is no question of its own and may belong to the one before."""

    text: str
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class StopPressed:
    """The user wants silence."""


@dataclass(frozen=True, slots=True)
class Thought:
    """A step gave thoughts and no answer."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A step gave a token of the answer."""


@dataclass(frozen=True, slots=True)
class AnswerEnded:
    """The engine's turn is over."""


@dataclass(frozen=True, slots=True)
class SoundStarted:
    """Sound of the answer went out."""

    at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SoundEnded:
    """All sound of the answer has been heard, or there is none."""


Progress = Thought | Answered | AnswerEnded | SoundStarted | SoundEnded
Happening = (
    VoiceStarted
    | VoiceConfirmed
    | HeldLong
    | WordsHeard
    | WordsSpoken
    | HearingFailed
    | WordsTyped
    | StopPressed
    | Progress
)
