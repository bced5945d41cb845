"""What the engine tells after a step. Every event names its conversation, turn and step.

`step` counts the turn's steps from 1; a turn begins with the end of input, or with the first words where the model
thinks while it listens (`Conversation.input_ended_step` tells when they ended then). `at_s` is the engine's monotonic
clock. `lane` tells streams of one name apart: workers and threads are numbered, "2.1" is the first thread of thread 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StreamName(StrEnum):
    """The generating streams of a turn."""

    THOUGHTS = "thoughts"
    OUTPUT = "output"


class EndReason(StrEnum):
    """Why a stream ended."""

    FINISHED = "finished"  # the model ended it
    LIMIT = "limit"  # no room in the context, or the budget is spent
    INTERRUPTED = "interrupted"  # the user went on, or stopped it


@dataclass(frozen=True, slots=True)
class TokenGenerated:
    """One token of a stream; `text` is what it adds ("" while a character is unfinished)."""

    conversation: int
    turn: int
    step: int
    at_s: float
    stream: StreamName
    token: int
    text: str
    lane: str = ""


@dataclass(frozen=True, slots=True)
class GateAnswered:
    """The gate's answer. log_odds: that the thoughts are ahead, log p(yes) / p(no) of the folded question as the model
    gave it (no / yes of the inverted one); open: may the writer go on? probability: that they are ahead, calibrated.
    """

    conversation: int
    turn: int
    step: int
    at_s: float
    log_odds: float
    open: bool
    probability: float


@dataclass(frozen=True, slots=True)
class ClearanceAnswered:
    """The thinker's answer to the safety question. log_odds: log p(clear) / p(refuse); cleared: may the answer be
    heard?

    Tokens of the answer that were held back follow it with the steps in which they were chosen, and the time of now.
    """

    conversation: int
    turn: int
    step: int
    at_s: float
    log_odds: float
    cleared: bool


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """A stream generates nothing more in this turn, unless words that come late wake it."""

    conversation: int
    turn: int
    step: int
    at_s: float
    stream: StreamName
    reason: EndReason
    lane: str = ""


@dataclass(frozen=True, slots=True)
class StreamCut:
    """All but the first `characters` of a stream's text were taken back, because they rest on words taken back."""

    conversation: int
    turn: int
    step: int
    at_s: float
    stream: StreamName
    characters: int
    lane: str = ""


@dataclass(frozen=True, slots=True)
class StreamCompacted:
    """The oldest `tokens` of a stream are not seen by any stream any more; what they said still counts as said."""

    conversation: int
    turn: int
    step: int
    at_s: float
    stream: StreamName
    tokens: int
    lane: str = ""


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The answer is complete, or was cut; it ends all streams of the turn."""

    conversation: int
    turn: int
    step: int
    at_s: float
    reason: EndReason


@dataclass(frozen=True, slots=True)
class ConversationFailed:
    """This conversation alone failed and is closed; `message` is one readable line. out_of_room: it outgrew what the
    model takes or the memory holds.
    """

    conversation: int
    turn: int
    at_s: float
    message: str
    out_of_room: bool = False


Event = (
    TokenGenerated
    | GateAnswered
    | ClearanceAnswered
    | StreamEnded
    | StreamCut
    | StreamCompacted
    | TurnEnded
    | ConversationFailed
)
