"""The espeak-ng synthesiser in its own process: quick, cancelled at once, replaced when it dies, gone when closed."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.errors import SynthesizerDied, SynthesizerUnavailable
from audio.pcm import OUTPUT_RATE_HZ, QUIET_AMPLITUDE
from audio.text.speak import speak
from audio.tts.shaping import KEPT_SILENCE_MS
from audio.tts.synthesizer import SpeechChunk, SpeechStream, WordMark
from audio.tts.worker import EspeakSynthesizer, WorkerSynthesizer
from audio.tts.worker_process import WorkerCommand
from audio.tts.worker_protocol import Kind, Message, Sound, SpokenWord, receive, send
from tests.audio.tts.steady_process import WORD_SAMPLES

ANSWER = "47 plus 38 is 85, so the answer is 85."
LONG = "This goes on and on. " * 3000
SENTENCES = "Sentence number one is here, and it is not short. " * 120
PHRASE = "One word after the other, each of its own length. " * 30
STEADY = WorkerCommand("steady", "tests.audio.tts.steady_process", (), 20.0, 0.5, repeats_itself=True)
ROOT = Path(__file__).parents[3]


@pytest.fixture
def own_voice() -> Iterator[EspeakSynthesizer]:
    """A voice whose process a test may kill."""
    with EspeakSynthesizer() as synthesizer:
        yield synthesizer


@pytest.fixture(scope="module")
def steady() -> Iterator[WorkerSynthesizer]:
    with WorkerSynthesizer(STEADY) as synthesizer:
        yield synthesizer


def sound_of(chunks: list[SpeechChunk]) -> np.ndarray:
    return np.concatenate([chunk.pcm for chunk in chunks])


def marks_of(chunks: list[SpeechChunk]) -> list[WordMark]:
    return [mark for chunk in chunks for mark in chunk.words]


def same(one: list[SpeechChunk], other: list[SpeechChunk]) -> bool:
    """Whether both say the same, to the sample: only of a voice that does."""
    return marks_of(one) == marks_of(other) and np.array_equal(sound_of(one), sound_of(other))


def check_the_seam(broken: list[SpeechChunk], whole: list[SpeechChunk]) -> None:
    """The phrase that broke off is the whole one, or one word more was said: again from its beginning."""
    sound, undisturbed, expected = sound_of(broken), sound_of(whole), marks_of(whole)
    again = len(sound) - len(undisturbed)
    word = next(
        word
        for word in ([mark.sample for mark in expected] if again else [0])
        if np.array_equal(sound, np.concatenate([undisturbed[: word + again], undisturbed[word:]]))
    )
    assert again <= WORD_SAMPLES
    assert marks_of(broken) == [
        replace(mark, sample=mark.sample + again) if mark.sample > word else mark for mark in expected
    ]


def kill(synthesizer: EspeakSynthesizer) -> None:
    os.kill(synthesizer.process_id, signal.SIGKILL)


def exists(process_id: int) -> bool:
    """Whether a process of this id runs or waits as a zombie."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def best_of(tries: int, measure: Callable[[], float]) -> float:
    """The shortest of several times: what the code takes, not what the machine's other work adds."""
    return min(measure() for _ in range(tries))


def test_speech_has_sound_a_mark_for_every_word_and_little_silence_at_its_end(voice: EspeakSynthesizer) -> None:
    chunks = list(voice.stream(ANSWER))
    sound = sound_of(chunks)
    assert sound.dtype == np.int16
    assert 3 < len(sound) / OUTPUT_RATE_HZ < 7
    marks = [mark for chunk in chunks for mark in chunk.words]
    assert [ANSWER[mark.text_start : mark.text_start + mark.text_length] for mark in marks] == ANSWER.split()
    starts = [mark.sample for mark in marks]
    assert starts == sorted(starts)
    assert starts[0] < 0.1 * OUTPUT_RATE_HZ
    assert starts[-1] < len(sound)
    tail_ms = (len(sound) - np.flatnonzero(np.abs(sound) > 2 * QUIET_AMPLITUDE)[-1]) / OUTPUT_RATE_HZ * 1000
    assert tail_ms < KEPT_SILENCE_MS + 30


def test_marks_stand_where_the_words_begin_to_sound(voice: EspeakSynthesizer) -> None:
    """Between two long pauses there is silence just before a word's mark and sound soon after."""
    text = "Yes. No. Well."
    chunks = list(voice.stream(text))
    sound = np.abs(sound_of(chunks).astype(int))
    for mark in [mark for chunk in chunks for mark in chunk.words][1:]:
        before = sound[mark.sample - OUTPUT_RATE_HZ // 10 : mark.sample - OUTPUT_RATE_HZ // 50]
        after = sound[mark.sample : mark.sample + OUTPUT_RATE_HZ // 5]
        assert before.max() < 300 < after.max()


def test_marks_count_characters_not_bytes(voice: EspeakSynthesizer) -> None:
    text = "naïve café: 7 €"
    marks = [mark for chunk in voice.stream(text) for mark in chunk.words]
    assert [text[mark.text_start : mark.text_start + mark.text_length] for mark in marks] == text.split()


def test_the_first_sound_comes_within_ten_milliseconds(voice: EspeakSynthesizer) -> None:
    def first_sound_ms() -> float:
        began = time.perf_counter()
        stream = voice.stream(ANSWER)
        next(stream)
        passed = time.perf_counter() - began
        stream.cancel()
        return passed * 1000

    assert best_of(10, first_sound_ms) < 10


def test_a_cancelled_stream_ends_within_milliseconds_and_gives_nothing_more(voice: EspeakSynthesizer) -> None:
    def cancelled_ms() -> float:
        stream = voice.stream(LONG)
        next(stream)
        began = time.perf_counter()
        voice.cancel()
        assert list(stream) == []
        return (time.perf_counter() - began) * 1000

    assert best_of(5, cancelled_ms) < 5


def test_after_a_cancel_the_next_phrase_is_not_kept_waiting(voice: EspeakSynthesizer) -> None:
    def next_phrase_ms() -> float:
        stream = voice.stream(LONG)
        next(stream)
        stream.cancel()
        began = time.perf_counter()
        next(voice.stream("Yes."))
        return (time.perf_counter() - began) * 1000

    assert best_of(5, next_phrase_ms) < 30


def test_a_reader_that_waits_is_woken_by_a_cancel_from_another_thread(voice: EspeakSynthesizer) -> None:
    stream = voice.stream("Hello.")
    list(stream)
    blocked = voice.stream(LONG)
    got: list[int] = []
    reader = threading.Thread(target=lambda: got.append(sum(len(chunk.pcm) for chunk in blocked)))
    reader.start()
    blocked.cancel()
    reader.join(5)
    assert not reader.is_alive()
    assert len(got) == 1


def test_cancelling_one_stream_leaves_another_alone(steady: WorkerSynthesizer) -> None:
    alone = list(steady.stream(ANSWER))
    dropped, kept = steady.stream(LONG), steady.stream(ANSWER)
    next(dropped)
    dropped.cancel()
    assert same(list(kept), alone)


def test_many_threads_share_one_voice(steady: WorkerSynthesizer) -> None:
    texts = [f"The answer is {number}." for number in range(8)]
    alone = [list(steady.stream(text)) for text in texts]
    spoken: dict[str, list[SpeechChunk]] = {}

    def say(text: str) -> None:
        spoken[text] = list(steady.stream(text))

    threads = [threading.Thread(target=say, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert all(same(spoken[text], chunks) for text, chunks in zip(texts, alone, strict=True))


@pytest.mark.parametrize("fate", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_that_dies_or_hangs_in_the_middle_of_a_phrase_is_replaced(fate: signal.Signals) -> None:
    with WorkerSynthesizer(STEADY) as steady:
        whole = list(steady.stream(PHRASE))
        stream = steady.stream(PHRASE)
        chunks = [next(stream) for _ in range(3)]
        lost = steady.process_id
        os.kill(lost, fate)
        chunks += list(stream)
        assert steady.process_id != lost
        assert not exists(lost)
    check_the_seam(chunks, whole)


def test_espeak_says_every_word_of_a_phrase_in_which_its_process_was_killed(own_voice: EspeakSynthesizer) -> None:
    stream = own_voice.stream(SENTENCES)
    chunks = [next(stream) for _ in range(3)]
    kill(own_voice)
    chunks += list(stream)
    marked = [SENTENCES[mark.text_start : mark.text_start + mark.text_length] for mark in marks_of(chunks)]
    assert marked == SENTENCES.split()
    starts = [mark.sample for mark in marks_of(chunks)]
    assert starts == sorted(starts)
    assert starts[-1] < len(sound_of(chunks))


def test_a_process_that_hangs_between_phrases_is_replaced() -> None:
    with EspeakSynthesizer(silent_timeout_s=0.5) as voice:
        list(voice.stream("One."))
        stopped = voice.process_id
        os.kill(stopped, signal.SIGSTOP)
        assert len(sound_of(list(voice.stream("Two.")))) > 1000
        assert voice.process_id != stopped


def test_a_cancel_does_not_wait_for_a_process_that_hangs() -> None:
    with EspeakSynthesizer() as voice:
        os.kill(voice.process_id, signal.SIGSTOP)
        stream = voice.stream(LONG * 3)
        began = time.perf_counter()
        stream.cancel()
        voice.cancel()
        assert list(stream) == []
        assert time.perf_counter() - began < 1
        os.kill(voice.process_id, signal.SIGCONT)


def test_a_process_killed_between_phrases_is_replaced(own_voice: EspeakSynthesizer) -> None:
    list(own_voice.stream("One."))
    kill(own_voice)
    time.sleep(0.05)
    assert len(sound_of(list(own_voice.stream("Two.")))) > 1000


def test_a_process_that_dies_again_and_again_in_a_phrase_is_given_up(own_voice: EspeakSynthesizer) -> None:
    stream = own_voice.stream(LONG)
    next(stream)
    kill(own_voice)
    first_process = own_voice.process_id
    with pytest.raises(SynthesizerDied, match=r"ended 3 times .* killed by signal 9"):
        for _ in stream:
            if own_voice.process_id != first_process:
                kill(own_voice)
                first_process = own_voice.process_id
    assert len(sound_of(list(own_voice.stream("Still there.")))) > 1000


def test_closing_leaves_no_process_no_thread_and_nothing_open() -> None:
    threads = set(threading.enumerate())
    synthesizer = EspeakSynthesizer()
    process = synthesizer.process_id
    stream = synthesizer.stream(LONG)
    next(stream)
    synthesizer.close()
    synthesizer.close()
    assert not exists(process)
    assert set(threading.enumerate()) <= threads
    assert list(stream) == []
    with pytest.raises(SynthesizerUnavailable, match="closed"):
        synthesizer.stream("more")


def test_a_forgotten_voice_ends_its_process_when_it_is_collected() -> None:
    synthesizer = EspeakSynthesizer()
    process = synthesizer.process_id
    del synthesizer
    gc.collect()
    assert not exists(process)


@pytest.mark.parametrize("ending", ["", "raise SystemExit(3)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_the_process_ends_with_its_owner_however_that_ends(ending: str) -> None:
    """Run from a script on standard input and in a thread, as a server would: no main file can be imported again."""
    script = f"""
import os, signal, threading
from audio.tts.worker import EspeakSynthesizer
def speak():
    global voice
    voice = EspeakSynthesizer()
    next(voice.stream("Hello there. " * 500))
thread = threading.Thread(target=speak)
thread.start()
thread.join()
print(voice.process_id, flush=True)
{ending}
"""
    command = [sys.executable, "-W", "error", "-X", "dev", "-"]
    result = subprocess.run(command, input=script, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert result.stderr == ""
    process = int(result.stdout)
    for _ in range(100):
        if not exists(process):
            return
        time.sleep(0.05)
    pytest.fail("the worker process outlived its owner")


@pytest.mark.parametrize(
    ("voice_name", "rate_wpm", "reason"),
    [
        ("xx-nowhere", 165, "no voice 'xx-nowhere'; it has af, am"),
        ("en-nowhere", 165, r"no voice 'en-nowhere'; for this language it has .*en-gb, .*en-us"),
        ("en-us+nobody", 165, r"no variant 'nobody' of a voice; it has .*f3"),
        ("", 165, "no voice ''"),
        ("en-us", 9, "cannot speak 9 words per minute"),
    ],
)
def test_a_voice_that_cannot_be_had_is_refused_with_the_reason(voice_name: str, rate_wpm: int, reason: str) -> None:
    with pytest.raises(SynthesizerUnavailable, match=reason):
        EspeakSynthesizer(voice_name, rate_wpm)


@pytest.mark.parametrize("voice_name", ["en-gb", "en-us+f3", "de", "English (America)"])
def test_voices_are_named_as_espeak_names_them(voice_name: str) -> None:
    with EspeakSynthesizer(voice_name) as synthesizer:
        assert len(sound_of(list(synthesizer.stream("Hello.")))) > 1000


@pytest.mark.parametrize("text", ["", "   ", "...", "\0", "\ud800 broken", "🙂", "日本語"])
def test_odd_texts_are_spoken_or_silent_but_never_an_error(voice: EspeakSynthesizer, text: str) -> None:
    assert all(len(chunk.pcm) for chunk in voice.stream(text))
    assert len(sound_of(list(voice.stream("Well.")))) > 1000


def test_speaking_a_written_phrase_marks_the_words_as_written(voice: EspeakSynthesizer) -> None:
    written = "It costs **$5.50** at 3:45, x^2."
    stream: SpeechStream | None = speak(voice, written)
    assert stream is not None
    marks = marks_of(list(stream))
    assert [written[mark.text_start : mark.text_start + mark.text_length] for mark in marks] == written.split()


@pytest.mark.parametrize("written", ["", "***", "...", "```\ncode\n```"])
def test_a_phrase_with_nothing_to_say_makes_no_stream(voice: EspeakSynthesizer, written: str) -> None:
    assert speak(voice, written) is None


@given(
    st.lists(st.builds(SpokenWord, st.integers(0, 2**31), st.integers(0, 99), st.integers(-1, 2**31 - 1)), max_size=5),
    st.binary(max_size=50),
)
def test_sound_messages_arrive_as_they_were_sent(words: list[SpokenWord], samples: bytes) -> None:
    sound, pipe = Sound(tuple(words), samples), BytesIO()
    send(pipe, Message(Kind.SOUND, 7, sound.encode()))
    pipe.seek(0)
    message = receive(pipe)
    assert message is not None
    assert (message.kind, message.utterance, Sound.decode(message.body)) == (Kind.SOUND, 7, sound)
    assert receive(pipe) is None


@given(st.integers(0, 20))
def test_a_message_cut_off_is_the_end_of_the_stream(length: int) -> None:
    pipe = BytesIO()
    send(pipe, Message(Kind.SPEAK, 1, b"twelve bytes"))
    assert receive(BytesIO(pipe.getvalue()[:length])) is None
