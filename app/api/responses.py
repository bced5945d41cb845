"""What is told of a completion, in the API's shapes. The models are what the OpenAPI document shows."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from app import __version__
from app.api.course import Course, Delta, FinishReason
from engine.events import StreamName

FINGERPRINT = f"sotto-{__version__}"


class TokensDetails(BaseModel):
    """reasoning_tokens: of the thoughts."""

    reasoning_tokens: int


class Usage(BaseModel):
    """completion_tokens are thoughts and answer together, as everywhere in the API."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    completion_tokens_details: TokensDetails


class SottoFacts(BaseModel):
    """What only this server tells. forgotten_messages: the oldest ones, which the model did not see; steps: of the
    engine, in each of which thoughts and answer may both have grown.
    """

    method: str
    steps: int
    forgotten_messages: int


class AnswerMessage(BaseModel):
    """The answer and what was thought for it."""

    role: Literal["assistant"] = "assistant"
    content: str
    reasoning_content: str | None = None


class Choice(BaseModel):
    """The one choice."""

    index: int = 0
    message: AnswerMessage
    finish_reason: FinishReason
    logprobs: None = None


class ChatCompletion(BaseModel):
    """A whole answer."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    system_fingerprint: str = FINGERPRINT
    sotto: SottoFacts


class ModelCard(BaseModel):
    """A model that can be asked."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "sotto"


class ModelList(BaseModel):
    """All of them: one."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


class ErrorBody(BaseModel):
    """What was wrong."""

    message: str
    type: str
    param: str | None = Field(description="the parameter that is meant, as a path: messages[0].role")
    code: str | None


class ErrorAnswer(BaseModel):
    """How every refusal looks."""

    error: ErrorBody


def usage(course: Course, prompt_tokens: int) -> Usage:
    return Usage(
        prompt_tokens=prompt_tokens,
        completion_tokens=course.tokens,
        total_tokens=prompt_tokens + course.tokens,
        completion_tokens_details=TokensDetails(reasoning_tokens=course.thought_tokens),
    )


class Thoughts:
    """Thoughts as one text: those of several thinkers one after the other, in the order in which they began."""

    def __init__(self) -> None:
        self._lanes: dict[str, list[str]] = {}

    def add(self, delta: Delta) -> None:
        self._lanes.setdefault(delta.lane, []).append(delta.text)

    @property
    def text(self) -> str | None:
        """None: nothing was thought."""
        return "\n\n".join("".join(parts) for parts in self._lanes.values()) or None


def as_delta(delta: Delta) -> dict[str, Any]:
    """A streamed choice's `delta`."""
    name = "reasoning_content" if delta.stream is StreamName.THOUGHTS else "content"
    return {name: delta.text} | ({"sotto": {"lane": delta.lane}} if delta.lane else {})
