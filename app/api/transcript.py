"""Messages to turns: what the engine goes on with. Pure.

A turn is what the user said and what was answered. Messages of one speaker that follow each other are one, as halves
of one utterance are. The engine's prompts leave no room for instructions of a caller's own, and it calls no tools;
messages that need them are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from app.api.errors import ApiError, unsupported
from app.api.requests import Message

INSTRUCTIONS = {"system", "developer"}
TOOLS = {"tool", "function"}


@dataclass(frozen=True, slots=True)
class PastTurn:
    """What was said and answered before; messages: how many the caller sent it in."""

    said: str
    answer: str
    messages: int


@dataclass(frozen=True, slots=True)
class Transcript:
    """Earlier turns, oldest first, and the words to be answered."""

    past: tuple[PastTurn, ...]
    question: str

    def forgotten_messages(self, remembered_turns: int) -> int:
        """How many messages the model does not see when it sees so many turns."""
        return sum(turn.messages for turn in self.past[: max(0, len(self.past) - remembered_turns)])


@dataclass(frozen=True, slots=True)
class _Said:
    """What one speaker said without a break."""

    role: str
    text: str
    messages: int


def read_transcript(messages: Sequence[Message]) -> Transcript:
    """Raises ApiError for messages that cannot be honoured, or not answered."""
    wanted = [message for number, message in enumerate(messages) if not _empty_instruction(message, number)]
    said = [_joined(role, list(group)) for role, group in groupby(wanted, lambda message: message.role)]
    if not said or said[-1].role != "user" or not said[-1].text.strip():
        last = f"messages[{len(messages) - 1}]"
        raise ApiError("The last message must be the user's, with words in it.", code="invalid_value", param=last)
    *before, question = said
    if before and before[0].role != "user":
        raise ApiError("The first message must be the user's.", code="invalid_value", param="messages[0].role")
    past = tuple(
        PastTurn(user.text, answer.text, user.messages + answer.messages)
        for user, answer in zip(before[::2], before[1::2], strict=True)
    )
    return Transcript(past, question.text)


def _joined(role: str, messages: Sequence[Message]) -> _Said:
    return _Said(role, "\n".join(message.text for message in messages), len(messages))


def _empty_instruction(message: Message, number: int) -> bool:
    """Is it an instruction that says nothing? Raises ApiError for what is neither the user's nor an answer."""
    place = f"messages[{number}]"
    if message.tool_calls or message.function_call or message.audio:
        field = next(name for name in ("tool_calls", "function_call", "audio") if getattr(message, name))
        raise unsupported(f"{place}.{field}", "This server calls no tools and takes no sound here; send text only.")
    if message.role in TOOLS:
        raise ApiError("This server calls no tools.", code="unsupported_value", param=f"{place}.role")
    if message.role not in INSTRUCTIONS:
        return False
    if message.text.strip():
        raise ApiError(
            f"Unsupported value: '{place}.role' is '{message.role}'. The prompts of this model leave no room for "
            "instructions of your own; say what you want in the user's message.",
            code="unsupported_value",
            param=f"{place}.role",
        )
    return True
