"""Client events: what a peer may say, checked.

`parse(text)` returns one of the frozen models below or raises `ProtocolError`. Unknown events, unknown fields and
values this server cannot honour are errors that name the field; nothing is ignored in silence.
Source: OpenAI Realtime API, client events; `sotto.playback` and `session.sotto` are additions.
"""

import base64
import binascii
import json
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from app.config import EngineSettings
from app.realtime.errors import ProtocolError

TYPED_TEXT_LIMIT = 8_000  # characters
IDENTIFIER_LIMIT = 512
SAMPLE_LIMIT = 2**53  # what a JavaScript number can count exactly

Identifier = Annotated[str, Field(min_length=1, max_length=IDENTIFIER_LIMIT)]
Samples = Annotated[int, Field(ge=0, le=SAMPLE_LIMIT)]


METHODS: tuple[str, ...] = get_args(EngineSettings.model_fields["method"].annotation)


def _known_method(name: str) -> str:
    if name not in METHODS:
        raise ValueError(f"should be one of {', '.join(METHODS)}")
    return name


class Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClientMessage(Checked):
    event_id: Annotated[str, Field(max_length=IDENTIFIER_LIMIT)] | None = None


class InputFormat(Checked):
    type: Literal["audio/pcm"] = "audio/pcm"
    rate: int = Field(24_000, ge=8_000, le=48_000, description="samples per second of the sound the peer sends")


class OutputFormat(Checked):
    type: Literal["audio/pcm"] = "audio/pcm"
    rate: Literal[24_000] = 24_000


class TurnDetection(Checked):
    type: Literal["server_vad"] = "server_vad"


class Transcription(Checked):
    model: str | None = None  # always on; `session.updated` names the recognizer in use


class AudioInput(Checked):
    format: InputFormat | None = None
    turn_detection: TurnDetection = TurnDetection()
    transcription: Transcription = Transcription()


class AudioOutput(Checked):
    format: OutputFormat | None = None


class SessionAudio(Checked):
    input: AudioInput | None = None
    output: AudioOutput | None = None


class SottoOptions(Checked):
    """This server's own settings; all are for one connection."""

    method: Annotated[str, AfterValidator(_known_method)] | None = None
    patience: Annotated[float, Field(ge=0, le=1, strict=True)] | None = None
    audio_frames: Literal["base64", "binary"] | None = None


class SessionPatch(Checked):
    type: Literal["realtime"] = "realtime"
    output_modalities: tuple[Literal["audio", "text"]] | None = None
    audio: SessionAudio | None = None
    sotto: SottoOptions | None = None


class SessionUpdate(ClientMessage):
    type: Literal["session.update"]
    session: SessionPatch


class AudioAppend(ClientMessage):
    type: Literal["input_audio_buffer.append"]
    audio: str

    def pcm(self) -> bytes:
        """The bytes of s16le samples. Raises ProtocolError."""
        try:
            return base64.b64decode(self.audio, validate=True)
        except binascii.Error as error:
            raise ProtocolError(
                f"The audio is not base64: {error}.", code="invalid_audio", param="audio", event_id=self.event_id
            ) from None


class AudioCommit(ClientMessage):
    type: Literal["input_audio_buffer.commit"]


class AudioClear(ClientMessage):
    type: Literal["input_audio_buffer.clear"]


class TextContent(Checked):
    type: Literal["input_text"]
    text: str = Field(min_length=1, max_length=TYPED_TEXT_LIMIT)


class UserMessage(Checked):
    type: Literal["message"]
    role: Literal["user"]
    content: tuple[TextContent, ...] = Field(min_length=1, max_length=16)
    id: Identifier | None = None
    object: Literal["realtime.item"] | None = None
    status: Literal["completed", "incomplete", "in_progress"] | None = None

    @property
    def text(self) -> str:
        return "\n".join(part.text for part in self.content)


class ItemCreate(ClientMessage):
    type: Literal["conversation.item.create"]
    item: UserMessage


class ItemTruncate(ClientMessage):
    """The API's way to say how much of an answer was heard."""

    type: Literal["conversation.item.truncate"]
    item_id: Identifier
    content_index: Literal[0]
    audio_end_ms: Annotated[int, Field(ge=0, le=SAMPLE_LIMIT)]


class ResponseCreate(ClientMessage):
    type: Literal["response.create"]
    response: Checked | None = None  # per-response settings are not supported: the object must be empty


class ResponseCancel(ClientMessage):
    type: Literal["response.cancel"]
    response_id: Identifier | None = None


class Playback(ClientMessage):
    """How far the peer's speaker is: samples at 24 kHz of this epoch's sound that were heard; `done` ends the epoch."""

    type: Literal["sotto.playback"]
    epoch: Annotated[int, Field(ge=0, le=SAMPLE_LIMIT)]
    played_samples: Samples
    done: bool = False


ClientEvent = (
    SessionUpdate
    | AudioAppend
    | AudioCommit
    | AudioClear
    | ItemCreate
    | ItemTruncate
    | ResponseCreate
    | ResponseCancel
    | Playback
)
_adapter: TypeAdapter[ClientEvent] = TypeAdapter(Annotated[ClientEvent, Field(discriminator="type")])


def parse(text: str) -> ClientEvent:
    """One client event from its JSON text. Raises ProtocolError."""
    try:
        return _adapter.validate_json(text)
    except ValidationError as error:
        raise _explained(error, text) from None


def _explained(error: ValidationError, text: str) -> ProtocolError:
    """The first complaint as one line with the API's error code."""
    first = error.errors(include_url=False, include_input=False)[0]
    event_id = _event_id(text)
    match first["type"]:
        case "json_invalid":
            return ProtocolError("The message is not valid JSON.", code="invalid_json")
        case "model_attributes_type" | "dict_type" | "union_tag_not_found" if not first["loc"]:
            return ProtocolError("The message has no `type`.", code="missing_type", param="type", event_id=event_id)
        case "union_tag_invalid":
            known = first["ctx"]["expected_tags"]
            return ProtocolError(
                f"This event is not known here; known are {known}.",
                code="unknown_event",
                param="type",
                event_id=event_id,
            )
        case kind:
            param = ".".join(str(part) for part in first["loc"][1:])
            code = "unknown_parameter" if kind == "extra_forbidden" else "invalid_value"
            complaint = first["msg"].removeprefix("Value error, ")
            return ProtocolError(f"{param}: {complaint}.", code=code, param=param, event_id=event_id)


def _event_id(text: str) -> str | None:
    """The event id of a message that was refused, if it has one, so that the peer can find the culprit."""
    try:
        message: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    event_id = message.get("event_id") if isinstance(message, dict) else None
    return event_id if isinstance(event_id, str) and len(event_id) <= IDENTIFIER_LIMIT else None
