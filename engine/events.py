"""What the engine tells after a step. Every event names its conversation, turn and step.

`step` counts the turn's decoding steps from 1 (the first step after the end of input); `at_s` is the engine's
monotonic clock.
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


@dataclass(frozen=True, slots=True)
class GateAnswered:
    """The gate's answer. log_odds: log p(yes) / p(no) of the folded question; open: may the writer go on?"""

    conversation: int
    turn: int
    step: int
    at_s: float
    log_odds: float
    open: bool


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """A stream generates nothing more in this turn."""

    conversation: int
    turn: int
    step: int
    at_s: float
    stream: StreamName
    reason: EndReason


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
    """This conversation alone failed and is closed; `message` is one readable line."""

    conversation: int
    turn: int
    at_s: float
    message: str


Event = TokenGenerated | GateAnswered | StreamEnded | TurnEnded | ConversationFailed
