"""The turn machine, as a table of scripted conversations and as laws that hold for every other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.events import Mind, Mouth
from app.turns import (
    Action,
    Answered,
    AnswerEnded,
    Begin,
    CutOff,
    Finish,
    Happening,
    Show,
    SoundEnded,
    SoundStarted,
    StopPressed,
    Thought,
    TurnState,
    VoiceStarted,
    WordsSpoken,
    WordsTyped,
    advance,
)

IDLE, LISTENING, THINKING, WRITING = Mind
SILENT, SPEAKING, INTERRUPTED = Mouth

Step = tuple[Happening, list[Action]]

HELLO: Step = (WordsTyped("hello"), [Begin(1, "hello", spoken=False), Show(THINKING, SILENT)])
THINKS: Step = (Thought(), [])
WRITES: Step = (Answered(), [Show(WRITING, SILENT)])
SPEAKS: Step = (SoundStarted(), [Show(WRITING, SPEAKING)])
WRITTEN: Step = (AnswerEnded(), [Show(IDLE, SPEAKING)])

CONVERSATIONS: dict[str, list[Step]] = {
    "a typed question is answered aloud": [
        HELLO,
        THINKS,
        WRITES,
        SPEAKS,
        (Thought(), [Show(THINKING, SPEAKING)]),
        (Answered(), [Show(WRITING, SPEAKING)]),
        WRITTEN,
        (SoundEnded(), [Finish(1, interrupted=False), Show(IDLE, SILENT)]),
    ],
    "a spoken question is answered aloud": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsSpoken(" hello "), [Begin(1, "hello", spoken=True), Show(THINKING, SILENT)]),
        WRITES,
        SPEAKS,
        WRITTEN,
        (SoundEnded(), [Finish(1, interrupted=False), Show(IDLE, SILENT)]),
    ],
    "an answer without sound is over when it is written": [
        HELLO,
        WRITES,
        (AnswerEnded(), [Show(IDLE, SILENT)]),
        (SoundEnded(), [Finish(1, interrupted=False)]),
    ],
    "sound that ends before the answer does not end the turn": [
        HELLO,
        WRITES,
        SPEAKS,
        (SoundEnded(), [Show(WRITING, SILENT)]),
        (SoundStarted(), [Show(WRITING, SPEAKING)]),
        WRITTEN,
        (SoundEnded(), [Finish(1, interrupted=False), Show(IDLE, SILENT)]),
    ],
    "the user's voice cuts the answer off at once": [
        HELLO,
        WRITES,
        SPEAKS,
        (VoiceStarted(), [CutOff(1, 1), Finish(1, interrupted=True), Show(LISTENING, INTERRUPTED)]),
        (WordsSpoken("wait"), [Begin(2, "wait", spoken=True), Show(THINKING, SILENT)]),
    ],
    "the user's voice cuts off an answer that was written long ago": [
        HELLO,
        WRITES,
        SPEAKS,
        WRITTEN,
        (VoiceStarted(), [CutOff(1, 1), Finish(1, interrupted=True), Show(LISTENING, INTERRUPTED)]),
    ],
    "a cough that holds no words leaves an interrupted assistant": [
        HELLO,
        WRITES,
        SPEAKS,
        (VoiceStarted(), [CutOff(1, 1), Finish(1, interrupted=True), Show(LISTENING, INTERRUPTED)]),
        (WordsSpoken("  "), [Show(IDLE, INTERRUPTED)]),
    ],
    "typing cuts off too, and begins the next turn at once": [
        HELLO,
        WRITES,
        SPEAKS,
        (
            WordsTyped("no, that"),
            [
                CutOff(1, 1),
                Finish(1, interrupted=True),
                Begin(2, "no, that", spoken=False),
                Show(THINKING, SILENT),
            ],
        ),
        (Thought(), []),
    ],
    "stop silences and asks for nothing": [
        HELLO,
        WRITES,
        SPEAKS,
        (StopPressed(), [CutOff(1, 1), Finish(1, interrupted=True), Show(IDLE, INTERRUPTED)]),
        (StopPressed(), []),
    ],
    "whoever is stopped while thinking was not interrupted aloud": [
        HELLO,
        (StopPressed(), [CutOff(1, 1), Finish(1, interrupted=True), Show(IDLE, SILENT)]),
    ],
    "late news of a turn that is over change nothing": [
        HELLO,
        (StopPressed(), [CutOff(1, 1), Finish(1, interrupted=True), Show(IDLE, SILENT)]),
        (Thought(), []),
        (Answered(), []),
        (SoundStarted(), []),
        (AnswerEnded(), []),
        (SoundEnded(), []),
    ],
    "tokens of the step that ends the answer do not make the mind busy again": [
        HELLO,
        WRITES,
        SPEAKS,
        WRITTEN,
        (Thought(), []),
        (Answered(), []),
        (SoundEnded(), [Finish(1, interrupted=False), Show(IDLE, SILENT)]),
    ],
    "every turn has an epoch of its own": [
        HELLO,
        (AnswerEnded(), [Show(IDLE, SILENT)]),
        (SoundEnded(), [Finish(1, interrupted=False)]),
        (WordsTyped("more"), [Begin(2, "more", spoken=False), Show(THINKING, SILENT)]),
        (StopPressed(), [CutOff(2, 2), Finish(2, interrupted=True), Show(IDLE, SILENT)]),
        (WordsTyped("more"), [Begin(3, "more", spoken=False), Show(THINKING, SILENT)]),
        (StopPressed(), [CutOff(3, 4), Finish(3, interrupted=True), Show(IDLE, SILENT)]),
    ],
    "nothing is typed, nothing happens": [(WordsTyped(""), []), HELLO, (WordsTyped(" \n"), [])],
}


@pytest.mark.parametrize("script", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
def test_conversations_go_as_scripted(script: list[Step]) -> None:
    state = TurnState()
    for happening, expected in script:
        state, actions = advance(state, happening)
        assert actions == expected, happening


TEXTS = st.sampled_from(["", "  ", "hi", "a longer text"])
HAPPENINGS = st.one_of(
    st.builds(WordsSpoken, TEXTS),
    st.builds(WordsTyped, TEXTS),
    st.sampled_from(
        [VoiceStarted(), StopPressed(), Thought(), Answered(), AnswerEnded(), SoundStarted(), SoundEnded()]
    ),
)
STORIES = st.lists(HAPPENINGS, max_size=40)


def story(happenings: list[Happening]) -> list[tuple[TurnState, TurnState, list[Action]]]:
    """(state before, state after, actions) of every happening."""
    found, state = [], TurnState()
    for happening in happenings:
        after, actions = advance(state, happening)
        found.append((state, after, actions))
        state = after
    return found


@given(STORIES)
def test_turn_and_epoch_never_fall_and_every_interruption_raises_the_epoch(happenings: list[Happening]) -> None:
    for before, after, actions in story(happenings):
        assert after.epoch >= before.epoch and after.turn >= before.turn
        if any(isinstance(action, CutOff | Begin) for action in actions):
            assert after.epoch > before.epoch


@given(STORIES)
def test_no_two_turns_share_an_epoch(happenings: list[Happening]) -> None:
    epochs = [after.epoch for _, after, actions in story(happenings) if any(isinstance(a, Begin) for a in actions)]
    assert len(epochs) == len(set(epochs))


@given(STORIES)
def test_silence_comes_first_and_the_show_comes_last(happenings: list[Happening]) -> None:
    for _, _, actions in story(happenings):
        kinds = [type(action) for action in actions]
        assert CutOff not in kinds[1:] and Show not in kinds[:-1]


@given(STORIES)
def test_a_cut_off_names_the_turn_and_the_epoch_that_were_running(happenings: list[Happening]) -> None:
    for before, _, actions in story(happenings):
        for action in actions:
            if isinstance(action, CutOff):
                assert before.active and (action.turn, action.epoch) == (before.turn, before.epoch)


@given(STORIES)
def test_every_turn_begins_once_and_finishes_once_before_the_next_begins(happenings: list[Happening]) -> None:
    running: int | None = None
    begun = 0
    for _, after, actions in story(happenings):
        for action in actions:
            match action:
                case Begin(turn):
                    assert running is None and turn == begun + 1
                    running = begun = turn
                case Finish(turn):
                    assert turn == running
                    running = None
        assert after.active == (running is not None)
        assert running is None or after.turn == running


@given(STORIES)
def test_what_is_shown_is_what_is_true(happenings: list[Happening]) -> None:
    shown = (IDLE, SILENT)
    for before, after, actions in story(happenings):
        changed = (before.mind, before.mouth) != (after.mind, after.mouth)
        shows = [(action.mind, action.mouth) for action in actions if isinstance(action, Show)]
        assert shows == [(after.mind, after.mouth)] * changed
        shown = shows[-1] if shows else shown
        assert shown == (after.mind, after.mouth)


@given(STORIES)
def test_a_mind_at_work_and_a_speaking_mouth_need_a_running_turn(happenings: list[Happening]) -> None:
    for _, after, _ in story(happenings):
        if not after.active:
            assert after.mind in (IDLE, LISTENING) and after.mouth in (SILENT, INTERRUPTED)


@given(STORIES)
def test_any_story_can_go_on_to_a_finished_turn(happenings: list[Happening]) -> None:
    state = TurnState()
    for happening in [*happenings, WordsTyped("at last"), AnswerEnded()]:
        state, _ = advance(state, happening)
    state, actions = advance(state, SoundEnded())
    assert Finish(state.turn, interrupted=False) in actions
    assert (state.mind, state.mouth) == (IDLE, SILENT)
