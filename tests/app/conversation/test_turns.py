"""The turn machine, as a table of scripted conversations and as laws that hold for every other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.conversation.events import Mind, Mouth
from app.conversation.happenings import (
    Answered,
    AnswerEnded,
    Happening,
    HearingFailed,
    HeldLong,
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
from app.conversation.turn_state import REACTION_S, REOPEN_S, TurnState
from app.conversation.turns import advance

IDLE, LISTENING, THINKING, WRITING = Mind
SILENT, SPEAKING, INTERRUPTED = Mouth

Step = tuple[Happening, list[Action]]

HELLO: Step = (WordsTyped("hello"), [Begin(1, "hello", spoken=False), Show(THINKING, SILENT)])
THINKS: Step = (Thought(), [])
WRITES: Step = (Answered(), [Show(WRITING, SILENT)])
SPEAKS: Step = (SoundStarted(), [Show(WRITING, SPEAKING)])
WRITES_UNHEARD: Step = (Answered(), [])
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
    "the engine thinks about the first words while the others are still being said": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsHeard("what is"), [Listen(1, "what is")]),
        THINKS,
        (WordsHeard("what is 2 plus"), [Listen(1, "what is 2 plus")]),
        (WordsSpoken("what is 2 plus 3"), [Begin(1, "what is 2 plus 3", spoken=True), Show(THINKING, SILENT)]),
        WRITES,
    ],
    "words that were sure are not lost with the end of the utterance": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsHeard("what is 2"), [Listen(1, "what is 2")]),
        (WordsSpoken(""), [Begin(1, "what is 2", spoken=True), Show(THINKING, SILENT)]),
    ],
    "a voice that lasts holds the sound, and words cut it off": [
        HELLO,
        WRITES,
        SPEAKS,
        (VoiceStarted(), []),
        (VoiceConfirmed(), [Hush(1, 1), Show(WRITING, INTERRUPTED)]),
        (VoiceConfirmed(), []),
        WRITES_UNHEARD,
        (
            WordsHeard("wait"),
            [CutOff(1, 1), Finish(1, interrupted=True), Listen(2, "wait"), Show(LISTENING, INTERRUPTED)],
        ),
        (WordsSpoken("wait a moment"), [Begin(2, "wait a moment", spoken=True), Show(THINKING, SILENT)]),
    ],
    "words that come all at once cut the answer off too": [
        HELLO,
        WRITES,
        SPEAKS,
        WRITTEN,
        (VoiceStarted(), []),
        (VoiceConfirmed(), [Hush(1, 1), Show(IDLE, INTERRUPTED)]),
        (
            WordsSpoken("no", at_s=9.0),
            [CutOff(1, 1), Finish(1, interrupted=True), Begin(2, "no", spoken=True), Show(THINKING, SILENT)],
        ),
    ],
    "after a cough the sound goes on where it was held": [
        HELLO,
        WRITES,
        SPEAKS,
        (VoiceStarted(), []),
        (VoiceConfirmed(), [Hush(1, 1), Show(WRITING, INTERRUPTED)]),
        (WordsSpoken("  "), [Unhush(1, 1), PassOver(), Show(WRITING, SPEAKING)]),
    ],
    "what sounds like words and is no voice changes nothing, but for words the user ends by hand": [
        HELLO,
        WRITES,
        SPEAKS,
        (VoiceStarted(), []),
        (WordsHeard("anna"), []),
        (WordsSpoken("anna", at_s=5.0), [PassOver()]),
        (VoiceStarted(), []),
        (
            WordsSpoken("no"),
            [CutOff(1, 1), Finish(1, interrupted=True), Begin(2, "no", spoken=True), Show(THINKING, SILENT)],
        ),
    ],
    "a radio does not hold it for ever": [
        HELLO,
        WRITES,
        SPEAKS,
        (VoiceStarted(), []),
        (VoiceConfirmed(), [Hush(1, 1), Show(WRITING, INTERRUPTED)]),
        (HeldLong(0), []),
        (HeldLong(1), [Unhush(1, 1), Show(WRITING, SPEAKING)]),
        (HeldLong(1), []),
        (
            WordsHeard("no"),
            [CutOff(1, 1), Finish(1, interrupted=True), Listen(2, "no"), Show(LISTENING, INTERRUPTED)],
        ),
        (HeldLong(1), []),
    ],
    "so it does after an mhm, and a short one does not even hold it": [
        HELLO,
        WRITES,
        SPEAKS,
        (VoiceStarted(), []),
        (WordsSpoken("mhm", is_reply=True), [PassOver()]),
        (VoiceStarted(), []),
        (VoiceConfirmed(), [Hush(1, 1), Show(WRITING, INTERRUPTED)]),
        (WordsHeard("okay", is_reply=True), []),
        (WordsSpoken("okay", is_reply=True), [Unhush(1, 1), PassOver(), Show(WRITING, SPEAKING)]),
    ],
    "an mhm to nobody is a turn like any other": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsSpoken("okay", is_reply=True), [Begin(1, "okay", spoken=True), Show(THINKING, SILENT)]),
    ],
    "it does not begin to speak over a voice": [
        HELLO,
        WRITES,
        (VoiceStarted(), [Hush(1, 1)]),
        (SoundStarted(), []),
        (WordsSpoken(""), [Unhush(1, 1), PassOver(), Show(WRITING, SPEAKING)]),
    ],
    "who goes on right after the end of a turn had not finished": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsSpoken("What is 2 plus 3?", at_s=5.0), [Begin(1, "What is 2 plus 3?", True), Show(THINKING, SILENT)]),
        (VoiceStarted(4.9 + REOPEN_S), [Hush(1, 1)]),
        (
            WordsHeard("minus"),
            [
                CutOff(1, 1, withdrawn=True),
                Finish(1, interrupted=True, withdrawn=True),
                Listen(2, "What is 2 plus 3 minus"),
                Show(LISTENING, SILENT),
            ],
        ),
        (WordsHeard("minus 1"), [Listen(2, "What is 2 plus 3 minus 1")]),
        (WordsSpoken("minus 1."), [Begin(2, "What is 2 plus 3 minus 1.", True), Show(THINKING, SILENT)]),
    ],
    "also when the answer's first sound had just gone out": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsSpoken("what is 2", at_s=5.0), [Begin(1, "what is 2", True), Show(THINKING, SILENT)]),
        (SoundStarted(5.2), [Show(THINKING, SPEAKING)]),
        (SoundStarted(5.5), []),
        (VoiceStarted(5.1 + REACTION_S), []),
        (VoiceConfirmed(), [Hush(1, 1), Show(THINKING, INTERRUPTED)]),
        (
            WordsSpoken("plus 3", at_s=7.0),
            [
                CutOff(1, 1, withdrawn=True),
                Finish(1, interrupted=True, withdrawn=True),
                Begin(2, "what is 2 plus 3", True),
                Show(THINKING, SILENT),
            ],
        ),
    ],
    "who has heard some of the answer interrupts it": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsSpoken("what is 2", at_s=5.0), [Begin(1, "what is 2", True), Show(THINKING, SILENT)]),
        (SoundStarted(5.2), [Show(THINKING, SPEAKING)]),
        (VoiceStarted(5.3 + REACTION_S), []),
        (VoiceConfirmed(), [Hush(1, 1), Show(THINKING, INTERRUPTED)]),
        (
            WordsSpoken("no", at_s=7.0),
            [CutOff(1, 1), Finish(1, interrupted=True), Begin(2, "no", True), Show(THINKING, SILENT)],
        ),
    ],
    "later it is an interruption": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsSpoken("what is 2 plus 3", at_s=5.0), [Begin(1, "what is 2 plus 3", True), Show(THINKING, SILENT)]),
        (VoiceStarted(5.1 + REOPEN_S), [Hush(1, 1)]),
        (
            WordsSpoken("minus 1", at_s=9.0),
            [CutOff(1, 1), Finish(1, interrupted=True), Begin(2, "minus 1", True)],
        ),
    ],
    "and so it is when the user ended the turn by hand": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsSpoken("what is 2 plus 3"), [Begin(1, "what is 2 plus 3", True), Show(THINKING, SILENT)]),
        (VoiceStarted(0.1), [Hush(1, 1)]),
        (
            WordsSpoken("minus 1"),
            [CutOff(1, 1), Finish(1, interrupted=True), Begin(2, "minus 1", True)],
        ),
    ],
    "typing while speaking leaves what was said unsaid": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsHeard("what"), [Listen(1, "what")]),
        (
            WordsTyped("2+3"),
            [
                CutOff(1, 1, withdrawn=True),
                Finish(1, interrupted=True, withdrawn=True),
                Begin(2, "2+3", spoken=False),
                Show(THINKING, SILENT),
            ],
        ),
        (WordsHeard("what is it"), []),
        (WordsSpoken("what is it worth", at_s=3.0), [PassOver()]),
        (VoiceStarted(9.0), [Hush(2, 3)]),
        (
            WordsSpoken("no", at_s=9.5),
            [CutOff(2, 3), Finish(2, interrupted=True), Begin(3, "no", spoken=True)],
        ),
    ],
    "after a stop the rest of what was being said is no turn": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsHeard("what"), [Listen(1, "what")]),
        (
            StopPressed(),
            [
                CutOff(1, 1, withdrawn=True),
                Finish(1, interrupted=True, withdrawn=True),
                Show(IDLE, SILENT),
            ],
        ),
        (WordsHeard("what is it"), []),
        (WordsSpoken("what is it worth", at_s=3.0), [PassOver()]),
        (VoiceStarted(9.0), [Show(LISTENING, SILENT)]),
        (WordsSpoken("hi", at_s=9.5), [Begin(1 + 1, "hi", spoken=True), Show(THINKING, SILENT)]),
    ],
    "who only says stop gets silence, and no answer to it": [
        HELLO,
        WRITES,
        SPEAKS,
        (VoiceStarted(), []),
        (VoiceConfirmed(), [Hush(1, 1), Show(WRITING, INTERRUPTED)]),
        (WordsHeard("stop", is_stop=True), []),
        (
            WordsSpoken("stop please", at_s=9.0, is_stop=True),
            [CutOff(1, 1), Finish(1, interrupted=True), PassOver(), Show(IDLE, INTERRUPTED)],
        ),
    ],
    "also right after the question, which stays as it was said": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsSpoken("what is 2 plus 3", at_s=5.0), [Begin(1, "what is 2 plus 3", True), Show(THINKING, SILENT)]),
        (VoiceStarted(5.5), [Hush(1, 1)]),
        (WordsHeard("cancel", is_stop=True), []),
        (
            WordsSpoken("cancel", at_s=6.5, is_stop=True),
            [CutOff(1, 1), Finish(1, interrupted=True), PassOver(), Show(IDLE, SILENT)],
        ),
    ],
    "who says more than stop goes on with the question": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsSpoken("can i", at_s=5.0), [Begin(1, "can i", True), Show(THINKING, SILENT)]),
        (VoiceStarted(5.5), [Hush(1, 1)]),
        (WordsHeard("cancel", is_stop=True), []),
        (
            WordsSpoken("cancel my order", at_s=6.5),
            [
                CutOff(1, 1, withdrawn=True),
                Finish(1, interrupted=True, withdrawn=True),
                Begin(2, "can i cancel my order", True),
            ],
        ),
    ],
    "the beginning of a stop holds a sound that was let go for a radio": [
        HELLO,
        WRITES,
        SPEAKS,
        (VoiceStarted(), []),
        (VoiceConfirmed(), [Hush(1, 1), Show(WRITING, INTERRUPTED)]),
        (HeldLong(1), [Unhush(1, 1), Show(WRITING, SPEAKING)]),
        (WordsHeard("never", is_stop=True), [Hush(1, 1), Show(WRITING, INTERRUPTED)]),
        (
            WordsSpoken("never mind", at_s=9.0, is_stop=True),
            [CutOff(1, 1), Finish(1, interrupted=True), PassOver(), Show(IDLE, INTERRUPTED)],
        ),
    ],
    "a stop to nobody is a turn like any other": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsHeard("stop", is_stop=True), [Listen(1, "stop")]),
        (WordsSpoken("stop", at_s=2.0, is_stop=True), [Begin(1, "stop", spoken=True), Show(THINKING, SILENT)]),
    ],
    "while its sound was held, nobody heard the answer and reacted to it": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsSpoken("what is 2", at_s=5.0), [Begin(1, "what is 2", True), Show(THINKING, SILENT)]),
        (SoundStarted(5.1), [Show(THINKING, SPEAKING)]),
        (VoiceStarted(5.2), []),
        (VoiceConfirmed(), [Hush(1, 1), Show(THINKING, INTERRUPTED)]),
        (WordsSpoken("", at_s=5.9), [Unhush(1, 1), PassOver(), Show(THINKING, SPEAKING)]),
        (VoiceStarted(6.0), []),
        (VoiceConfirmed(), [Hush(1, 1), Show(THINKING, INTERRUPTED)]),
        (
            WordsHeard("plus 3"),
            [
                CutOff(1, 1, withdrawn=True),
                Finish(1, interrupted=True, withdrawn=True),
                Listen(2, "what is 2 plus 3"),
                Show(LISTENING, INTERRUPTED),
            ],
        ),
    ],
    "half a sentence that was lost with the recogniser is not answered, and its rest is left behind": [
        (VoiceStarted(1.0), [Show(LISTENING, SILENT)]),
        (WordsHeard("what is"), [Listen(1, "what is")]),
        (
            HearingFailed(2.0),
            [
                CutOff(1, 1, withdrawn=True),
                Finish(1, interrupted=True, withdrawn=True),
                PassOver(),
                Show(IDLE, SILENT),
            ],
        ),
        (VoiceStarted(2.1), [Show(LISTENING, SILENT)]),
        (WordsHeard("plus three"), []),
        (WordsSpoken("plus three", at_s=4.0), [PassOver(), Show(IDLE, SILENT)]),
        (VoiceStarted(4.5), [Show(LISTENING, SILENT)]),
        (WordsSpoken("what is 2", at_s=6.0), [Begin(2, "what is 2", spoken=True), Show(THINKING, SILENT)]),
    ],
    "a recogniser that fails over the answer lets it go on": [
        HELLO,
        WRITES,
        SPEAKS,
        (VoiceStarted(), []),
        (VoiceConfirmed(), [Hush(1, 1), Show(WRITING, INTERRUPTED)]),
        (HearingFailed(2.0), [Unhush(1, 1), PassOver(), Show(WRITING, SPEAKING)]),
        (VoiceStarted(3.1 + REOPEN_S), []),
        (VoiceConfirmed(), [Hush(1, 1), Show(WRITING, INTERRUPTED)]),
        (
            WordsHeard("no"),
            [CutOff(1, 1), Finish(1, interrupted=True), Listen(2, "no"), Show(LISTENING, INTERRUPTED)],
        ),
    ],
    "what is typed while nothing of the answer was shown is asked together with the question": [
        HELLO,
        THINKS,
        (
            WordsTyped("and more", goes_on=True),
            [
                CutOff(1, 1, withdrawn=True),
                Finish(1, interrupted=True, withdrawn=True, stands=True),
                Begin(2, "hello\nand more", spoken=False),
            ],
        ),
        (
            WordsTyped("!", goes_on=True),
            [CutOff(2, 3, True), Finish(2, True, True, True), Begin(3, "hello\nand more\n!", False)],
        ),
        WRITES,
        (
            WordsTyped("no, that"),
            [
                CutOff(3, 5),
                Finish(3, interrupted=True),
                Begin(4, "no, that", spoken=False),
                Show(THINKING, SILENT),
            ],
        ),
    ],
    "also when the question was spoken": [
        (VoiceStarted(), [Show(LISTENING, SILENT)]),
        (WordsSpoken("what is 2 plus 3", at_s=5.0), [Begin(1, "what is 2 plus 3", True), Show(THINKING, SILENT)]),
        (
            WordsTyped("times 4", goes_on=True),
            [
                CutOff(1, 1, withdrawn=True),
                Finish(1, interrupted=True, withdrawn=True, stands=True),
                Begin(2, "what is 2 plus 3\ntimes 4", spoken=False),
            ],
        ),
    ],
    "a question of its own takes the place of one that is not answered yet": [
        HELLO,
        THINKS,
        (
            WordsTyped("who are you?"),
            [CutOff(1, 1), Finish(1, interrupted=True), Begin(2, "who are you?", spoken=False)],
        ),
    ],
    "what goes on with an answer that has begun interrupts it": [
        HELLO,
        WRITES,
        (
            WordsTyped("and more", goes_on=True),
            [CutOff(1, 1), Finish(1, interrupted=True), Begin(2, "and more", False), Show(THINKING, SILENT)],
        ),
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
    state, now_s = TurnState(), 0.0
    for happening, expected in script:
        now_s = max(now_s, getattr(happening, "at_s", None) or 0.0)
        state, actions = advance(state, happening, now_s)
        assert actions == expected, happening


TEXTS = st.sampled_from(["", "  ", "hi", "a longer text"])
TIMES = st.floats(0, 5)
HAPPENINGS = st.one_of(
    st.builds(VoiceStarted, TIMES),
    st.builds(WordsHeard, TEXTS, st.booleans(), st.booleans()),
    st.builds(WordsSpoken, TEXTS, st.booleans(), st.none() | TIMES, st.booleans()),
    st.builds(HearingFailed, TIMES),
    st.builds(WordsTyped, TEXTS, st.booleans()),
    st.sampled_from([VoiceConfirmed(), StopPressed(), Thought(), Answered(), AnswerEnded(), SoundEnded()]),
    st.builds(SoundStarted, TIMES),
    st.builds(HeldLong, st.integers(0, 5)),
)
STORIES = st.lists(HAPPENINGS, max_size=40)


def story(happenings: list[Happening]) -> list[tuple[TurnState, TurnState, list[Action]]]:
    """(state before, state after, actions) of every happening."""
    found, state = [], TurnState()
    for now_s, happening in enumerate(happenings):
        after, actions = advance(state, happening, now_s / 4)
        found.append((state, after, actions))
        state = after
    return found


@given(STORIES)
def test_turn_and_epoch_never_fall_and_every_interruption_raises_the_epoch(happenings: list[Happening]) -> None:
    for before, after, actions in story(happenings):
        assert after.epoch >= before.epoch and after.turn >= before.turn
        if any(isinstance(action, CutOff) for action in actions) or after.turn > before.turn:
            assert after.epoch > before.epoch


@given(STORIES)
def test_no_two_turns_share_an_epoch(happenings: list[Happening]) -> None:
    epochs = [after.epoch for before, after, _ in story(happenings) if after.turn > before.turn]
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
                case Listen(turn) | Begin(turn) if running is None:
                    assert turn == begun + 1
                    running = begun = turn
                case Listen(turn) | Begin(turn):
                    assert turn == running
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
        state, _ = advance(state, happening, 0.0)
    state, actions = advance(state, SoundEnded(), 0.0)
    assert Finish(state.turn, interrupted=False) in actions
    assert (state.mind, state.mouth) == (IDLE, SILENT)


@given(STORIES)
def test_words_become_final_once_and_nothing_is_heard_of_a_turn_afterwards(happenings: list[Happening]) -> None:
    final: set[int] = set()
    for before, after, actions in story(happenings):
        for action in actions:
            match action:
                case Listen(turn, text):
                    assert text.strip() and turn not in final
                case Begin(turn, text):
                    assert text.strip() and turn not in final
                    final.add(turn)
        if after.open:
            assert after.active and after.turn not in final
        elif before.open and not any(isinstance(action, CutOff) for action in actions):
            assert after.turn in final


@given(STORIES)
def test_sound_is_held_and_goes_on_in_turns_and_never_outlives_its_epoch(happenings: list[Happening]) -> None:
    held: int | None = None
    for _, after, actions in story(happenings):
        for action in actions:
            match action:
                case Hush(_, epoch):
                    assert held is None
                    held = epoch
                case Unhush(_, epoch):
                    assert held == epoch
                    held = None
                case CutOff() | Finish():
                    held = None
        assert after.hushed == (held is not None)
        if after.hushed:
            assert after.active and not after.open and after.mouth is not SPEAKING and held == after.epoch


@given(STORIES)
def test_only_who_goes_on_is_withdrawn_and_no_word_is_lost(happenings: list[Happening]) -> None:
    for before, after, actions in story(happenings):
        for action in actions:
            if isinstance(action, CutOff) and action.withdrawn and not before.open:
                assert (
                    after.words != before.words
                    and after.words.startswith(before.words.rstrip(" .?!…"))
                    and len(after.words) > len(before.words)
                )
