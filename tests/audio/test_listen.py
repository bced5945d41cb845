"""The listener with a scripted detector: what the recogniser gets, and in which order things are reported."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audio.endpoint import EndpointSettings
from audio.events import FinalTranscript, ListenEvent, PartialTranscript, SpeechEnded, SpeechStarted
from audio.listen import PRE_ROLL_MS, Listener
from audio.vad import FRAME_MS, FRAME_SAMPLES
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
