"""The listener with a scripted detector: what the recogniser gets, and in which order things are reported."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.asr.hypothesis import Hypothesis
from audio.events import (
    FinalTranscript,
    ListenEvent,
    PartialTranscript,
    SpeechConfirmed,
    SpeechEnded,
    SpeechStarted,
)
from audio.listen import PRE_ROLL_MS, Listener
from audio.turns.endpoint import Completeness, EndpointSettings
from audio.turns.speech_level import QUIETEST_DB, SpeechLevel
from audio.turns.vad import FRAME_MS, FRAME_SAMPLES
from tests.audio.speech import CountingRecognizer, ScriptedVad

SETTINGS = EndpointSettings(silence_ms=10 * FRAME_MS, min_speech_ms=2 * FRAME_MS, pause_ms=4 * FRAME_MS)
VOICE, QUIET = 0.9, 0.05
PRE_ROLL_FRAMES = round(PRE_ROLL_MS / FRAME_MS)


def numbered(frames: int) -> np.ndarray:
    """Sound whose samples are all different, as far as 16 bits go."""
    return (np.arange(frames * FRAME_SAMPLES) % 30_000).astype(np.int16)


def listener_for(script: list[float]) -> tuple[Listener, CountingRecognizer]:
    recognizer = CountingRecognizer()
    return Listener(ScriptedVad(script), recognizer, SETTINGS), recognizer


def test_events_come_in_the_order_of_a_turn() -> None:
    listener, _ = listener_for([QUIET] * 20 + [VOICE] * 5 + [QUIET] * 10)
    events = listener.push(numbered(40))
    kinds = [type(event) for event in events]
    assert kinds[0] is SpeechStarted
    assert set(kinds[1:-2]) == {PartialTranscript}
    assert kinds[-2:] == [SpeechEnded, FinalTranscript]
    assert events[0] == SpeechStarted(20 * FRAME_SAMPLES)
    assert events[-2] == SpeechEnded(25 * FRAME_SAMPLES, 35 * FRAME_SAMPLES)
    assert isinstance(events[-1], FinalTranscript)
    assert (events[-1].last_speech_sample, events[-1].at_sample) == (25 * FRAME_SAMPLES, 35 * FRAME_SAMPLES)


def test_the_recogniser_gets_the_pre_roll_the_speech_and_a_short_tail() -> None:
    sound = numbered(40)
    listener, recognizer = listener_for([QUIET] * 20 + [VOICE] * 5 + [QUIET] * 10)
    listener.push(sound)
    first, last = 20 - PRE_ROLL_FRAMES, 25 + SETTINGS.pause_frames - 1
    assert len(recognizer.utterances) == 1
    assert np.array_equal(recognizer.utterances[0], sound[first * FRAME_SAMPLES : last * FRAME_SAMPLES])


def test_a_pause_within_an_utterance_is_heard_whole() -> None:
    sound = numbered(60)
    listener, recognizer = listener_for([QUIET] * 20 + [VOICE] * 5 + [QUIET] * 9 + [VOICE] * 5 + [QUIET] * 10)
    listener.push(sound)
    last = 20 + 5 + 9 + 5 + SETTINGS.pause_frames - 1
    wanted = sound[(20 - PRE_ROLL_FRAMES) * FRAME_SAMPLES : last * FRAME_SAMPLES]
    assert np.array_equal(recognizer.utterances[0], wanted)
    assert recognizer.calls == ["start", "pause", "pause", "finish"]


def test_silence_is_never_transcribed() -> None:
    listener, recognizer = listener_for([])
    assert listener.push(numbered(500)) == []
    assert listener.finish() == []
    assert recognizer.calls == []


@given(st.lists(st.integers(0, 3000), max_size=40))
def test_chunk_sizes_change_nothing(sizes: list[int]) -> None:
    script = [QUIET] * 15 + [VOICE] * 6 + [QUIET] * 12 + [VOICE] * 3 + [QUIET] * 12
    sound = numbered(50)
    whole, whole_recognizer = listener_for(script)
    wanted = whole.push(sound)
    listener, recognizer = listener_for(script)
    events: list[ListenEvent] = []
    position = 0
    for size in [*sizes, len(sound)]:
        events += listener.push(sound[position : position + size])
        position += size
    assert events == wanted
    assert [len(heard) for heard in recognizer.utterances] == [len(heard) for heard in whole_recognizer.utterances]


def test_releasing_the_key_ends_the_utterance_at_once() -> None:
    listener, recognizer = listener_for([VOICE] * 100)
    listener.push(numbered(10)[: 9 * FRAME_SAMPLES + 100])
    events = listener.finish()
    assert [type(event) for event in events][-2:] == [SpeechEnded, FinalTranscript]
    assert recognizer.calls[-1] == "finish"
    assert listener.at_sample == 10 * FRAME_SAMPLES
    assert listener.finish() == []


def test_reset_drops_the_utterance_and_counts_from_zero() -> None:
    listener, recognizer = listener_for([VOICE] * 20)
    listener.push(numbered(10))
    listener.reset()
    assert recognizer.calls[-1] == "cancel"
    assert listener.at_sample == 0
    assert listener.push(numbered(3))[0] == SpeechStarted(0)


def test_bad_chunks_are_taken_as_silence_or_clipped() -> None:
    listener, _ = listener_for([])
    assert listener.push(np.zeros(0, np.int16)) == []
    assert listener.push(np.full(1000, np.nan, np.float32)) == []
    assert listener.push(np.full(1000, 9.0)) == []
    assert listener.at_sample == 2000


def test_a_fork_listens_on_its_own() -> None:
    listener, _ = listener_for([VOICE] * 20)
    listener.push(numbered(5))
    other = listener.fork()
    assert (other.at_sample, other.in_utterance) == (0, False)
    assert other.push(numbered(3))[0] == SpeechStarted(0)
    assert listener.at_sample == 5 * FRAME_SAMPLES


class Judge:
    """Finds every utterance as complete as it is told to, and keeps what it was asked."""

    def __init__(self, verdict: Completeness) -> None:
        self._verdict = verdict
        self.asked: list[tuple[str, int]] = []

    def completeness(self, words: str, sound: np.ndarray) -> Completeness:
        self.asked.append((words, len(sound) // FRAME_SAMPLES))
        return self._verdict


JUDGED = replace(SETTINGS, finished_silence_ms=6 * FRAME_MS, unfinished_silence_ms=20 * FRAME_MS)
PAUSE_AND_END = [QUIET] * 20 + [VOICE] * 5 + [QUIET] * 15 + [VOICE] * 5 + [QUIET] * 40


@pytest.mark.parametrize(
    ("verdict", "ends"),
    [
        (Completeness.UNFINISHED, [45 + 20]),
        (Completeness.UNKNOWN, [25 + 10, 45 + 10]),
        (Completeness.FINISHED, [25 + 6, 45 + 6]),
    ],
)
def test_the_judge_decides_whether_a_pause_is_an_end(verdict: Completeness, ends: list[int]) -> None:
    judge = Judge(verdict)
    listener = Listener(ScriptedVad(PAUSE_AND_END), CountingRecognizer(), JUDGED, judge)
    events = listener.push(numbered(85))
    assert [event.at_sample for event in events if isinstance(event, SpeechEnded)] == [
        frame * FRAME_SAMPLES for frame in ends
    ]
    assert len(judge.asked) == 2


def test_the_judge_gets_the_words_and_the_sound_up_to_the_pause() -> None:
    judge = Judge(Completeness.UNFINISHED)
    listener = Listener(ScriptedVad(PAUSE_AND_END), CountingRecognizer(), JUDGED, judge)
    listener.push(numbered(85))
    to_pause = PRE_ROLL_FRAMES + 5 + SETTINGS.pause_frames
    fed = (to_pause - 1) * FRAME_SAMPLES
    assert judge.asked == [(str(fed), to_pause), (str(fed + (15 + 5) * FRAME_SAMPLES), to_pause + 15 + 5)]


class LateRecognizer(CountingRecognizer):
    """Has caught up with the voice only when it was fed nothing so many times."""

    def __init__(self, late: int) -> None:
        super().__init__()
        self._late = late

    def feed(self, pcm: np.ndarray) -> Hypothesis | None:
        self._late -= not len(pcm)
        return super().feed(pcm)

    def best_guess(self) -> str | None:
        return super().best_guess() if self._late <= 0 else None


@pytest.mark.parametrize(("late", "end"), [(1, 10), (5, 10), (9, 13), (100, 20)])
def test_words_that_are_still_worked_on_are_waited_for_but_not_for_ever(late: int, end: int) -> None:
    judge = Judge(Completeness.UNKNOWN)
    listener = Listener(ScriptedVad([VOICE] * 5 + [QUIET] * 40), LateRecognizer(late), JUDGED, judge)
    events = listener.push(numbered(45))
    assert [event.at_sample for event in events if isinstance(event, SpeechEnded)] == [(5 + end) * FRAME_SAMPLES]


def test_a_voice_is_confirmed_only_over_the_noise_of_the_room() -> None:
    rng = np.random.default_rng(3)
    room = rng.normal(0, 300, 60 * FRAME_SAMPLES)
    script = [QUIET] * 20 + [VOICE] * 20 + [QUIET] * 20
    finals, confirmed = [], []
    for gain in (0.0, 5.0):
        sound = room.copy()
        sound[20 * FRAME_SAMPLES : 40 * FRAME_SAMPLES] *= 1 + gain
        events = Listener(ScriptedVad(script), CountingRecognizer(), SETTINGS).push(sound.astype(np.int16))
        finals += [event for event in events if isinstance(event, FinalTranscript)]
        confirmed.append([event for event in events if isinstance(event, SpeechConfirmed)])
    assert confirmed == [[], [SpeechConfirmed((20 + 6) * FRAME_SAMPLES)]]
    assert [event.voiced_ms for event in finals] == [20 * FRAME_MS] * 2
    assert abs(finals[0].level_db) < 1
    assert finals[1].level_db == pytest.approx(20 * np.log10(6), abs=1)


def test_digital_silence_does_not_make_a_whisper_loud() -> None:
    level = SpeechLevel()
    for _ in range(10):
        level.hear(np.zeros(FRAME_SAMPLES, np.int16), voiced=False)
    assert level.floor_db == QUIETEST_DB
    assert level.hear(np.full(FRAME_SAMPLES, 3, np.int16), voiced=True) == 0
    assert level.utterance_db() == 0


def test_the_floor_does_not_follow_a_breath() -> None:
    level = SpeechLevel()
    for _ in range(50):
        level.hear(np.full(FRAME_SAMPLES, 30, np.int16), voiced=False)
    before = level.floor_db
    for _ in range(6):
        level.hear(np.full(FRAME_SAMPLES, 300, np.int16), voiced=False)
    assert 0 < level.floor_db - before < 6
