"""The mouth: answer text in, sound out, phrase by phrase, and the account of what was heard.

One `Speaking` speaks one turn in one epoch; when the epoch is over it is silenced and gives nothing any more.
Phrases go to the synthesizer as soon as they are whole or the timer says so. It knows no model and no socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

from audio.heard import SpokenPhrase, heard_in_answer
from audio.text.phrases import Phrase, PhraseSplitter
from audio.text.speak import speak
from audio.tts.synthesizer import SpeechChunk, SpeechStream, Synthesizer, WordMark

MOST_SOUND_AHEAD_S = 20.0  # made and not yet played; what is interrupted would be thrown away
LOOK_AGAIN_S = 0.25

Sound = Callable[[bytes, str, tuple[WordMark, ...]], None]
"""24 kHz mono s16le; the phrase, with its first samples only; words that begin in it."""


@dataclass(slots=True)
class SaidPhrase:
    """One phrase and the sound made of it so far. words: marks in the phrase's own text."""

    phrase: Phrase
    words: list[WordMark] = field(default_factory=list)
    samples: int = 0
    complete: bool = False

    def take(self, chunk: SpeechChunk) -> None:
        """The next piece of sound."""
        self.words += chunk.words
        self.samples += len(chunk.pcm)

    def as_spoken(self) -> SpokenPhrase:
        """For the account of what was heard."""
        return SpokenPhrase(self.phrase.text, self.phrase.start, tuple(self.words), self.samples, self.complete)


class Speaking:
    """Speaks one answer while it is written. All methods run on the event loop."""

    def __init__(
        self,
        synthesizer: Synthesizer,
        executor: Executor,
        clock: Callable[[], float],
        on_sound: Sound,
        on_end: Callable[[], None],
        on_error: Callable[[Exception], None],
        ahead_s: Callable[[], float] = lambda: 0.0,
        most_sound_ahead_s: float = MOST_SOUND_AHEAD_S,
    ) -> None:
        self._synthesizer, self._executor, self._clock = synthesizer, executor, clock
        self._on_sound, self._on_end, self._on_error = on_sound, on_end, on_error
        self._ahead_s, self._most_sound_ahead_s = ahead_s, most_sound_ahead_s
        self._splitter = PhraseSplitter()
        self._phrases: asyncio.Queue[Phrase | None] = asyncio.Queue()
        self._said: list[SaidPhrase] = []
        self._stream: SpeechStream | None = None
        self._written = self._reached = 0  # characters of the answer: all, and up to the phrase being spoken
        self._silenced = False
        self._timer: asyncio.TimerHandle | None = None
        self.first_phrase_s: float | None = None
        self._task = asyncio.create_task(self._speak())

    def write(self, text: str) -> None:
        """More of the answer."""
        if self._silenced:
            return
        self._written += len(text)
        self._hand_over(self._splitter.push(text, self._clock()))
        self._set_timer()

    def end(self) -> None:
        """The answer is complete."""
        self._stop_timer()
        self._hand_over(self._splitter.flush())
        self._phrases.put_nowait(None)

    def silence(self) -> None:
        """Be silent: nothing is given out from now on. Harmless when repeated."""
        self._silenced = True
        self._stop_timer()
        if self._stream is not None:
            self._stream.cancel()
            self._stream = None
        self._task.cancel()

    async def wait(self) -> None:
        """Until it has spoken all, or was silenced and has let go of everything."""
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def unspoken_characters(self) -> int:
        """How much of the text lies behind the phrase that is being spoken."""
        return max(0, self._written - self._reached)

    def heard(self, played_samples: int) -> int:
        """How many characters of the answer were heard when so many samples of the epoch were played."""
        return heard_in_answer([said.as_spoken() for said in self._said], played_samples)

    def _hand_over(self, phrases: list[Phrase]) -> None:
        for phrase in phrases:
            if self.first_phrase_s is None:
                self.first_phrase_s = self._clock()
            self._phrases.put_nowait(phrase)

    def _set_timer(self) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(self._splitter.max_wait_s, self._flush_late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _flush_late(self) -> None:
        self._hand_over(self._splitter.due(self._clock()))

    async def _speak(self) -> None:
        try:
            while (phrase := await self._phrases.get()) is not None:
                await self._let_it_be_heard()
                self._reached = phrase.start + len(phrase.text)
                await self._say(phrase)
        except Exception as error:  # whatever the synthesizer raises ends this answer's sound, not the conversation
            self._on_error(error)
        else:
            self._on_end()

    async def _say(self, phrase: Phrase) -> None:
        stream = await self._begin(phrase)
        if stream is None:
            return
        said = SaidPhrase(phrase)
        self._said.append(said)
        self._stream = stream
        text, loop = phrase.text, asyncio.get_running_loop()
        while (chunk := await loop.run_in_executor(self._executor, _next, stream)) is not None:
            said.take(chunk)
            self._on_sound(chunk.pcm.astype("<i2").tobytes(), text, chunk.words)
            text = ""
            await self._let_it_be_heard()
        said.complete = True
        self._stream = None

    async def _let_it_be_heard(self) -> None:
        """Until no more sound waits to be played than may."""
        while self._ahead_s() > self._most_sound_ahead_s:
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _begin(self, phrase: Phrase) -> SpeechStream | None:
        """The phrase's sound; None if nothing in it can be spoken. A stream that comes too late is cancelled."""
        beginning = self._executor.submit(speak, self._synthesizer, phrase.text)
        try:
            return await asyncio.shield(asyncio.wrap_future(beginning))
        except asyncio.CancelledError:
            if not beginning.cancel():
                beginning.add_done_callback(_cancel)
            raise


def _cancel(begun: Future[SpeechStream | None]) -> None:
    if begun.exception() is None and (stream := begun.result()) is not None:
        stream.cancel()


def _next(stream: SpeechStream) -> SpeechChunk | None:
    return next(stream, None)
