"""A scripted assistant behind the contract of `app.realtime.interfaces`, for tests of the door and the page.

It hears speech as loudness, answers with a script, and speaks a tone, so that a test can recognise what was played.
`python -m tests.app.web.fake_assistant` serves the page with it.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from app.conversation import events
from app.conversation.events import ConversationEvent, Mind, Mouth

INPUT_HZ, OUTPUT_HZ = 16_000, 24_000
LOUDNESS = 600.0  # root mean square of int16 samples that counts as speech
SILENCE_S = 0.4  # ends an utterance
WORDS = ["what", "is", "seventeen", "times", "twenty", "three", "please"]
PHRASES = (
    "Let me work that out step by step.",
    " Seventeen times twenty is three hundred and forty.",
    " Seventeen times three is fifty-one.",
    " So the result is three hundred and ninety-one.",
)
THOUGHTS = (
    "The question is 17 × 23.\n",
    "17 × 20 = 340.\n",
    "17 × 3 = 51.\n",
    "340 + 51 = 391. Check: 391 / 23 = 17 exactly, so it is right.\n",
)


@dataclass(frozen=True)
class Script:
    """How the fake behaves."""

    thoughts: tuple[str, ...] = THOUGHTS
    first_thought: str = "They ask for a product.\n"
    phrases: tuple[str, ...] = PHRASES
    tone_hz: float = 440.0
    phrase_s: float = 1.2
    token_s: float = 0.03
    heard: list[NDArray[np.int16]] = field(default_factory=list)  # every microphone chunk of every conversation
    said: list[str] = field(default_factory=list)
    methods: list[str | None] = field(default_factory=list)


def tone(hz: float, seconds: float, first_sample: int = 0, rate_hz: int = OUTPUT_HZ) -> NDArray[np.int16]:
    """A sine, int16 [samples], whose phase continues from `first_sample`."""
    n = np.arange(first_sample, first_sample + round(seconds * rate_hz))
    return (10_000 * np.sin(2 * np.pi * hz * n / rate_hz)).astype(np.int16)


class FakeConversation:
    """One conversation; everything it says goes through one queue."""

    def __init__(self, script: Script, clock: Callable[[], float], on_exit: Callable[[], None], voice: bool) -> None:
        self.script = script
        self.voice = voice
        self.reports: list[tuple[int, int, bool]] = []
        self.patience: list[float] = []
        self.interrupted_at_s: list[float] = []  # seconds since 1970
        self._clock = clock
        self._on_exit = on_exit
        self._queue: asyncio.Queue[ConversationEvent | None] = asyncio.Queue()
        self._turns = itertools.count(1)
        self._turn = 0
        self._opened: int | None = None  # a turn whose words are still coming
        self._epoch = 0
        self._played = 0
        self._speaking_samples = 0
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loud_s = self._quiet_s = self._spoken_s = 0.0
        self._in_speech = False
        self._spoken_words = 0
        self._answer = ""

    def hold(self, held: bool) -> None:
        """From any thread: a voice that may be a cough began, or was one."""
        happened = events.Hush if held else events.Unhush
        self.tell(happened(self._now, self._turn, self._epoch))

    def tell(self, *happened: ConversationEvent) -> None:
        """From any thread: these happen, whatever else does."""
        assert self._loop is not None
        for event in happened:
            self._loop.call_soon_threadsafe(self._emit, event)

    def fail(self, code: str, message: str) -> None:
        """From any thread: the conversation ends by a fault."""
        self.tell(events.Fault(self._now, code, message))
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._queue.put_nowait, None)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._emit(events.StateChanged(self._now, Mind.IDLE, Mouth.SILENT))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task:
            self._task.cancel()
        self._on_exit()

    async def events(self) -> AsyncIterator[ConversationEvent]:
        while (event := await self._queue.get()) is not None:
            yield event

    async def hear(self, pcm: NDArray[np.int16], came_s: float | None = None) -> None:
        self.script.heard.append(pcm)
        seconds = len(pcm) / INPUT_HZ
        loud = float(np.sqrt(np.mean(pcm.astype(np.float64) ** 2))) > LOUDNESS
        self._loud_s = self._loud_s + seconds if loud else 0.0
        self._quiet_s = 0.0 if loud else self._quiet_s + seconds
        if not self._in_speech and self._loud_s >= 0.06:
            self._begin_speech()
        elif self._in_speech and self._quiet_s >= SILENCE_S:
            await self.commit()
        elif self._in_speech and loud:
            self._partial(seconds)

    async def commit(self, came_s: float | None = None) -> None:
        if not self._in_speech:
            return
        self._in_speech = False
        self._emit(events.SpeechEnded(self._now))
        self._begin_turn(" ".join(WORDS), spoken=True)

    async def say(self, text: str) -> None:
        self.script.said.append(text)
        self._interrupt()
        self._begin_turn(text, spoken=False)

    async def stop(self) -> None:
        self._interrupt()

    def set_patience(self, patience: float) -> None:
        self.patience.append(patience)

    def played(self, epoch: int, samples: int, done: bool = False) -> None:
        self.reports.append((epoch, samples, done))
        if epoch == self._epoch:
            self._played = samples
            if done and self._task:
                self._finish(interrupted=False)

    def _begin_speech(self) -> None:
        self._in_speech, self._spoken_words, self._spoken_s = True, 0, 0.0
        self._interrupt()
        self._emit(events.SpeechStarted(self._now))
        self._emit(events.StateChanged(self._now, Mind.LISTENING, Mouth.SILENT))

    def _partial(self, seconds: float) -> None:
        self._spoken_s += seconds
        words = min(len(WORDS), 1 + int(self._spoken_s / 0.15))
        if words != self._spoken_words:
            self._spoken_words = words
            agreed = len(" ".join(WORDS[: words - 1]))
            if words == 2:
                self._opened = self._turn = next(self._turns)
                self._emit(events.TurnOpened(self._now, self._turn))
                self._emit(events.ThoughtDelta(self._now, self._turn, self.script.first_thought, 1))
            self._emit(events.PartialTranscript(self._now, " ".join(WORDS[:words]), agreed))

    def _interrupt(self) -> None:
        """Sound first, bookkeeping after."""
        if self._task is None:
            return
        self.interrupted_at_s.append(time.time())
        self._emit(events.Flush(self._now, self._turn, self._epoch))
        self._emit(events.StateChanged(self._now, Mind.IDLE, Mouth.INTERRUPTED))
        self._finish(interrupted=True)

    def _begin_turn(self, text: str, spoken: bool) -> None:
        if not (spoken and self._opened == self._turn):
            self._turn = next(self._turns)
        self._opened = None
        self._epoch += 1
        self._played = self._speaking_samples = 0
        self._answer = ""
        self._emit(events.UserTurn(self._now, self._turn, text, spoken))
        self._task = asyncio.create_task(self._respond())

    def _finish(self, interrupted: bool) -> None:
        assert self._task is not None
        self._task.cancel()
        self._task = None
        share = self._played / self._speaking_samples if self._speaking_samples else 0.0
        heard = self._answer[: round(share * len(self._answer))]
        latency = {"end_of_turn_delay": 400.0, "ttft": 12.0, "ttfat": 90.0, "ttfa": 4.0, "e2e_latency": 510.0}
        self._emit(events.TurnDone(self._now, self._turn, self._answer, heard, interrupted, latency))
        self._emit(events.StateChanged(self._now, Mind.IDLE, Mouth.SILENT))

    async def _respond(self) -> None:
        steps = itertools.count(1)
        self._emit(events.StateChanged(self._now, Mind.THINKING, Mouth.SILENT))
        lines = itertools.zip_longest(self.script.thoughts, self.script.phrases, fillvalue="")
        for number, (thought, phrase) in enumerate(lines):
            for word in _pieces(thought):
                await asyncio.sleep(self.script.token_s)
                self._emit(events.ThoughtDelta(self._now, self._turn, word, next(steps)))
            self._emit(events.GateAsked(self._now, self._turn, next(steps), 1.5 - number, number < 2, 0.5))
            if phrase:
                await self._write(phrase, steps)
        self._emit(events.ThoughtsDone(self._now, self._turn))
        self._emit(events.AnswerDone(self._now, self._turn, self._answer))
        self._emit(events.StateChanged(self._now, Mind.IDLE, Mouth.SPEAKING if self.voice else Mouth.SILENT))
        if self.voice:
            self._emit(events.AudioDone(self._now, self._turn, self._epoch))
            await asyncio.sleep(self._speaking_samples / OUTPUT_HZ + (8.0 if self.reports else 0.0))
            self.played(self._epoch, self._speaking_samples, done=True)  # a peer that does not tell, or fell silent
        else:
            asyncio.get_running_loop().call_soon(self._finish, False)

    async def _write(self, phrase: str, steps: "itertools.count[int]") -> None:
        mouth = Mouth.SPEAKING if self.voice and self._speaking_samples else Mouth.SILENT
        self._emit(events.StateChanged(self._now, Mind.WRITING, mouth))
        for word in _pieces(phrase):
            await asyncio.sleep(self.script.token_s)
            self._answer += word
            self._emit(events.AnswerDelta(self._now, self._turn, word, next(steps)))
        if self.voice:
            self._speak(phrase)
            self._emit(events.StateChanged(self._now, Mind.THINKING, Mouth.SPEAKING))

    def _speak(self, phrase: str) -> None:
        pcm = tone(self.script.tone_hz, self.script.phrase_s, self._speaking_samples).tobytes()
        for start in range(0, len(pcm), 9_600):
            text = phrase if start == 0 else ""
            chunk = pcm[start : start + 9_600]
            self._emit(events.AudioDelta(self._now, self._turn, self._epoch, chunk, text))
        self._speaking_samples += len(pcm) // 2

    @property
    def _now(self) -> float:
        return self._clock()

    def _emit(self, event: ConversationEvent) -> None:
        self._queue.put_nowait(event)


def _pieces(text: str) -> list[str]:
    """The text in word-sized pieces, as a model would give them."""
    words = text.split(" ")
    return [word if number == 0 else f" {word}" for number, word in enumerate(words)]


class FakeAssistant:
    """Opens at most `room` conversations at once."""

    def __init__(
        self, script: Script | None = None, room: int = 8, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.script = script or Script()
        self.open = 0
        self.conversations: list[FakeConversation] = []
        self._room = room
        self._clock = clock

    def converse(self, method: str | None = None, voice: bool = True) -> FakeConversation:
        if self.open >= self._room:
            from engine.errors import EngineFull

            raise EngineFull(self._room, 1, self._room)
        self.open += 1
        self.script.methods.append(method)
        self.conversations.append(FakeConversation(self.script, self._clock, self._left, voice))
        return self.conversations[-1]

    def _left(self) -> None:
        self.open -= 1


if __name__ == "__main__":
    from app.config import load_settings
    from app.web.server import bound, serve

    here = load_settings(flags={"port": 7861})
    serve(FakeAssistant(), here, bound(here))
