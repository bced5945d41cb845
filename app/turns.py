"""The turn machine: who has the floor, which turn and epoch it is, and what mind and mouth show. Pure: (state, event)
→ (state, actions).

Every turn has an epoch of its own, and a barge-in raises the epoch too; whatever carries an older epoch is stale. Sound
stops first, bookkeeping follows: `CutOff` is always the first action. It knows no sound, no model and no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from app.events import Mind, Mouth

# -- what happens


@dataclass(frozen=True, slots=True)
class VoiceStarted:
    """The user began to speak."""


@dataclass(frozen=True, slots=True)
class WordsSpoken:
    """The user's utterance is over; its words, perhaps none."""

    text: str


@dataclass(frozen=True, slots=True)
class WordsTyped:
    """The user typed a message."""

    text: str


@dataclass(frozen=True, slots=True)
class StopPressed:
    """The user wants silence."""


@dataclass(frozen=True, slots=True)
class Thought:
    """A step gave thoughts and no answer."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A step gave a token of the answer."""


@dataclass(frozen=True, slots=True)
class AnswerEnded:
    """The engine's turn is over."""


@dataclass(frozen=True, slots=True)
class SoundStarted:
    """The first sound of the answer went out."""


@dataclass(frozen=True, slots=True)
class SoundEnded:
    """All sound of the answer has been heard, or there is none."""


Happening = (
    VoiceStarted | WordsSpoken | WordsTyped | StopPressed | Thought | Answered | AnswerEnded | SoundStarted | SoundEnded
)

# -- what to do


@dataclass(frozen=True, slots=True)
class CutOff:
    """Silence the speaker, drop all work of this epoch, and cut the answer to what was heard."""

    turn: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Begin:
    """Give these words to the engine and let the turn begin."""

    turn: int
    text: str
    spoken: bool


@dataclass(frozen=True, slots=True)
class Finish:
    """The turn is over: tell what was said and heard, and its delays."""

    turn: int
    interrupted: bool


@dataclass(frozen=True, slots=True)
class Show:
    """Mind and mouth changed."""

    mind: Mind
    mouth: Mouth


Action = CutOff | Begin | Finish | Show


@dataclass(frozen=True, slots=True)
class TurnState:
    """turn, epoch: the latest of each. active: a turn was begun and is not finished. written: its answer is
    complete.
    """

    turn: int = 0
    epoch: int = 0
    mind: Mind = Mind.IDLE
    mouth: Mouth = Mouth.SILENT
    active: bool = False
    written: bool = False
    heard_out: bool = False  # no sound is left to be heard


def advance(state: TurnState, happening: Happening) -> tuple[TurnState, list[Action]]:
    """What follows from something that happened."""
    match happening:
        case VoiceStarted():
            cut, actions = _cut_off(state)
            after = replace(cut, mind=Mind.LISTENING)
        case WordsSpoken(text) | WordsTyped(text) if text.strip():
            cut, actions = _cut_off(state)
            after = TurnState(state.turn + 1, cut.epoch + 1, Mind.THINKING, Mouth.SILENT, active=True)
            actions.append(Begin(after.turn, text.strip(), spoken=isinstance(happening, WordsSpoken)))
        case WordsSpoken() | WordsTyped():
            after, actions = _fall_silent(state), []
        case StopPressed():
            cut, actions = _cut_off(state)
            after = replace(cut, mind=Mind.IDLE)
        case Thought() | Answered() | AnswerEnded() | SoundStarted() | SoundEnded():
            after, actions = _progress(state, happening) if state.active else (state, [])
        case _:
            assert_never(happening)
    if (after.mind, after.mouth) != (state.mind, state.mouth):
        actions.append(Show(after.mind, after.mouth))
    return after, actions


def _progress(
    state: TurnState, happening: Thought | Answered | AnswerEnded | SoundStarted | SoundEnded
) -> tuple[TurnState, list[Action]]:
    match happening:
        case Thought() | Answered() if state.written:  # the step that ended the answer brought this too
            return state, []
        case Thought():
            return replace(state, mind=Mind.THINKING), []
        case Answered():
            return replace(state, mind=Mind.WRITING), []
        case AnswerEnded():
            return _finish_if_over(replace(state, mind=Mind.IDLE, written=True))
        case SoundStarted():
            return replace(state, mouth=Mouth.SPEAKING, heard_out=False), []
        case SoundEnded():
            return _finish_if_over(replace(state, mouth=Mouth.SILENT, heard_out=True))
        case _:
            assert_never(happening)


def _finish_if_over(state: TurnState) -> tuple[TurnState, list[Action]]:
    if not (state.written and state.heard_out):
        return state, []
    return replace(state, active=False), [Finish(state.turn, interrupted=False)]


def _cut_off(state: TurnState) -> tuple[TurnState, list[Action]]:
    """End the running turn, if there is one, as interrupted."""
    if not state.active:
        return _fall_silent(state), []
    mouth = Mouth.INTERRUPTED if state.mouth is Mouth.SPEAKING else Mouth.SILENT
    after = replace(state, epoch=state.epoch + 1, active=False, mouth=mouth)
    return after, [CutOff(state.turn, state.epoch), Finish(state.turn, interrupted=True)]


def _fall_silent(state: TurnState) -> TurnState:
    """An utterance without words, or a new one: whoever was interrupted stays so until a turn begins."""
    return replace(state, mind=Mind.IDLE) if state.mind is Mind.LISTENING else state
