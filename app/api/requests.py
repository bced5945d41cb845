"""What a program may ask, checked: the body of `POST /chat/completions`.

Everything the API knows has its field here, so that what this server cannot do is refused by name and nothing is
dropped in silence. Values that ask for nothing special (no penalties, one choice, plain text) pass. An unknown name is
an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from app.api.errors import ApiError, unsupported
from app.config import Settings

Method = Literal["async", "async-safe", "think", "no-think", "interleaved", "hogwild", "fork-join"]
MOST_MESSAGES = 2048
MOST_STOPS, LONGEST_STOP = 4, 256
LEAST_SEED, MOST_SEED = -(2**63), 2**63 - 1

NEUTRAL: Final[Mapping[str, tuple[object, ...]]] = {
    "audio": (),
    "frequency_penalty": (0,),
    "function_call": ("none", "auto"),
    "functions": ([],),
    "logit_bias": ({},),
    "logprobs": (False,),
    "modalities": (["text"],),
    "n": (1,),
    "parallel_tool_calls": (True, False),
    "prediction": (),
    "presence_penalty": (0,),
    "reasoning_effort": (),
    "response_format": ({"type": "text"},),
    "service_tier": ("auto", "default"),
    "store": (False,),
    "tool_choice": ("none", "auto"),
    "tools": ([],),
    "top_logprobs": (0,),
    "verbosity": ("medium",),
    "web_search_options": (),
}
"""Parameters of the API that this server has not, and the values that ask for nothing (null always is one)."""

INSTEAD: Final = {
    "reasoning_effort": "Say how it is to think with sotto.method and sotto.patience",
    "n": "Send the request several times; requests run together",
}


def _listed(value: object) -> object:
    """One stop sequence is a list of one."""
    return [value] if isinstance(value, str) else value


Stop = Annotated[str, Field(min_length=1, max_length=LONGEST_STOP)]


class _Piece(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class TextPart(_Piece):
    """A part of a message. Pictures, sound and files are refused."""

    type: Literal["text"]
    text: str


class Message(_Piece):
    """One message. `reasoning_content`, `refusal` and their like may come back with an answer of this server: what was
    thought is not read again.
    """

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[TextPart] | None = None
    name: str | None = None
    reasoning_content: str | None = None
    refusal: str | None = None
    annotations: list[JsonValue] | None = None
    tool_calls: list[JsonValue] | None = None
    tool_call_id: str | None = None
    function_call: JsonValue = None
    audio: JsonValue = None

    @property
    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content or [])


class StreamOptions(_Piece):
    """include_usage: a last chunk tells the tokens. include_obfuscation: accepted; nothing is added."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class SottoOptions(_Piece):
    """What only this server has. method: how thinking and answering are woven; patience: 0 answers at once, 1 thinks
    first.
    """

    method: Method | None = None
    patience: float | None = Field(None, ge=0, le=1)


class ChatRequest(_Piece):
    """The body of a request."""

    model: str
    messages: Annotated[list[Message], Field(min_length=1, max_length=MOST_MESSAGES)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    seed: int | None = Field(None, ge=LEAST_SEED, le=MOST_SEED)
    stop: Annotated[list[Stop] | None, Field(max_length=MOST_STOPS), BeforeValidator(_listed, str | list[str])] = None
    sotto: SottoOptions | None = None

    # Labels of the caller's own: accepted, neither read nor logged.
    user: str | None = None
    metadata: dict[str, str] | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None

    # See NEUTRAL.
    audio: JsonValue = None
    frequency_penalty: JsonValue = None
    function_call: JsonValue = None
    functions: JsonValue = None
    logit_bias: JsonValue = None
    logprobs: JsonValue = None
    modalities: JsonValue = None
    n: JsonValue = None
    parallel_tool_calls: JsonValue = None
    prediction: JsonValue = None
    presence_penalty: JsonValue = None
    reasoning_effort: JsonValue = None
    response_format: JsonValue = None
    service_tier: JsonValue = None
    store: JsonValue = None
    tool_choice: JsonValue = None
    tools: JsonValue = None
    top_logprobs: JsonValue = None
    verbosity: JsonValue = None
    web_search_options: JsonValue = None

    def check(self) -> None:
        """Raises ApiError for what this server cannot do."""
        for name, neutral in NEUTRAL.items():
            value = getattr(self, name)
            if value is not None and not any(_same(value, other) for other in neutral):
                allowed = " or ".join(map(repr, neutral))
                hint = INSTEAD.get(name) or (f"Leave it out, or send {allowed}" if neutral else "Leave it out")
                raise unsupported(name, f"This server does not support this value of '{name}'. {hint}.")
        if self.max_tokens is not None and self.max_completion_tokens is not None:
            raise ApiError(
                "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
                code="invalid_parameter_combination",
                param="max_tokens",
            )
        if self.stream_options is not None and not self.stream:
            raise ApiError(
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                code="invalid_parameter_combination",
                param="stream_options",
            )

    @property
    def most_tokens(self) -> int | None:
        """Of thoughts and answer together."""
        return self.max_completion_tokens if self.max_tokens is None else self.max_tokens

    @property
    def includes_usage(self) -> bool:
        return self.stream_options is not None and bool(self.stream_options.include_usage)

    def chosen_method(self, settings: Settings) -> str:
        return (self.sotto and self.sotto.method) or settings.method

    @property
    def patience(self) -> float | None:
        return self.sotto.patience if self.sotto else None


def _same(value: Any, other: object) -> bool:
    """0 is 0.0, but neither is false."""
    return value == other and isinstance(value, bool) == isinstance(other, bool)
