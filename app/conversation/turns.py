"""The turn machine: who has the floor, which turn and epoch it is, and what mind and mouth show. Pure: (state, event,
time) → (state, actions).

A turn begins with the first words the user's utterance is sure of; it is *open* until they are final, and only then
may it be answered. Every turn has an epoch of its own, and an interruption raises the epoch too; whatever carries an
older epoch is stale. A voice only makes the mouth hold its sound (`Hush`): words cut it off, and a cough or an "mhm"
lets it go on. Who goes on right after the end of a turn was not done: the turn is withdrawn, and the next one has its
words too; so it is with what is typed further before anything of the answer was shown. "Stop" only stops. Sound stops
first, bookkeeping follows. It knows no sound, no model and no clock: whoever tells what happens brings the time, in
seconds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from app.conversation.events import Mind, Mouth
from app.conversation.happenings import (
    Answered,
    AnswerEnded,
    Happening,
    HearingFailed,
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
from app.conversation.turn_actions import Action, Begin, CutOff, Finish, Hush, Listen, PassOver, Show, Unhush
from app.conversation.turn_state import REOPEN_S, TurnState, UserUtterance

_ENDS = " .?!…"


def advance(state: TurnState, happening: Happening, now_s: float) -> tuple[TurnState, list[Action]]:
    """What follows from something that happened."""
    match happening:
        case VoiceStarted(at_s):
            after, actions = _hear_voice(state, at_s, now_s)
        case VoiceConfirmed():
            known = replace(state, utterance=replace(state.utterance, confirmed=True))
            after, actions = _hush(known, now_s) if state.active and not state.open else (known, [])
        case HeldLong(epoch):
            after, actions = _unhush(state, now_s) if epoch == state.epoch else (state, [])
        case WordsHeard() if happening.text.strip():
            after, actions = _hear_words(state, happening, now_s)
        case WordsSpoken(at_s=at_s):
            known = replace(
                state, utterance=replace(state.utterance, confirmed=state.utterance.confirmed or at_s is None)
            )
            after, actions = _end_words(known, happening, now_s)
            after = replace(after, utterance=replace(after.utterance, left=False))
        case HearingFailed(at_s):
            after, actions = _lose_words(state, at_s, now_s)
        case WordsTyped() if happening.text.strip():
            after, actions = _take_typed(state, happening)
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


# -- the user speaks


def _hear_voice(state: TurnState, at_s: float, now_s: float) -> tuple[TurnState, list[Action]]:
    """Nobody begins to speak over a voice; who speaks already, stops when it has proved to be one."""
    lost_s = state.utterance.lost_s
    goes_on_with_lost = lost_s is not None and at_s - lost_s <= REOPEN_S
    state = replace(state, utterance=UserUtterance(at_s, left=goes_on_with_lost))
    if not state.active:
        return replace(state, mind=Mind.LISTENING), []
    return (state, []) if state.open or state.sounding else _hush(state, now_s)


def _hear_words(state: TurnState, heard: WordsHeard, now_s: float) -> tuple[TurnState, list[Action]]:
    """Words the utterance is sure of. After a "stop" more may come: that decides, and meanwhile it is silent."""
    if state.overhears(heard.is_reply):
        return state, []
    if heard.is_stop and state.stoppable:
        return _hush(state, now_s)
    state, actions = _open(state, heard.text.strip())
    return state, [*actions, Listen(state.turn, state.words)]


def _end_words(state: TurnState, said: WordsSpoken, now_s: float) -> tuple[TurnState, list[Action]]:
    """The utterance is over; its words, perhaps none."""
    text = said.text.strip()
    if not state.open and (not text or state.overhears(said.is_reply)):
        return _pass_over(state, now_s)
    if said.is_stop and state.stoppable:
        cut, actions = _cut_off(state)
        return replace(cut, mind=Mind.IDLE), [*actions, PassOver()]
    state, actions = _open(state, text)
    after = replace(state, open=False, mind=Mind.THINKING, mouth=Mouth.SILENT, final_s=said.at_s)
    return after, [*actions, Begin(after.turn, after.words, spoken=True)]


def _lose_words(state: TurnState, at_s: float, now_s: float) -> tuple[TurnState, list[Action]]:
    """Half a sentence is no question: the turn it opened is withdrawn, and its rest is left behind."""
    if state.open:
        cut, actions = _cut_off(state, withdrawn=True)
        after, actions = replace(cut, mind=Mind.IDLE), [*actions, PassOver()]
    else:
        after, actions = _pass_over(state, now_s)
    return replace(after, utterance=replace(after.utterance, left=False, lost_s=at_s)), actions


def _pass_over(state: TurnState, now_s: float) -> tuple[TurnState, list[Action]]:
    after, actions = _unhush(state, now_s) if state.active else (_fall_silent(state), [])
    return after, [*actions, PassOver()]


def _open(state: TurnState, text: str) -> tuple[TurnState, list[Action]]:
    """The turn that the running utterance belongs to, with these words of it; none leave it as it is."""
    if state.open:
        return replace(state, words=as_one_sentence(state.earlier, text) if text else state.words), []
    withdrawn = state.active and state.continued
    earlier = state.words if withdrawn else ""
    cut, actions = _cut_off(state, withdrawn)
    after = _new_turn(cut, as_one_sentence(earlier, text))
    return replace(after, open=True, mind=Mind.LISTENING, mouth=cut.mouth, earlier=earlier), actions


def _new_turn(state: TurnState, words: str) -> TurnState:
    return TurnState(
        state.turn + 1, state.epoch + 1, Mind.THINKING, active=True, words=words, utterance=state.utterance
    )


def as_one_sentence(earlier: str, text: str) -> str:
    """The words of one utterance and of the next one that goes on with it: the end of the sentence was none."""
    return f"{earlier.rstrip(_ENDS)} {text}" if earlier else text


# -- the user types, or stops


def _take_typed(state: TurnState, typed: WordsTyped) -> tuple[TurnState, list[Action]]:
    """It interrupts; but what goes on with a question of whose answer nothing was shown is asked together with it."""
    text = typed.text.strip()
    if typed.goes_on and state.unanswered:
        cut, actions = _cut_off(state, withdrawn=True, stands=True)
        after = _new_turn(cut, f"{state.words}\n{text}")
    else:
        cut, actions = _leave(state)
        after = _new_turn(cut, text)
    return after, [*actions, Begin(after.turn, after.words, spoken=False)]


def _leave(state: TurnState) -> tuple[TurnState, list[Action]]:
    """End the running turn for something else than words that are spoken; those that are, are left behind."""
    cut, actions = _cut_off(state, withdrawn=state.open)
    return replace(cut, utterance=replace(cut.utterance, left=state.utterance.left or state.open)), actions


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
            return replace(state, mind=Mind.WRITING, answered=True), []
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
    after = replace(state, active=False, hushed_s=None, mind=Mind.LISTENING if state.hushed else state.mind)
    return after, [Finish(state.turn, interrupted=False)]


# -- silence


def _hush(state: TurnState, now_s: float) -> tuple[TurnState, list[Action]]:
    if state.hushed:
        return state, []
    mouth = Mouth.INTERRUPTED if state.mouth is Mouth.SPEAKING else state.mouth
    return replace(state, hushed_s=now_s, mouth=mouth), [Hush(state.turn, state.epoch)]


def _unhush(state: TurnState, now_s: float) -> tuple[TurnState, list[Action]]:
    """While it was held, nothing was heard: the first sound counts as so much later."""
    if state.hushed_s is None:
        return state, []
    mouth = Mouth.SPEAKING if state.sounding else Mouth.SILENT
    sound_s = state.sound_s
    if sound_s is not None:
        sound_s += max(0.0, now_s - max(sound_s, state.hushed_s))
    return replace(state, hushed_s=None, mouth=mouth, sound_s=sound_s), [Unhush(state.turn, state.epoch)]


def _cut_off(state: TurnState, withdrawn: bool = False, stands: bool = False) -> tuple[TurnState, list[Action]]:
    """End the running turn, if there is one, as interrupted."""
    if not state.active:
        return _fall_silent(state), []
    mouth = Mouth.INTERRUPTED if state.sounding else Mouth.SILENT
    after = replace(
        state, epoch=state.epoch + 1, active=False, open=False, hushed_s=None, sounding=False, mouth=mouth, final_s=None
    )
    cut = CutOff(state.turn, state.epoch, withdrawn)
    return after, [cut, Finish(state.turn, True, withdrawn, stands)]


def _fall_silent(state: TurnState) -> TurnState:
    """An utterance without words, or a new one: whoever was interrupted stays so until a turn begins."""
    return replace(state, mind=Mind.IDLE) if state.mind is Mind.LISTENING else state
