"""What a conversation tells its listeners: words, thoughts, sound, states, faults.

Every event carries `at_s`, seconds of the conversation's monotonic clock. Sound is 24 kHz mono s16le. An `epoch` names
the sound of one turn: epochs only grow, with every turn and with every interruption; sound of an older epoch is stale
and must be dropped wherever it is met. This module knows nothing of sockets, pages or models.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from app.latency import Moments


class Mind(StrEnum):
    """What the assistant's mind does."""

    IDLE = "idle"
    LISTENING = "listening"
    THINKING = "thinking"
    WRITING = "writing"


class Mouth(StrEnum):
    """What the assistant's mouth does."""

    SILENT = "silent"
    SPEAKING = "speaking"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The user's voice was heard."""

    at_s: float


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The user's voice fell silent."""

    at_s: float


@dataclass(frozen=True, slots=True)
class PartialTranscript:
    """The words of the running utterance as far as they are known; a later one may revise all but the first `agreed`
    characters.
    """

    at_s: float
    text: str
    agreed: int = 0


@dataclass(frozen=True, slots=True)
class PassedOver:
    """The utterance that was heard is no turn: an "mhm", a "stop", a radio, or words that were lost or left behind.
    What was shown of it may be forgotten.
    """

    at_s: float


@dataclass(frozen=True, slots=True)
class TurnOpened:
    """A turn begins with the first words of an utterance: from now on they are thought about. `UserTurn` follows when
    they are final.
    """

    at_s: float
    turn: int


@dataclass(frozen=True, slots=True)
class UserTurn:
    """The user's final words: the turn may be answered."""

    at_s: float
    turn: int
    text: str
    spoken: bool


@dataclass(frozen=True, slots=True)
class ThoughtDelta:
    """A piece of thought; `step` is the decoding step that made it. lane: which worker or thread thinks it, "" if there
    is only one.
    """

    at_s: float
    turn: int
    text: str
    step: int
    lane: str = ""


@dataclass(frozen=True, slots=True)
class ThoughtsCut:
    """All but the first `characters` of the thoughts (of that lane) were taken back, because the user took back the
    words they rest on.
    """

    at_s: float
    turn: int
    characters: int
    lane: str = ""


@dataclass(frozen=True, slots=True)
class AnswerDelta:
    """A piece of the answer's text; `step` is the decoding step that made it."""

    at_s: float
    turn: int
    text: str
    step: int


@dataclass(frozen=True, slots=True)
class GateAsked:
    """The gate was asked whether the writer may go on. log_odds: that the thoughts are ahead, natural logarithm, as the
    model said it; probability: the same, calibrated.
    """

    at_s: float
    turn: int
    step: int
    log_odds: float
    open: bool
    probability: float


@dataclass(frozen=True, slots=True)
class AnswerDone:
    """The answer is written to its end."""

    at_s: float
    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class ThoughtsDone:
    """The thinker has nothing more to think in this turn."""

    at_s: float
    turn: int


@dataclass(frozen=True, slots=True)
class AudioDelta:
    """Sound of the answer, 24 kHz mono s16le; `text` is the phrase, with the phrase's first samples only. words:
    (offset in the phrase, sample since the phrase's first), for those that begin in this sound or a little after it.
    """

    at_s: float
    turn: int
    epoch: int
    pcm: bytes
    text: str
    words: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class AudioDone:
    """No more sound will follow in this epoch."""

    at_s: float
    turn: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Hush:
    """Hold all sound of this epoch where it is, also what is still to come, until `Unhush` or a newer epoch: the user's
    voice was heard, and it may be an interruption.
    """

    at_s: float
    turn: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Unhush:
    """It was none: the sound of this epoch goes on where it was held."""

    at_s: float
    turn: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Flush:
    """Drop all sound of this epoch and of older ones, now."""

    at_s: float
    turn: int
    epoch: int


@dataclass(frozen=True, slots=True)
class StateChanged:
    """What mind and mouth do from now on."""

    at_s: float
    mind: Mind
    mouth: Mouth


@dataclass(frozen=True, slots=True)
class TurnDone:
    """A turn is over: what was written, what was heard of it, its delays in milliseconds by their names, and the
    moments they were told from. withdrawn: it counts as never said: the user went on with it in the next one, or had
    not finished it; stands: withdrawn, but the user's words stay as they were told, and the next turn goes on with
    them. broke_off: the answer is not complete, because it has no more room.
    """

    at_s: float
    turn: int
    answer: str
    heard: str
    interrupted: bool
    latency: dict[str, float] = field(default_factory=dict)
    moments: Moments = field(default_factory=Moments, compare=False)
    withdrawn: bool = False
    stands: bool = False
    broke_off: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """Something failed in this conversation only."""

    at_s: float
    code: str
    message: str


ConversationEvent = (
    SpeechStarted
    | SpeechEnded
    | PartialTranscript
    | PassedOver
    | TurnOpened
    | UserTurn
    | ThoughtDelta
    | ThoughtsCut
    | AnswerDelta
    | GateAsked
    | AnswerDone
    | ThoughtsDone
    | AudioDelta
    | AudioDone
    | Hush
    | Unhush
    | Flush
    | StateChanged
    | TurnDone
    | Fault
)
