"""Endpointing: from voice probabilities to "the user began to speak" and "the user is done".

A pure state machine: (state, probability of one frame) → (state, actions). It holds no sound and no model, and its only
clock is the number of frames it was given. Two thresholds (hysteresis) keep it from flickering: a frame above the
upper one may begin speech, only frames below the lower one count as silence.
"""

from dataclasses import dataclass, replace
from enum import Enum

from audio.vad import FRAME_MS, FRAME_SAMPLES


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """When speech counts as begun and as over."""

    silence_ms: float = 500
    """Silence that ends an utterance."""
    min_speech_ms: float = 64
    """Voice that begins one; shorter sounds are ignored."""
    pause_ms: float = 192
    """Silence after which the recogniser may settle on what it has: the words themselves are over by then."""
    max_utterance_s: float = 60
    """An utterance is ended after this long even if the voice goes on (a radio, a stuck key)."""
    on_probability: float = 0.5
    off_probability: float = 0.35

    def __post_init__(self) -> None:
        if not 0 < self.off_probability <= self.on_probability < 1:
            raise ValueError("endpointing needs 0 < off_probability <= on_probability < 1")
        if min(self.silence_ms, self.min_speech_ms, self.pause_ms, self.max_utterance_s) <= 0:
            raise ValueError("endpointing needs positive durations")

    @property
    def silence_frames(self) -> int:
        return _frames(self.silence_ms)

    @property
    def min_speech_frames(self) -> int:
        return _frames(self.min_speech_ms)

    @property
    def pause_frames(self) -> int:
        return _frames(self.pause_ms)

    @property
    def max_utterance_frames(self) -> int:
        return _frames(self.max_utterance_s * 1000)


class Phase(Enum):
    SILENT = "silent"
    SPEAKING = "speaking"
    PAUSED = "paused"
    """Within an utterance, but silent for at least `pause_ms`."""


@dataclass(frozen=True, slots=True)
class EndpointState:
    """Where the stream stands after `frames` frames."""

    phase: Phase = Phase.SILENT
    frames: int = 0
    voiced_frames: int = 0
    """Uninterrupted voice just before now, while silent."""
    quiet_frames: int = 0
    """Uninterrupted silence just before now, while in an utterance."""
    first_frame: int = 0
    """Where the utterance began."""

    @property
    def in_utterance(self) -> bool:
        return self.phase is not Phase.SILENT

    @property
    def last_speech_sample(self) -> int:
        return (self.frames - self.quiet_frames) * FRAME_SAMPLES


@dataclass(frozen=True, slots=True)
class Began:
    """An utterance began at this sample."""

    first_sample: int


@dataclass(frozen=True, slots=True)
class Paused:
    """The voice has paused; whatever was said so far is complete in sound."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The voice goes on after a pause."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The utterance is over; its voice ended at this sample."""

    last_speech_sample: int


Action = Began | Paused | Resumed | Ended


def advance(
    state: EndpointState, probability: float, settings: EndpointSettings
) -> tuple[EndpointState, tuple[Action, ...]]:
    """The state after one more frame, and what is to be done about it."""
    now = replace(state, frames=state.frames + 1)
    if not state.in_utterance:
        return _while_silent(now, probability, settings)
    now, actions = _while_in_utterance(now, probability, settings)
    if now.in_utterance and now.frames - now.first_frame >= settings.max_utterance_frames:
        return end(now)
    return now, actions


def end(state: EndpointState) -> tuple[EndpointState, tuple[Action, ...]]:
    """Ends the utterance now, if there is one (push-to-talk released, end of a file)."""
    if not state.in_utterance:
        return replace(state, voiced_frames=0), ()
    return EndpointState(frames=state.frames), (Ended(state.last_speech_sample),)


def _while_silent(
    now: EndpointState, probability: float, settings: EndpointSettings
) -> tuple[EndpointState, tuple[Action, ...]]:
    voiced = now.voiced_frames + 1 if probability >= settings.on_probability else 0
    if voiced < settings.min_speech_frames:
        return replace(now, voiced_frames=voiced), ()
    first = now.frames - voiced
    begun = EndpointState(Phase.SPEAKING, now.frames, first_frame=first)
    return begun, (Began(first * FRAME_SAMPLES),)


def _while_in_utterance(
    now: EndpointState, probability: float, settings: EndpointSettings
) -> tuple[EndpointState, tuple[Action, ...]]:
    if probability >= settings.off_probability:
        actions: tuple[Action, ...] = (Resumed(),) if now.phase is Phase.PAUSED else ()
        return replace(now, phase=Phase.SPEAKING, quiet_frames=0), actions
    now = replace(now, quiet_frames=now.quiet_frames + 1)
    if now.quiet_frames >= settings.silence_frames:
        return end(now)
    if now.phase is Phase.SPEAKING and now.quiet_frames >= settings.pause_frames:
        return replace(now, phase=Phase.PAUSED), (Paused(),)
    return now, ()


def _frames(duration_ms: float) -> int:
    return max(1, round(duration_ms / FRAME_MS))
