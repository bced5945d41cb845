"""Endpointing: from voice probabilities to "the user began to speak" and "the user is done".

A pure state machine: (state, one frame's voice, how complete the words seem) → (state, actions). It holds no sound, no
words and no model, and its only clock is the number of frames it was given. Two thresholds (hysteresis) keep it from
flickering: a frame above the upper one may begin speech, only frames below the lower one count as silence. How much
silence ends an utterance depends on whether what was said seems complete; others judge that (`audio.turns.turn_end`).
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import assert_never

from audio.turns.vad import FRAME_MS, FRAME_SAMPLES


class Completeness(Enum):
    """Whether what was said so far may be all."""

    FINISHED = "finished"
    UNKNOWN = "unknown"
    UNFINISHED = "unfinished"
    AWAITED = "awaited"
    """It will be known soon: the recogniser is still busy with the last words."""


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """When speech counts as begun and as over."""

    silence_ms: float = 500
    """Silence that ends an utterance of which nothing more is known."""
    finished_silence_ms: float = 350
    """Silence that ends one that seems complete, where that is shorter than `silence_ms`."""
    unfinished_silence_ms: float = 1600
    """Silence that ends one that seems to go on, where that is longer than `silence_ms`. The longest that is waited."""
    confirm_ms: float = 200
    """Voice within an utterance, louder than the room, that proves it to be one."""
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
        silences = (self.silence_ms, self.finished_silence_ms, self.unfinished_silence_ms, self.pause_ms)
        if min(*silences, self.min_speech_ms, self.confirm_ms, self.max_utterance_s) <= 0:
            raise ValueError("endpointing needs positive durations")

    def silence_frames(self, completeness: Completeness) -> int:
        """The silence that ends an utterance that seems so complete."""
        match completeness:
            case Completeness.FINISHED:
                return _frames(min(self.finished_silence_ms, self.silence_ms))
            case Completeness.UNKNOWN:
                return _frames(self.silence_ms)
            case Completeness.UNFINISHED | Completeness.AWAITED:
                return _frames(max(self.unfinished_silence_ms, self.silence_ms))
            case _:
                assert_never(completeness)

    @property
    def confirm_frames(self) -> int:
        return _frames(self.confirm_ms)

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
    """Voice of the utterance; while silent, uninterrupted voice just before now."""
    loud_frames: int = 0
    """Those of them that were certainly voice, and louder than the room."""
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
class Confirmed:
    """The utterance has proved to be a voice."""


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
    voiced_ms: float
    """How much of it was voice."""


Action = Began | Confirmed | Paused | Resumed | Ended


def advance(
    state: EndpointState,
    probability: float,
    settings: EndpointSettings,
    completeness: Completeness = Completeness.UNKNOWN,
    loud: bool = True,
) -> tuple[EndpointState, tuple[Action, ...]]:
    """The state after one more frame, and what is to be done about it.

    `completeness` is that of the words so far, `loud` whether the frame is louder than the room.
    """
    voiced = probability >= (settings.off_probability if state.in_utterance else settings.on_probability)
    now = replace(
        state,
        frames=state.frames + 1,
        voiced_frames=state.voiced_frames + voiced,
        loud_frames=state.loud_frames + (loud and probability >= settings.on_probability),
    )
    if not state.in_utterance:
        return _while_silent(now, voiced, settings)
    now, actions = _while_in_utterance(now, voiced, settings, completeness)
    if state.loud_frames < settings.confirm_frames <= now.loud_frames:
        actions = (*actions, Confirmed())
    if now.in_utterance and now.frames - now.first_frame >= settings.max_utterance_frames:
        return end(now)
    return now, actions


def end(state: EndpointState) -> tuple[EndpointState, tuple[Action, ...]]:
    """Ends the utterance now, if there is one (push-to-talk released, end of a file)."""
    silent = EndpointState(frames=state.frames)
    if not state.in_utterance:
        return silent, ()
    return silent, (Ended(state.last_speech_sample, state.voiced_frames * FRAME_MS),)


def _while_silent(
    now: EndpointState, voiced: bool, settings: EndpointSettings
) -> tuple[EndpointState, tuple[Action, ...]]:
    if not voiced:
        return EndpointState(frames=now.frames), ()
    if now.voiced_frames < settings.min_speech_frames:
        return now, ()
    begun = replace(now, phase=Phase.SPEAKING, first_frame=now.frames - now.voiced_frames)
    began = Began(begun.first_frame * FRAME_SAMPLES)
    return begun, (began, Confirmed()) if begun.loud_frames >= settings.confirm_frames else (began,)


def _while_in_utterance(
    now: EndpointState, voiced: bool, settings: EndpointSettings, completeness: Completeness
) -> tuple[EndpointState, tuple[Action, ...]]:
    if voiced:
        actions: tuple[Action, ...] = (Resumed(),) if now.phase is Phase.PAUSED else ()
        return replace(now, phase=Phase.SPEAKING, quiet_frames=0), actions
    now = replace(now, quiet_frames=now.quiet_frames + 1)
    if now.quiet_frames >= settings.silence_frames(completeness):
        return end(now)
    if now.phase is Phase.SPEAKING and now.quiet_frames >= settings.pause_frames:
        return replace(now, phase=Phase.PAUSED), (Paused(),)
    return now, ()


def _frames(duration_ms: float) -> int:
    return max(1, round(duration_ms / FRAME_MS))
