"""Conversations for tests: the real turn machine, engine thread and engine; a scripted model, fake voices."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from transformers import PreTrainedTokenizerBase

from app.conversation.conversation import Conversation, Parts
from app.conversation.engine_link import EngineLink
from app.conversation.events import (
    AnswerDelta,
    AnswerDone,
    AudioDelta,
    AudioDone,
    ConversationEvent,
    Flush,
    GateAsked,
    ThoughtDelta,
    ThoughtsDone,
    TurnDone,
)
from app.engine_thread import EngineThread
from engine.engine import Engine
from engine.model import EngineSettings
from engine.prompts import Prompts
from engine.sampling import Sampling
from tests.app.voices import PATIENCE_S, FakeListener, FakeSynthesizer, utterance
from tests.engine.scripted import Script, ScriptedRunner

SOUND = np.zeros(320, np.int16)
ANSWER = "First we add. Then we carry, and so on. Done!"
SHORT = Script(thoughts="Add them.\n\n", answer=ANSWER)
ENDLESS = Script(thoughts="Go on. " * 200, answer="One two three four. " * 200)
LONG = Script(thoughts="", answer="One two three four. " * 20)
BRIEF = Script(thoughts="", answer="Done!")
SCRIPTS = {"count": ENDLESS, "add": SHORT, "tell": LONG, "brief": BRIEF}


@dataclass
class House:
    """What an assistant owns: the engine and its thread, and where the voices run."""

    engine: Engine
    thread: EngineThread
    executor: ThreadPoolExecutor
    left: int = 0

    def on_exit(self) -> None:
        self.left += 1

    @property
    def used_tokens(self) -> int:
        return self.thread.call(lambda engine: engine.runner.arena.used_tokens).result(PATIENCE_S)

    def history(self) -> str:
        """What the only open conversation remembers, once the engine is idle."""

        def read(engine: Engine) -> str:
            (conversation,) = engine.conversations
            return str(engine.model.tokenizer.decode(conversation.history_ids))

        deadline_s = time.monotonic() + PATIENCE_S
        while self.thread.call(lambda engine: engine.has_work).result(PATIENCE_S):
            assert time.monotonic() < deadline_s
        return self.thread.call(read).result(PATIENCE_S)


def opened_house(
    tokenizer: PreTrainedTokenizerBase, prompts: Prompts, answer_tokens: int | None = None
) -> Iterator[House]:
    """answer_tokens: the longest answer."""
    runner = ScriptedRunner(tokenizer, prompts, lambda text: SCRIPTS.get(text, SHORT), kv_tokens=8192)
    engine = Engine(runner, tokenizer, prompts, EngineSettings(1000, answer_tokens=answer_tokens))  # type: ignore[arg-type]
    thread = EngineThread(engine, step_s=0.001)
    thread.start()
    with ThreadPoolExecutor(4) as executor:
        yield House(engine, thread, executor)
    thread.stop()


@dataclass
class Clock:
    """Monotonic seconds; time may be made to pass."""

    ahead_s: float = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead_s

    def wait(self, seconds: float) -> None:
        self.ahead_s += seconds


@dataclass
class Talk:
    """A conversation and all it has told so far."""

    conversation: Conversation
    clock: Clock
    synthesizer: FakeSynthesizer | None
    listener: FakeListener | None
    events: list[ConversationEvent] = field(default_factory=list)
    over: bool = False

    async def until(self, wanted: Callable[[ConversationEvent], object], count: int = 1) -> int:
        """Wait for so many events of a kind; the index of the last of them."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = [index for index, event in enumerate(self.events) if wanted(event)]
                if len(found) >= count:
                    return found[count - 1]
                assert not self.over, f"the conversation ended before that: {self.events[-5:]}"
                await asyncio.sleep(0.001)

    def of(self, *kinds: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kinds)]

    @property
    def sound_samples(self) -> int:
        return sum(len(event.pcm) // 2 for event in self.of(AudioDelta))

    async def speak(self, text: str, *partials: str, long: bool = True) -> None:
        """Somebody says this into the microphone."""
        assert self.listener is not None
        batches = utterance(text, *partials, long=long)
        self.listener.script.extend(batches)
        for _ in batches:
            await self.conversation.hear(SOUND)

    async def finish(self, epoch: int = 1) -> None:
        """The answer is written and spoken; the client has played all of it."""
        await self.until(is_a(AudioDone, epoch=epoch))
        self.conversation.played(epoch, self.sound_samples, done=True)
        await self.until(is_a(TurnDone))


def is_a(kind: type, **fields: Any) -> Callable[[ConversationEvent], bool]:
    return lambda event: isinstance(event, kind) and all(getattr(event, k) == v for k, v in fields.items())


@asynccontextmanager
async def talking(
    house: House,
    voice: bool = True,
    held: Sequence[str] = (),
    fails_at: str | None = None,
    method: str = "async",
    read: bool = True,
    most_ahead_s: float | None = None,
) -> AsyncIterator[Talk]:
    synthesizer = FakeSynthesizer(held, fails_at) if voice else None
    listener = FakeListener() if voice else None
    tokens = house.thread.call(lambda engine: engine.open(method, Sampling())).result(PATIENCE_S)
    clock = Clock()
    parts = Parts(
        engine=EngineLink(house.thread, tokens, ahead_s=most_ahead_s),
        listener=listener,  # type: ignore[arg-type]
        synthesizer=synthesizer,
        speaking=house.executor,
        clock=clock,
        on_exit=house.on_exit,
    )
    talk = Talk(Conversation(parts), clock, synthesizer, listener)

    async def follow() -> None:
        async for event in talk.conversation.events():
            talk.events.append(event)
        talk.over = True

    following = None
    async with asyncio.timeout(4 * PATIENCE_S):
        async with talk.conversation:
            if read:
                following = asyncio.create_task(follow())
            try:
                yield talk
            finally:
                if synthesizer is not None:
                    synthesizer.go_on()
        if following is not None:
            await following  # the end of the conversation ends its events


def play(scenario: Callable[[], Coroutine[Any, Any, None]], house: House) -> None:
    """Run it; nothing may be left of it afterwards: no task, no memory of the engine, no failure behind the scenes."""
    complaints: list[dict[str, Any]] = []

    async def strictly() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        await scenario()
        assert asyncio.all_tasks() == {asyncio.current_task()}, "a task was left behind"

    asyncio.run(strictly())
    gc.collect()
    assert not complaints
    assert house.used_tokens == 0
    assert [block.name for block in house.engine.runner.arena.blocks] == ["system"]


def assert_cut_cleanly(talk: Talk, turn: int, epoch: int) -> int:
    """Silence first, and nothing of the turn after its end. Returns where it was cut."""
    (cut,) = [index for index, event in enumerate(talk.events) if isinstance(event, Flush) and event.epoch == epoch]
    done = talk.events.index(next(event for event in talk.of(TurnDone) if event.turn == turn))
    assert talk.events[cut].turn == turn and done == cut + 1  # type: ignore[union-attr]
    after = talk.events[cut + 1 :]
    assert not [event for event in after if isinstance(event, AudioDelta | AudioDone) and event.epoch <= epoch]
    late = (ThoughtDelta, AnswerDelta, GateAsked, ThoughtsDone, AnswerDone)
    assert not [event for event in after if isinstance(event, late) and event.turn == turn]
    return cut
