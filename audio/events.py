"""What a listener reports about a stream of sound. All positions count 16 kHz samples since the stream began."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The user has begun to speak."""

    at_sample: int
    """First sample of speech; it is reported a little later, when the voice has proved to be one."""


@dataclass(frozen=True, slots=True)
class SpeechConfirmed:
    """The sound that began is a voice: it has lasted, and it stands out from the noise of the room.

    Told at most once an utterance; a cough, a breath or a click is over before.
    """

    at_sample: int
    """How much of the stream had been taken in."""


@dataclass(frozen=True, slots=True)
class PartialTranscript:
    """The words so far: the first `agreed` characters stay as they are, the rest may still change."""

    text: str
    at_sample: int
    """How much of the stream had been taken in."""
    agreed: int = 0


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The user has stopped speaking for long enough: the utterance is over."""

    last_speech_sample: int
    at_sample: int
    """Where in the stream this was decided."""


@dataclass(frozen=True, slots=True)
class FinalTranscript:
    """The words of the utterance that has just ended; never changes again. The text is empty if no words were found."""

    text: str
    last_speech_sample: int
    at_sample: int
    voiced_ms: float = 0
    """How much of the utterance was voice, its pauses not counted."""
    level_db: float = 0
    """How far its voice stood over the noise of the room."""


ListenEvent = SpeechStarted | SpeechConfirmed | PartialTranscript | SpeechEnded | FinalTranscript
