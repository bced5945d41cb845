"""A phrase outlives the processes that speak it. The processes here are scripts; time passes as the test says."""

import queue
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest

from audio.errors import SpeechFailed, SynthesizerDied
from audio.pcm import OUTPUT_RATE_HZ
from audio.tts.worker_process import Inbox, Utterance, WorkerCommand
from audio.tts.worker_protocol import Kind, Message, Sound, SpokenWord
from audio.tts.worker_stream import LONGEST_SEAM_S, MOST_RESTARTS, WorkerStream

TEXT = "one two three"
WORD = 2400
Script = Sequence[Message | None]
"""What a process says; after None it is dead, after its end without one it hangs."""


def said(*words: int, estimated: bool = False, first: int = 0) -> Message:
    """Some words of TEXT, each WORD samples of a value of its own; places counted from word `first`."""
    starts = (0, 4, 8)
    events = tuple(SpokenWord(starts[word] - starts[first], 3, (word - first) * WORD) for word in words)
    samples = np.concatenate([np.full(WORD, 1000 * (word + 1), "<i2") for word in words])
    return Message(Kind.SOUND, 1, Sound(events, samples.tobytes(), estimated).encode())


DONE = Message(Kind.DONE, 1)


@dataclass(eq=False)
class ScriptedProcess:
    """Says what its script says."""

    script: Script
    command: WorkerCommand
    voice_rate_hz: int = OUTPUT_RATE_HZ
    delivered: int = 0
    cause: str = "killed by the test"
    cancelled: list[int] = field(default_factory=list)
    inbox: Inbox = field(default_factory=queue.SimpleQueue)

    def speak(self, text: str) -> Utterance:
        for message in self.script:
            self.inbox.put(message)
        return Utterance(self, 1, self.inbox)  # type: ignore[arg-type]

    def cancel(self, number: int) -> None:
        self.cancelled.append(number)

    def give_up(self) -> None:
        self.cause = "given up"


class ScriptedOwner:
    """Has one process for every life. `takes_s`: how long the test's clock says that a replacement takes."""

    def __init__(self, *lives: Script, repeats: bool = True, takes_s: float = 0.0, timeout_s: float = 0.05) -> None:
        self.command = WorkerCommand("a voice", "no.module", (), 1.0, timeout_s, repeats)
        self._lives = deque(lives)
        self._takes_s = takes_s
        self.now_s = 0.0
        self.asked: list[str] = []
        self.processes: list[ScriptedProcess] = []
        self.over = 0

    def begin(self, text: str) -> Utterance:
        if self.asked:
            self.now_s += self._takes_s
        self.asked.append(text)
        self.processes.append(ScriptedProcess(self._lives.popleft(), self.command))
        return self.processes[-1].speak(text)

    def ended(self, stream: WorkerStream) -> None:
        self.over += 1

    def stream(self) -> WorkerStream:
        return WorkerStream(self, TEXT, clock=lambda: self.now_s)


def words_of(sound: np.ndarray) -> list[tuple[int, int]]:
    """(word, how many samples of it) in the order in which they were said, silence left out."""
    values = [int(value) // 1000 - 1 for value in sound]
    edges = [0, *(index for index in range(1, len(values)) if values[index] != values[index - 1]), len(values)]
    return [(values[start], end - start) for start, end in pairwise(edges) if values[start] >= 0]


def hear(owner: ScriptedOwner) -> tuple[list[tuple[int, int]], list[tuple[str, int]]]:
    """What was said, and the marks as (word, sample)."""
    chunks = list(owner.stream())
    marks = [(TEXT[mark.text_start :][: mark.text_length], mark.sample) for chunk in chunks for mark in chunk.words]
    return words_of(np.concatenate([chunk.pcm for chunk in chunks])), marks


WHOLE = [(0, WORD), (1, WORD), (2, WORD)]
MARKS = [("one", 0), ("two", WORD), ("three", 2 * WORD)]


def half(word: int) -> Message:
    """The first half of a word's sound."""
    sound = Sound.decode(said(0, 1, 2).body)
    events = tuple(event for event in sound.words if event.sample == word * WORD)
    first = 2 * word * WORD
    return Message(Kind.SOUND, 1, Sound(events, sound.samples[first : first + WORD]).encode())


@pytest.mark.parametrize("end", [None, "hangs"])
@pytest.mark.parametrize(
    ("takes_s", "again"), [(0.0, False), (LONGEST_SEAM_S + 0.1, False), (LONGEST_SEAM_S + 0.2, True)]
)
def test_a_process_that_dies_or_hangs_is_replaced_and_the_phrase_goes_on(
    end: str | None, takes_s: float, again: bool
) -> None:
    """0.15 s of sound were handed over; while these play nobody notices, and for a moment nobody minds."""
    first: Script = [said(0), half(1), *([None] if end is None else [])]
    owner = ScriptedOwner(first, [said(0, 1, 2), DONE], takes_s=takes_s)
    heard, marks = hear(owner)
    said_again = WORD // 2 if again else 0
    assert heard == [(0, WORD), (1, WORD + said_again), (2, WORD)]
    assert marks == [*MARKS[:2], ("three", 2 * WORD + said_again)]
    assert owner.asked == [TEXT, TEXT]
    assert owner.processes[0].cause == ("killed by the test" if end is None else "given up")
    assert owner.over == 1


def test_a_voice_that_cannot_repeat_itself_speaks_again_from_a_word() -> None:
    owner = ScriptedOwner([said(0, 1, estimated=True), None], [said(0, 1, 2, estimated=True), DONE], repeats=False)
    heard, marks = hear(owner)
    assert owner.asked == [TEXT, TEXT], "one word before the one that was being said, which is the first"
    assert heard == [(0, WORD), (1, WORD), *WHOLE]
    assert marks == [("one", 0), ("two", WORD), ("three", 4 * WORD)]


def test_estimated_marks_are_labelled() -> None:
    for estimated in (True, False):
        chunks = list(ScriptedOwner([said(0, 1, 2, estimated=estimated), DONE]).stream())
        assert {mark.estimated for chunk in chunks for mark in chunk.words} == {estimated}


def test_a_phrase_is_given_up_after_so_many_restarts_with_one_clear_error() -> None:
    owner = ScriptedOwner([said(0), None], *[[None]] * MOST_RESTARTS)
    stream = owner.stream()
    with pytest.raises(
        SynthesizerDied, match=r"a voice's process ended 3 times while it spoke 'one two three', at last"
    ):
        list(stream)
    assert len(owner.asked) == 1 + MOST_RESTARTS
    assert list(stream) == []


def test_all_restarts_of_a_phrase_may_be_used() -> None:
    owner = ScriptedOwner([said(0), None], [said(0, 1), None], [said(0, 1, 2), DONE])
    assert hear(owner) == (WHOLE, MARKS)


def test_a_text_that_cannot_be_spoken_is_told_and_ends_the_phrase() -> None:
    owner = ScriptedOwner([Message(Kind.FAILED, 1, b"it is too long")])
    stream = owner.stream()
    with pytest.raises(SpeechFailed, match="a voice cannot speak 'one two three': it is too long"):
        next(stream)
    assert (list(stream), owner.over) == ([], 2)


def test_a_process_that_speaks_for_others_does_not_hang() -> None:
    """Its messages go to other streams; ours come late, but they come."""
    owner = ScriptedOwner([], timeout_s=0.2)
    stream = owner.stream()
    process = owner.processes[0]

    def speak_for_others() -> None:
        for _ in range(20):
            process.delivered += 1
            threading.Event().wait(0.02)
        process.inbox.put(DONE)

    talking = threading.Thread(target=speak_for_others)
    talking.start()
    assert list(stream) == []
    talking.join()
    assert process.cause != "given up"


def test_a_cancel_during_a_replacement_reaches_the_new_process() -> None:
    owner = ScriptedOwner([None], [said(0, 1, 2), DONE])
    stream = owner.stream()
    begin = owner.begin

    def cancelled_meanwhile(text: str) -> Utterance:
        stream.cancel()
        return begin(text)

    owner.begin = cancelled_meanwhile  # type: ignore[method-assign]
    assert list(stream) == []
    assert owner.processes[1].cancelled == [1]
