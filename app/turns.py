"""The turn machine: who has the floor, which turn and epoch it is, and what mind and mouth show. Pure: (state, event)
→ (state, actions).

A turn begins with the first words the user's utterance is sure of; it is *open* until they are final, and only then
may it be answered. Every turn has an epoch of its own, and an interruption raises the epoch too; whatever carries an
older epoch is stale. A voice only makes the mouth hold its sound (`Hush`): words cut it off, and a cough or an "mhm"
lets it go on. Who goes on right after the end of a turn was not done: the turn is withdrawn, and the next one has its
words too. Sound stops first, bookkeeping follows. It knows no sound, no model and no clock: whoever tells what
happens brings the time, in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from app.events import Mind, Mouth
from app.happenings import (
    Answered,
    AnswerEnded,
    Happening,
    HeldLong,
    Progress,
    SoundEnded,
    SoundStarted,
    StopPressed,
    Thought,
    VoiceConfirmed,
    VoiceStarted,
    WordsHeard,
    WordsSpoken,
    WordsTyped,
)

REOPEN_S = 1.2  # a voice that begins so soon after a turn was taken to be over goes on with it …
REACTION_S = 0.4  # … unless the answer had been heard for so long by then: that may be what it reacts to
_ENDS = " .?!…"


@dataclass(frozen=True, slots=True)
class Hush:
    """Hold the sound of this epoch where it is: the user's voice was heard."""

    turn: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Unhush:
    """It was no interruption: the sound goes on."""

    turn: int
    epoch: int


@dataclass(frozen=True, slots=True)
class CutOff:
    """Silence the speaker, drop all work of this epoch, and cut the answer to what was heard. withdrawn: forget the
    turn's words too, because they are part of the next one's or were never final.
    """

    turn: int
    epoch: int
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Listen:
    """These are the turn's words so far: let the engine think about them. The first ones begin the turn."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class Begin:
    """These are the turn's words: it may be answered. They begin the turn if none came before."""

    turn: int
    text: str
    spoken: bool


@dataclass(frozen=True, slots=True)
class Finish:
    """The turn is over: tell what was said and heard, and its delays."""

    turn: int
    interrupted: bool
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Show:
    """Mind and mouth changed."""

    mind: Mind
    mouth: Mouth


Action = Hush | Unhush | CutOff | Listen | Begin | Finish | Show


@dataclass(frozen=True, slots=True)
class TurnState:
    """turn, epoch: the latest of each. active: a turn was begun and is not finished; open: its words are not final.

    written: its answer is complete; sounding: some of its sound is out and not all was heard; heard_out: no sound is
    left to be heard; hushed: the sound is held. words: of the turn so far; earlier: those of them that stood before the
    running utterance. final_s: when they became final by themselves; voice_s: when the latest voice began; sound_s:
    when the answer's first sound went out. confirmed: the latest sound has proved to be a voice. left: the words
    of the utterance that is heard now were given up for a typed message or a stop, the rest of them too.
    """

    turn: int = 0
    epoch: int = 0
    mind: Mind = Mind.IDLE
    mouth: Mouth = Mouth.SILENT
    active: bool = False
    open: bool = False
    written: bool = False
    sounding: bool = False
    heard_out: bool = False
    hushed: bool = False
    words: str = ""
    earlier: str = ""
    final_s: float | None = None
    voice_s: float = 0.0
    sound_s: float | None = None
    confirmed: bool = False
    left: bool = False

    def overhears(self, is_reply: bool) -> bool:
        """Are the words that are heard now none of a turn? An "mhm" to what is being said, or what sounds like words
        while it speaks and is no voice.
        """
        if self.left:
            return True
        return self.active and not self.open and (is_reply or (self.sounding and not self.confirmed))

    @property
    def continued(self) -> bool:
        """Does the voice that is heard now go on with the turn that was taken to be over?"""
        if self.final_s is None or self.voice_s - self.final_s > REOPEN_S:
            return False
        return self.sound_s is None or self.voice_s - self.sound_s < REACTION_S


def advance(state: TurnState, happening: Happening) -> tuple[TurnState, list[Action]]:
    """What follows from something that happened."""
    match happening:
        case VoiceStarted(at_s):
            after, actions = _hear_voice(replace(state, voice_s=at_s, confirmed=False, left=False))
        case VoiceConfirmed():
            known = replace(state, confirmed=True)
            after, actions = _hush(known) if state.active and not state.open else (known, [])
        case HeldLong(epoch):
            after, actions = _unhush(state) if epoch == state.epoch else (state, [])
        case WordsHeard(text, is_reply) if text.strip():
            after, actions = _hear_words(state, text.strip(), is_reply)
        case WordsSpoken(text, is_reply, at_s):
            known = replace(state, confirmed=state.confirmed or at_s is None)
            after, actions = _end_words(known, text.strip(), is_reply, at_s)
            after = replace(after, left=False)
        case WordsTyped(text) if text.strip():
            cut, actions = _leave(state)
            after = _new_turn(cut, text.strip())
            actions.append(Begin(after.turn, after.words, spoken=False))
        case WordsHeard() | WordsTyped():
            after, actions = state, []
        case StopPressed():
            cut, actions = _leave(state)
            after = replace(cut, mind=Mind.IDLE)
        case Thought() | Answered() | AnswerEnded() | SoundStarted() | SoundEnded():
            after, actions = _progress(state, happening) if state.active else (state, [])
        case _:
            assert_never(happening)
    if (after.mind, after.mouth) != (state.mind, state.mouth):
        actions.append(Show(after.mind, after.mouth))
    return after, actions


# -- the user


def _hear_voice(state: TurnState) -> tuple[TurnState, list[Action]]:
    """Nobody begins to speak over a voice; who speaks already, stops when it has proved to be one."""
    if not state.active:
        return replace(state, mind=Mind.LISTENING), []
    return (state, []) if state.open or state.sounding else _hush(state)


def _hear_words(state: TurnState, text: str, is_reply: bool) -> tuple[TurnState, list[Action]]:
    """Words the utterance is sure of."""
    if state.overhears(is_reply):
        return state, []
    state, actions = _open(state, text)
    return state, [*actions, Listen(state.turn, state.words)]


def _end_words(state: TurnState, text: str, is_reply: bool, at_s: float | None) -> tuple[TurnState, list[Action]]:
    """The utterance is over; its words, perhaps none."""
    if not state.open and (not text or state.overhears(is_reply)):
        return _unhush(state) if state.active else (_fall_silent(state), [])
    state, actions = _open(state, text)
    after = replace(state, open=False, mind=Mind.THINKING, mouth=Mouth.SILENT, final_s=at_s)
    return after, [*actions, Begin(after.turn, after.words, spoken=True)]


def _open(state: TurnState, text: str) -> tuple[TurnState, list[Action]]:
    """The turn that the running utterance belongs to, with these words of it; none leave it as it is."""
    if state.open:
        return replace(state, words=joined(state.earlier, text) if text else state.words), []
    withdrawn = state.active and state.continued
    earlier = state.words if withdrawn else ""
    cut, actions = _cut_off(state, withdrawn)
    after = _new_turn(cut, joined(earlier, text))
    return replace(after, open=True, mind=Mind.LISTENING, mouth=cut.mouth, earlier=earlier), actions


def _new_turn(state: TurnState, words: str) -> TurnState:
    begun = TurnState(state.turn + 1, state.epoch + 1, Mind.THINKING, active=True, words=words)
    return replace(begun, voice_s=state.voice_s, confirmed=state.confirmed, left=state.left)


def joined(earlier: str, text: str) -> str:
    """The words of one utterance and of the next one that goes on with it: the end of the sentence was none."""
    return f"{earlier.rstrip(_ENDS)} {text}" if earlier else text


# -- the assistant


def _progress(state: TurnState, happening: Progress) -> tuple[TurnState, list[Action]]:
    match happening:
        case _ if state.open:  # whatever is thought, it listens; there is no answer yet
            return state, []
        case Thought() | Answered() if state.written:  # the step that ended the answer brought this too
            return state, []
        case Thought():
            return replace(state, mind=Mind.THINKING), []
        case Answered():
            return replace(state, mind=Mind.WRITING), []
        case AnswerEnded():
            return _finish_if_over(replace(state, mind=Mind.IDLE, written=True))
        case SoundStarted(at_s):
            mouth = state.mouth if state.hushed else Mouth.SPEAKING
            sound_s = at_s if state.sound_s is None else state.sound_s
            return replace(state, sounding=True, heard_out=False, mouth=mouth, sound_s=sound_s), []
        case SoundEnded():
            return _finish_if_over(replace(state, sounding=False, heard_out=True, mouth=Mouth.SILENT))
        case _:
            assert_never(happening)


def _finish_if_over(state: TurnState) -> tuple[TurnState, list[Action]]:
    if not (state.written and state.heard_out):
        return state, []
    after = replace(state, active=False, hushed=False, mind=Mind.LISTENING if state.hushed else state.mind)
    return after, [Finish(state.turn, interrupted=False)]


# -- silence


def _hush(state: TurnState) -> tuple[TurnState, list[Action]]:
    if state.hushed:
        return state, []
    mouth = Mouth.INTERRUPTED if state.mouth is Mouth.SPEAKING else state.mouth
    return replace(state, hushed=True, mouth=mouth), [Hush(state.turn, state.epoch)]


def _unhush(state: TurnState) -> tuple[TurnState, list[Action]]:
    if not state.hushed:
        return state, []
    mouth = Mouth.SPEAKING if state.sounding else Mouth.SILENT
    return replace(state, hushed=False, mouth=mouth), [Unhush(state.turn, state.epoch)]


def _cut_off(state: TurnState, withdrawn: bool) -> tuple[TurnState, list[Action]]:
    """End the running turn, if there is one, as interrupted."""
    if not state.active:
        return _fall_silent(state), []
    mouth = Mouth.INTERRUPTED if state.sounding else Mouth.SILENT
    after = replace(
        state, epoch=state.epoch + 1, active=False, open=False, hushed=False, sounding=False, mouth=mouth, final_s=None
    )
    cut = CutOff(state.turn, state.epoch, withdrawn)
    return after, [cut, Finish(state.turn, interrupted=True, withdrawn=withdrawn)]


def _leave(state: TurnState) -> tuple[TurnState, list[Action]]:
    """End the running turn for something else than words that are spoken; those that are, are left behind."""
    cut, actions = _cut_off(state, withdrawn=state.open)
    return replace(cut, left=state.left or state.open), actions


def _fall_silent(state: TurnState) -> TurnState:
    """An utterance without words, or a new one: whoever was interrupted stays so until a turn begins."""
    return replace(state, mind=Mind.IDLE) if state.mind is Mind.LISTENING else state
