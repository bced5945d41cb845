"""Session configuration: what one connection has agreed on, changed only through `session.update`.

Pure. Knows the API's shape of a session and which changes ask for a new conversation.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from app.realtime.client_events import SessionPatch
from audio.pcm import OUTPUT_RATE_HZ


class AudioFrames(StrEnum):
    """How sound travels to the peer: as base64 in JSON (the API's way) or as binary messages (cheaper)."""

    BASE64 = "base64"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class Configuration:
    """The effective settings of one connection.

    `method` None is the server's default; `patience` None is the model's own, a change counts from the next turn.
    `step_ms` is the server's pace, told so that a page can label it.
    """

    model: str
    default_method: str
    step_ms: float | None = None
    method: str | None = None
    patience: float | None = None
    voice: bool = True
    input_rate_hz: int = OUTPUT_RATE_HZ
    frames: AudioFrames = AudioFrames.BASE64

    def patched(self, patch: SessionPatch) -> "Configuration":
        """This configuration with the fields the patch names."""
        changes: dict[str, Any] = {}
        if patch.output_modalities is not None:
            changes["voice"] = patch.output_modalities == ("audio",)
        if patch.audio and patch.audio.input and patch.audio.input.format:
            changes["input_rate_hz"] = patch.audio.input.format.rate
        if patch.sotto and patch.sotto.method is not None:
            changes["method"] = patch.sotto.method
        if patch.sotto and patch.sotto.patience is not None:
            changes["patience"] = patch.sotto.patience
        if patch.sotto and patch.sotto.audio_frames is not None:
            changes["frames"] = AudioFrames(patch.sotto.audio_frames)
        return replace(self, **changes)

    @property
    def effective_method(self) -> str:
        return self.method or self.default_method

    def needs_new_conversation(self, other: "Configuration") -> bool:
        """Whether coming from `other` takes a conversation of its own: method and voice are fixed at its start."""
        return (self.effective_method, self.voice) != (other.effective_method, other.voice)

    def as_session(self, session_id: str) -> dict[str, Any]:
        """The API's session object."""
        return {
            "type": "realtime",
            "object": "realtime.session",
            "id": session_id,
            "model": self.model,
            "output_modalities": ["audio" if self.voice else "text"],
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": self.input_rate_hz},
                    "turn_detection": {"type": "server_vad", "create_response": True, "interrupt_response": True},
                },
                "output": {"format": {"type": "audio/pcm", "rate": OUTPUT_RATE_HZ}},
            },
            "sotto": {
                "method": self.effective_method,
                "patience": self.patience,
                "audio_frames": self.frames.value,
                "step_ms": self.step_ms,
            },
        }
