"""One question to the assistant, from its words or its sound to the answer: what `ask` does.

It drives a conversation as a microphone and a loudspeaker would, without either. Knows no command line and no files.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.conversation.events import ConversationEvent, Fault, SpeechStarted, TurnDone, UserTurn
from app.errors import InputError, RunError
from app.recorder import Recorder
from audio.pcm import INPUT_RATE_HZ, Pcm, silence

if TYPE_CHECKING:
    from app.realtime.interfaces import Assistant, Conversation

CHUNK_MS = 20
CHUNK_SAMPLES = INPUT_RATE_HZ * CHUNK_MS // 1000
EXTRA_SILENCE_MS = 500  # beyond the silence that ends a turn, so that the end is surely seen
QUIET_AFTER_SPEECH_S = 30.0  # a slow recogniser may still be at work
QUIET_WITHOUT_SPEECH_S = 3.0

Sink = Callable[[ConversationEvent], None]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as `text` or as `sound` (16 kHz), and how."""

    text: str | None = None
    sound: Pcm | None = None
    method: str = "async"
    silence_ms: int = 500  # that ends the user's turn
    speak: bool = False  # whether the answer is wanted as sound
    realtime: bool = False  # hear and speak at the speed of sound


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer, its delays (ms; steps for names that begin with `steps`), and its sound (24 kHz mono s16le)."""

    answer: str
    latency: dict[str, float]
    pcm: bytes


@dataclass(slots=True)
class Progress:
    """How far the conversation is, from its events alone."""

    input_over: bool = False
    speech_seen: bool = False
    speech_pending: bool = False  # speech whose words are not known yet
    open_turns: set[int] = field(default_factory=set)
    done: list[TurnDone] = field(default_factory=list)
    events_seen: int = 0

    def take(self, event: ConversationEvent) -> None:
        """Raises RunError for a fault of the conversation."""
        self.events_seen += 1
        match event:
            case SpeechStarted():
                self.speech_seen = self.speech_pending = True
            case UserTurn():
                self.speech_pending = False
                self.open_turns.add(event.turn)
            case TurnDone():
                self.open_turns.discard(event.turn)
                self.done.append(event)
            case Fault():
                raise RunError(event.message)

    @property
    def finished(self) -> bool:
        """Whether the last turn was answered to its end; after an interrupted one, more is to come."""
        answered = bool(self.done) and not self.done[-1].interrupted
        return self.input_over and answered and not self.open_turns and not self.speech_pending

    def reply(self, pcm: bytes) -> Reply:
        """The answers of all turns that were not cut short; always the last one."""
        if not self.done:
            heard = "speech was heard, but no words were understood" if self.speech_seen else "no speech was found"
            raise InputError(f"there is no question to answer: {heard} in the sound")
        kept = [turn for turn in self.done[:-1] if not turn.interrupted] + self.done[-1:]
        answer = "\n".join(turn.answer.strip() for turn in kept)
        if not answer:
            raise RunError("the model ended its turn without an answer; try another --method or --seed")
        return Reply(answer, self.done[-1].latency, pcm)


async def ask(assistant: "Assistant", question: Question, sinks: Sequence[Sink] = ()) -> Reply:
    """Asks and waits for the whole answer; every event also goes to `sinks`.

    Raises InputError if no words were understood, RunError for a fault of the conversation.
    """
    progress = Progress()
    voice = question.speak or question.sound is not None
    conversation = assistant.converse(method=question.method, voice=voice)
    recorder = Recorder(conversation.played, time.monotonic if question.realtime else None)
    async with conversation:
        following = asyncio.create_task(_follow(conversation, progress, [*sinks, recorder.take, progress.take]))
        ticking = asyncio.create_task(_tick(recorder))
        try:
            await _put(conversation, question)
            progress.input_over = True
            await _wait_for_end(following, progress, patient=question.sound is None)
        finally:
            following.cancel()
            ticking.cancel()
    return progress.reply(bytes(recorder.pcm))


async def _follow(conversation: "Conversation", progress: Progress, sinks: Sequence[Sink]) -> None:
    async for event in conversation.events():
        for sink in sinks:
            sink(event)
        if progress.finished:
            return


async def _tick(recorder: Recorder) -> None:
    while True:
        await asyncio.sleep(CHUNK_MS / 1000)
        recorder.tick()


async def _put(conversation: "Conversation", question: Question) -> None:
    """Says the text, or plays the sound into the conversation and then enough silence to end the turn."""
    if question.sound is None:
        await conversation.say(question.text or "")
        return
    started_s = time.monotonic()
    pieces = (question.sound, silence(question.silence_ms + EXTRA_SILENCE_MS, INPUT_RATE_HZ))
    for count, chunk in enumerate(_chunks(pieces), start=1):
        await conversation.hear(chunk)
        if question.realtime:
            await asyncio.sleep(max(0.0, started_s + count * CHUNK_MS / 1000 - time.monotonic()))
    await conversation.commit()


def _chunks(pieces: Sequence[Pcm]) -> list[Pcm]:
    return [piece[at : at + CHUNK_SAMPLES] for piece in pieces for at in range(0, len(piece), CHUNK_SAMPLES)]


async def _wait_for_end(following: asyncio.Task[None], progress: Progress, patient: bool) -> None:
    """Until the answer is complete; unless `patient`, also until no words have come for so long that none will."""
    while not following.done() and not progress.finished:
        seen = progress.events_seen
        quiet_s = QUIET_AFTER_SPEECH_S if progress.speech_pending else QUIET_WITHOUT_SPEECH_S
        await asyncio.wait({following}, timeout=None if patient else quiet_s)
        if progress.events_seen == seen and not progress.open_turns:
            break
    if following.done():
        following.result()
