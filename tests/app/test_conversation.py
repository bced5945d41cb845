"""Conversations from end to end: the real turn machine, engine thread and engine; a scripted model, fake voices."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from transformers import PreTrainedTokenizerBase

from app.conversation import Conversation, Parts
from app.engine_link import EngineLink
from app.engine_thread import EngineThread
from app.events import (
    AnswerDelta,
    AnswerDone,
    AudioDelta,
    AudioDone,
    ConversationEvent,
    Fault,
    Flush,
    GateAsked,
    Hush,
    Mind,
    Mouth,
    PartialTranscript,
    SpeechEnded,
    SpeechStarted,
    StateChanged,
    ThoughtDelta,
    ThoughtsDone,
    TurnDone,
    TurnOpened,
    Unhush,
    UserTurn,
)
from app.exchange import CHARACTERS_PER_S
from app.outlet import Outlet
from engine.engine import Engine
from engine.loading import load_tokenizer
from engine.model import EngineSettings
from engine.prompts import Prompts
from engine.sampling import Sampling
from tests.app.voices import PATIENCE_S, WORD_SAMPLES, FakeListener, FakeSynthesizer, utterance
from tests.engine.scripted import Script, ScriptedRunner
from tests.engine.talk import prompts_of
from tests.engine.tiny_qwen3 import save_tiny_qwen3

SOUND = np.zeros(320, np.int16)
ANSWER = "First we add. Then we carry, and so on. Done!"
SHORT = Script(thoughts="Add them.\n\n", answer=ANSWER)
ENDLESS = Script(thoughts="Go on. " * 200, answer="One two three four. " * 200)
LONG = Script(thoughts="", answer="One two three four. " * 20)
BRIEF = Script(thoughts="", answer="Done!")
SCRIPTS = {"count": ENDLESS, "add": SHORT, "tell": LONG, "brief": BRIEF}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerBase:
    return load_tokenizer(save_tiny_qwen3(tmp_path_factory.mktemp("tiny-qwen3")))


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


def opened_house(tokenizer: PreTrainedTokenizerBase, prompts: Prompts) -> Iterator[House]:
    runner = ScriptedRunner(tokenizer, prompts, lambda text: SCRIPTS.get(text, SHORT), kv_tokens=8192)
    engine = Engine(runner, tokenizer, prompts, EngineSettings(1000))  # type: ignore[arg-type]
    thread = EngineThread(engine, step_s=0.001)
    thread.start()
    with ThreadPoolExecutor(4) as executor:
        yield House(engine, thread, executor)
    thread.stop()


@pytest.fixture
def house(tokenizer: PreTrainedTokenizerBase) -> Iterator[House]:
    yield from opened_house(tokenizer, prompts_of("demo", turns=5))


@pytest.fixture
def live_house(tokenizer: PreTrainedTokenizerBase) -> Iterator[House]:
    """One whose model thinks about words as they come."""
    yield from opened_house(tokenizer, prompts_of("demo", turns=5, live=True))


@dataclass
class Talk:
    """A conversation and all it has told so far."""

    conversation: Conversation
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
    parts = Parts(
        engine=EngineLink(house.thread, tokens, ahead_s=most_ahead_s),
        listener=listener,  # type: ignore[arg-type]
        synthesizer=synthesizer,
        speaking=house.executor,
        clock=time.monotonic,
        on_exit=house.on_exit,
    )
    talk = Talk(Conversation(parts), synthesizer, listener)

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


# -- ordinary turns


def test_a_typed_question_is_thought_about_and_answered(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as talk:
            await talk.conversation.say(" add ")
            await talk.until(is_a(TurnDone))
        assert isinstance(talk.events[0], UserTurn) and (talk.events[0].text, talk.events[0].spoken) == ("add", False)
        assert "".join(event.text for event in talk.of(ThoughtDelta)) == SHORT.thoughts
        assert "".join(event.text for event in talk.of(AnswerDelta)) == ANSWER
        assert [event.text for event in talk.of(AnswerDone)] == [ANSWER]
        assert len(talk.of(ThoughtsDone)) == 1 and talk.of(GateAsked)
        assert isinstance(talk.events[-1], TurnDone)
        (done,) = talk.of(TurnDone)
        assert (done.turn, done.answer, done.heard, done.interrupted) == (1, ANSWER, ANSWER, False)
        assert {"ttft", "ttfat", "steps_to_first"} <= set(done.latency)
        assert [event.mind for event in talk.of(StateChanged)][:1] == [Mind.THINKING]
        assert [event.mind for event in talk.of(StateChanged)][-1:] == [Mind.IDLE]
        assert {event.mouth for event in talk.of(StateChanged)} == {Mouth.SILENT}

    play(scenario, house)


def test_a_typed_question_is_answered_aloud(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.finish()
        assert {event.epoch for event in talk.of(AudioDelta, AudioDone)} == {1}
        assert "".join(event.text for event in talk.of(AudioDelta)) == ANSWER
        assert talk.sound_samples == len(ANSWER.split()) * WORD_SAMPLES
        sound_ends = talk.events.index(talk.of(AudioDone)[0])
        assert all(talk.events.index(event) < sound_ends for event in talk.of(AudioDelta, AnswerDone))
        assert (talk.of(TurnDone)[0].heard, talk.of(TurnDone)[0].interrupted) == (ANSWER, False)
        assert (talk.of(StateChanged)[-1].mind, talk.of(StateChanged)[-1].mouth) == (Mind.IDLE, Mouth.SILENT)
        assert {"ttfa", "total_delay"} <= set(talk.of(TurnDone)[0].latency)
        assert house.left == 1 and talk.listener is not None and talk.listener.closed

    play(scenario, house)


def test_a_spoken_question_is_answered_aloud(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.speak("add", "a", "ad")
            await talk.finish()
        kinds = [type(event) for event in talk.events if not isinstance(event, StateChanged)]
        assert kinds[:5] == [SpeechStarted, PartialTranscript, PartialTranscript, SpeechEnded, UserTurn]
        assert talk.of(UserTurn)[0].spoken
        delays = talk.of(TurnDone)[0].latency
        assert delays["end_of_turn_delay"] == 500.0  # 8,000 samples of silence
        assert delays["e2e_latency"] > delays["transcription_delay"] >= 500.0
        assert talk.of(StateChanged)[0].mind is Mind.LISTENING

    play(scenario, house)


def test_every_turn_speaks_in_an_epoch_of_its_own(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.finish()
            await talk.conversation.say("and again")
            await talk.until(is_a(AudioDone, epoch=2))
            talk.conversation.played(2, talk.sound_samples // 2, done=True)
            await talk.until(is_a(TurnDone, turn=2))
        assert {(event.turn, event.epoch) for event in talk.of(AudioDelta)} == {(1, 1), (2, 2)}
        assert not talk.of(Flush)

    play(scenario, house)


def resting(engine: Engine) -> bool:
    return not engine.has_work and any(conversation.running for conversation in engine.conversations)


@pytest.mark.parametrize("method", ["async", "no-think"])
def test_a_writer_far_ahead_of_the_sound_pauses_until_it_was_heard(house: House, method: str) -> None:
    async def scenario() -> None:
        async with talking(house, method=method, most_ahead_s=2.0) as talk:
            await talk.conversation.say("tell")
            await talk.until(is_a(AudioDelta))
            talk.conversation.played(1, 0)
            while not await asyncio.to_thread(lambda: house.thread.call(resting).result(PATIENCE_S)):
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.3)
            written = "".join(event.text for event in talk.of(AnswerDelta))
            assert 2.0 * CHARACTERS_PER_S * 0.5 < len(written) < len(LONG.answer) / 2
            assert written.rstrip().endswith(".") and not talk.of(AnswerDone)
            while not talk.of(AnswerDone):
                talk.conversation.played(1, talk.sound_samples)
                await asyncio.sleep(0.01)
            await talk.finish()
            assert talk.of(AnswerDone)[0].text == LONG.answer.strip()

    play(scenario, house)


def test_a_voice_that_fails_holds_nobody_back(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, fails_at="three", most_ahead_s=0.5) as talk:
            await talk.conversation.say("tell")
            await talk.until(is_a(AnswerDone, text=LONG.answer.strip()))

    play(scenario, house)


def test_the_most_that_may_be_ahead_follows_from_the_patience(house: House) -> None:
    tokens = house.thread.call(lambda engine: engine.open("async", Sampling())).result(PATIENCE_S)
    link = EngineLink(house.thread, tokens)
    assert link.most_ahead_s() == 10.0
    link.set_patience(1.0)
    house.thread.call(lambda _: None).result(PATIENCE_S)
    assert link.most_ahead_s() == 5.0
    assert EngineLink(house.thread, tokens, ahead_s=2.0).most_ahead_s() == 2.0
    with pytest.raises(ValueError, match="patience must be from 0 to 1"):
        link.set_patience(1.5)


def test_the_history_holds_what_was_said(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as talk:
            for turn, text in enumerate(("add", "once more"), start=1):
                await talk.conversation.say(text)
                await talk.until(is_a(TurnDone, turn=turn))
            remembered = await asyncio.to_thread(house.history)
        assert remembered == "".join(
            f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n{ANSWER}<|im_end|>\n"
            for text in ("add", "once more")
        )

    play(scenario, house)


# -- interruptions


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


def test_the_users_voice_silences_the_answer_and_cuts_it_to_what_was_heard(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, held=["four."]) as talk:
            await talk.conversation.say("count")
            await talk.until(is_a(AudioDelta), count=3)
            talk.conversation.played(1, 2 * WORD_SAMPLES + 100)
            assert talk.listener is not None
            talk.listener.script.extend(utterance("add", "add now"))
            await talk.conversation.hear(SOUND)
            assert not talk.of(Hush, Flush), "it may be a click"
            await talk.conversation.hear(SOUND)
            await talk.until(is_a(Hush, turn=1, epoch=1))
            assert talk.of(StateChanged)[-1].mouth is Mouth.INTERRUPTED and not talk.of(Flush), "it may be a cough"
            await talk.conversation.hear(SOUND)
            await talk.until(is_a(TurnOpened, turn=2))
            assert_cut_cleanly(talk, turn=1, epoch=1)
            assert talk.of(StateChanged)[-1].mind is Mind.LISTENING
            assert talk.synthesizer is not None and all(s.cancelled.is_set() for s in talk.synthesizer.streams[-1:])
            talk.synthesizer.go_on()
            await talk.conversation.hear(SOUND)
            await talk.until(is_a(AudioDone))
            talk.conversation.played(1, 99 * WORD_SAMPLES)  # of the old epoch: of no interest
            talk.conversation.played(3, 99 * WORD_SAMPLES, done=True)
            await talk.until(is_a(TurnDone, turn=2))
            remembered = await asyncio.to_thread(house.history)
        assert_cut_cleanly(talk, turn=1, epoch=1)
        first, second = talk.of(TurnDone)
        assert first.heard == "One two" and first.interrupted
        assert second.heard == ANSWER and not second.interrupted
        assert {event.epoch for event in talk.of(AudioDelta) if event.turn == 2} == {3}
        assert "assistant\nOne two<|im_end|>" in remembered and f"assistant\n{ANSWER}<|im_end|>" in remembered

    play(scenario, house)


def test_an_answer_that_was_written_long_ago_is_also_cut_to_what_was_heard(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            assert talk.of(AnswerDone)
            talk.conversation.played(1, 4 * WORD_SAMPLES + 1)
            await talk.conversation.stop()
            remembered = await asyncio.to_thread(house.history)
        assert talk.of(TurnDone)[0].heard == "First we add. Then"
        assert remembered.endswith("assistant\nFirst we add. Then<|im_end|>\n")
        assert_cut_cleanly(talk, turn=1, epoch=1)

    play(scenario, house)


def test_the_last_position_of_a_flushed_speaker_counts_even_if_it_comes_late(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            talk.conversation.played(1, WORD_SAMPLES + 1)
            await talk.conversation.stop()
            talk.conversation.played(1, 4 * WORD_SAMPLES + 1, done=True)
            talk.conversation.played(1, 2 * WORD_SAMPLES + 1, done=True)
            remembered = await asyncio.to_thread(house.history)
        assert talk.of(TurnDone)[0].heard == "First"
        assert remembered.endswith("assistant\nFirst we add. Then<|im_end|>\n")

    play(scenario, house)


def test_stop_silences_and_the_conversation_goes_on_when_asked(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.stop()
            await talk.conversation.say("count")
            await talk.until(is_a(AudioDelta))
            await talk.conversation.stop()
            await talk.conversation.stop()
            await asyncio.sleep(0.02)
            assert_cut_cleanly(talk, turn=1, epoch=1)
            count = len(talk.events)
            await asyncio.sleep(0.05)
            assert len(talk.events) == count, "after a stop nothing happens"
            await talk.conversation.say("add")
            await talk.finish(epoch=3)
        assert [event.interrupted for event in talk.of(TurnDone)] == [True, False]

    play(scenario, house)


def test_typing_while_it_speaks_interrupts_and_begins_the_next_turn(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("count")
            await talk.until(is_a(AudioDelta))
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone, epoch=3))
            cut = assert_cut_cleanly(talk, turn=1, epoch=1)
            assert [type(event) for event in talk.events[cut : cut + 4]] == [Flush, TurnDone, UserTurn, StateChanged]
            talk.conversation.played(3, talk.sound_samples, done=True)
            await talk.until(is_a(TurnDone, turn=2))
        assert talk.of(TurnDone)[1].heard == ANSWER

    play(scenario, house)


def test_of_messages_typed_in_one_breath_the_last_is_answered(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as talk:
            for text in ("count", "count", "add"):
                await talk.conversation.say(text)
            await talk.until(is_a(TurnDone, turn=3))
        assert [event.interrupted for event in talk.of(TurnDone)] == [True, True, False]
        assert talk.of(TurnDone)[-1].answer == ANSWER
        assert not talk.of(Fault)

    play(scenario, house)


@pytest.mark.parametrize("said", ["", "mhm", "okay"])
def test_after_a_cough_or_an_mhm_the_speech_goes_on_where_it_was(house: House, said: str) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            talk.conversation.played(1, WORD_SAMPLES)
            await talk.speak(said)
            await talk.until(is_a(Unhush, turn=1, epoch=1))
            assert talk.of(StateChanged)[-1].mouth is Mouth.SPEAKING
            talk.conversation.played(1, talk.sound_samples, done=True)
            await talk.until(is_a(TurnDone))
        assert len(talk.of(Hush)) == len(talk.of(Unhush)) == len(talk.of(UserTurn)) == 1
        assert not talk.of(Flush)
        assert (talk.of(TurnDone)[0].heard, talk.of(TurnDone)[0].interrupted) == (ANSWER, False)

    play(scenario, house)


def test_a_short_sound_does_not_even_hold_the_speech(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDelta))
            await talk.speak("", long=False)
            await talk.finish()
        assert not talk.of(Hush, Unhush, Flush)

    play(scenario, house)


def test_sound_that_is_held_does_not_count_as_heard(house: House) -> None:
    """Of a client that does not report its position, time tells: not while its sound is held."""

    async def scenario() -> None:
        async with talking(house) as talk:
            assert talk.listener is not None
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            talk.listener.script.extend(utterance("")[:2])
            await talk.conversation.hear(SOUND)
            await talk.conversation.hear(SOUND)
            await asyncio.sleep(1.5)
            assert not talk.of(TurnDone), "the sound lasts for a second"
            await talk.conversation.stop()
        (done,) = talk.of(TurnDone)
        assert done.interrupted and ANSWER.startswith(done.heard) and len(done.heard) < len(ANSWER) / 2

    play(scenario, house)


def test_a_voice_that_says_no_words_does_not_hold_the_speech_for_ever(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.conversation.LONGEST_HELD_S", 0.05)

    async def scenario() -> None:
        async with talking(house) as talk:
            assert talk.listener is not None
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            talk.listener.script.extend(utterance("")[:2])
            await talk.conversation.hear(SOUND)
            await talk.conversation.hear(SOUND)
            await talk.until(is_a(Unhush, turn=1, epoch=1))
            await talk.finish()
        assert talk.of(TurnDone)[0].heard == ANSWER

    play(scenario, house)


# -- words while they are said


def test_the_words_of_a_question_are_thought_about_while_others_are_said(live_house: House) -> None:
    async def scenario() -> None:
        async with talking(live_house) as talk:
            assert talk.listener is not None
            talk.listener.script.extend(utterance("add these please", "add", "add these"))
            for _ in range(4):
                await talk.conversation.hear(SOUND)
            await talk.until(is_a(ThoughtDelta, turn=1))
            assert not talk.of(UserTurn, AnswerDelta)
            await talk.conversation.hear(SOUND)
            await talk.finish()
        opened, turn = talk.events.index(talk.of(TurnOpened)[0]), talk.events.index(talk.of(UserTurn)[0])
        assert opened < talk.events.index(talk.of(ThoughtDelta)[0]) < turn
        assert all(talk.events.index(event) > turn for event in talk.of(AnswerDelta, AudioDelta, GateAsked))
        assert talk.of(StateChanged)[0].mind is Mind.LISTENING
        delays = talk.of(TurnDone)[0].latency
        assert delays["ttft"] == 0.0 < delays["ttfat"]
        steps = [event.step for event in talk.of(AnswerDelta)]
        assert 0 < delays["steps_to_first"] < steps[0], "counted from the end of the words"

    play(scenario, live_house)


def test_words_the_utterance_was_sure_of_are_answered_even_if_its_end_is_lost(live_house: House) -> None:
    async def scenario() -> None:
        async with talking(live_house) as talk:
            assert talk.listener is not None
            talk.listener.script.extend([*utterance("", "add this")[:3], OSError("the recogniser died")])
            for _ in range(4):
                await talk.conversation.hear(SOUND)
            await talk.finish()
        assert [event.text for event in talk.of(UserTurn)] == ["add"]
        assert talk.of(Fault)[0].code == "hearing_failed"

    play(scenario, live_house)


@pytest.mark.parametrize("written", [False, True])
def test_who_goes_on_at_once_is_heard_as_one_and_nothing_else_is_remembered(live_house: House, written: bool) -> None:
    async def scenario() -> None:
        async with talking(live_house) as talk:
            await talk.speak("add?" if written else "count?")
            await talk.until(is_a(AudioDone if written else AudioDelta))
            await talk.speak("and more", "and more")
            await talk.until(is_a(AudioDone, turn=2))
            talk.conversation.played(talk.of(AudioDone)[-1].epoch, 10**9, done=True)
            await talk.until(is_a(TurnDone, turn=2))
            remembered = await asyncio.to_thread(live_house.history)
        first = "add" if written else "count"
        assert [event.text for event in talk.of(UserTurn)] == [f"{first}?", f"{first} and more"]
        assert [event.withdrawn for event in talk.of(TurnDone)] == [True, False]
        assert [event.text for event in talk.of(PartialTranscript)] == [f"{first} and more"]
        assert remembered.count("user") == 1 and f"{first} and more" in remembered

    play(scenario, live_house)


@pytest.mark.parametrize("method", ["async", "think", "no-think"])
def test_it_can_be_interrupted_at_any_moment(house: House, method: str) -> None:
    """From before the first step until well into the answer; every turn ends once, the last is answered."""

    async def scenario() -> None:
        async with talking(house, method=method) as talk:
            for turn in range(1, 25):
                await talk.conversation.say("count")
                await asyncio.sleep(0.0007 * turn)
                if turn % 3:
                    await talk.conversation.stop()
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            talk.conversation.played(talk.of(AudioDone)[0].epoch, talk.sound_samples, done=True)
            await talk.until(is_a(TurnDone, turn=25))
        assert [event.turn for event in talk.of(TurnDone)] == list(range(1, 26))
        assert [event.interrupted for event in talk.of(TurnDone)] == [True] * 24 + [False]
        for flush in talk.of(Flush):
            assert_cut_cleanly(talk, flush.turn, flush.epoch)

    play(scenario, house)


# -- faults


def test_a_message_that_is_too_long_is_a_fault_and_the_conversation_lives(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as talk:
            await talk.conversation.say("very " * 2000)
            await talk.until(is_a(TurnDone, turn=1))
            await talk.conversation.say("add")
            await talk.until(is_a(TurnDone, turn=2))
        (fault,) = talk.of(Fault)
        assert fault.code == "input_too_long"
        assert fault.message.endswith("tokens long, but only 500 can be taken; say it shorter")
        assert talk.of(TurnDone)[0].interrupted and talk.of(TurnDone)[1].answer == ANSWER

    play(scenario, house)


def test_a_too_long_message_does_not_stop_the_turn_that_came_after_it(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as talk:
            await talk.conversation.say("very " * 2000)
            await talk.conversation.say("add")
            await talk.until(is_a(TurnDone, turn=2))
        assert talk.of(TurnDone)[1].answer == ANSWER and not talk.of(Fault)

    play(scenario, house)


def test_a_failing_engine_is_a_fault_and_ends_the_conversation_but_not_the_next(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("count")
            await talk.until(is_a(AudioDelta))
            house.thread.call(lambda engine: fail_next_step(engine, MemoryError("the card is full")))
            await talk.until(is_a(Fault))
            async with asyncio.timeout(PATIENCE_S):
                while not talk.over:
                    await asyncio.sleep(0.001)
            assert await asyncio.to_thread(lambda: house.used_tokens) == 0
            await talk.conversation.say("add")
            await talk.conversation.hear(SOUND)
            await talk.conversation.stop()
            talk.conversation.played(1, 10)
        assert [(event.code, event.message) for event in talk.of(Fault)] == [
            ("engine_failed", "the engine failed (MemoryError: the card is full)")
        ]
        assert isinstance(talk.events[-1], Fault) and talk.of(TurnDone)[0].interrupted
        async with talking(house, voice=False) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(TurnDone))
        assert talk.of(TurnDone)[0].answer == ANSWER

    play(scenario, house)


def fail_next_step(engine: Engine, error: Exception) -> None:
    """Whatever is run in the next step fails, and when it is tried again."""
    runner = engine.runner
    run = runner.run
    failures = iter([error, error])

    def fail(feeds: Any) -> Any:
        for failure in failures:
            raise failure
        runner.run = run  # type: ignore[method-assign]
        return run(feeds)

    runner.run = fail  # type: ignore[method-assign]


def test_a_failing_engine_reaches_also_those_who_were_only_listening(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as quiet, talking(house, voice=False) as busy:
            await busy.conversation.say("count")
            await busy.until(is_a(AnswerDelta))

            def break_down() -> Any:
                house.engine.step = original  # type: ignore[method-assign]
                raise MemoryError("gone")

            original = house.engine.step
            house.thread.call(lambda engine: setattr(engine, "step", break_down))
            for talk in (quiet, busy):
                await talk.until(is_a(Fault, code="engine_failed"))

    play(scenario, house)


def test_a_failing_voice_is_a_fault_and_the_turn_ends_with_what_was_heard(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, fails_at="carry,") as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            talk.conversation.played(1, talk.sound_samples, done=True)
            await talk.until(is_a(TurnDone))
        assert [(event.code, event.message) for event in talk.of(Fault)] == [("speech_failed", "the voice is gone")]
        done = talk.of(TurnDone)[0]
        assert (done.answer, done.heard, done.interrupted) == (ANSWER, "First we add. Then", False)

    play(scenario, house)


def test_a_failing_recogniser_loses_the_utterance_and_not_the_conversation(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            assert talk.listener is not None
            talk.listener.script.extend([utterance("lost")[0], OSError("no more memory")])
            await talk.conversation.hear(SOUND)
            await talk.conversation.hear(SOUND)
            assert talk.listener.resets == 1
            await talk.speak("add")
            await talk.finish()
        assert [(event.code, event.message) for event in talk.of(Fault)] == [("hearing_failed", "no more memory")]
        assert [event.mind for event in talk.of(StateChanged)][:3] == [Mind.LISTENING, Mind.IDLE, Mind.LISTENING]

    play(scenario, house)


# -- clients


def test_a_client_that_never_reports_playback_is_taken_to_play_in_real_time(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            begun_s = talk.of(AudioDelta)[0].at_s
            await talk.until(is_a(TurnDone))
            lasted_s = talk.of(TurnDone)[0].at_s - begun_s
        assert lasted_s >= len(ANSWER.split()) * 0.1 + 0.9
        assert (talk.of(TurnDone)[0].heard, talk.of(TurnDone)[0].interrupted) == (ANSWER, False)

    play(scenario, house)


def test_of_an_answer_whose_playback_is_not_reported_time_tells_what_was_heard(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AudioDone))
            await asyncio.sleep(0.35)
            await talk.conversation.stop()
        heard = talk.of(TurnDone)[0].heard
        words = (talk.of(Flush)[0].at_s - talk.of(AudioDelta)[0].at_s) * 24_000 / WORD_SAMPLES
        assert words > 3 and ANSWER.startswith(heard)
        assert abs(len(heard.split()) - min(words, len(ANSWER.split()))) <= 1

    play(scenario, house)


def test_a_turn_that_is_over_does_not_end_the_next_one(house: House) -> None:
    """Somebody still waits for the first turn's sound to have been played when the second one is spoken."""

    async def scenario() -> None:
        async with talking(house, held=["carry,"]) as talk:
            await talk.conversation.say("brief")
            await talk.finish()
            await talk.conversation.say("add")
            await talk.until(is_a(AnswerDone, turn=2))
            await asyncio.sleep(1.3)  # the first turn's sound and grace are over
            assert len(talk.of(TurnDone)) == 1
            assert talk.of(StateChanged)[-1].mouth is Mouth.SPEAKING

    play(scenario, house)


def test_leaving_does_not_wait_for_the_sound_to_be_played(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            await talk.conversation.say("tell")
            await talk.until(is_a(AudioDone))
            left_s = time.monotonic()
        assert time.monotonic() - left_s < 4  # of eight seconds and a grace

    play(scenario, house)


def test_a_client_cannot_end_a_turn_before_its_sound_is_made(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, held=["carry,"]) as talk:
            await talk.conversation.say("add")
            await talk.until(is_a(AnswerDone))
            await talk.until(is_a(AudioDelta), count=4)
            talk.conversation.played(1, 10**9, done=True)
            talk.conversation.played(7, 10**9, done=True)
            await asyncio.sleep(0.02)
            assert not talk.of(TurnDone)
            assert talk.synthesizer is not None
            talk.synthesizer.go_on()
            await talk.until(is_a(AudioDone))
            talk.conversation.played(1, talk.sound_samples)  # all of it: `done` goes without saying
            await talk.until(is_a(TurnDone))
        assert "".join(event.text for event in talk.of(AudioDelta)) == ANSWER

    play(scenario, house)


def test_a_reader_that_does_not_read_ends_its_conversation_and_costs_no_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.conversation.Outlet", lambda: Outlet(most_waiting=30))

    async def scenario() -> None:
        async with talking(house, read=False) as talk:
            await talk.conversation.say("count")
            async with asyncio.timeout(PATIENCE_S):
                while house.engine.conversations:
                    await asyncio.sleep(0.01)
            told = [event async for event in talk.conversation.events()]
            assert [event.code for event in told if isinstance(event, Fault)] == ["events_not_read"]
            assert len(told) == 1

    play(scenario, house)


@pytest.mark.parametrize("steps", range(6))
def test_leaving_in_the_middle_leaves_nothing_behind(house: House, steps: int) -> None:
    """`play` asserts it: no task, no memory."""

    async def scenario() -> None:
        async with talking(house, held=["four."]) as talk:
            if steps > 0:
                await talk.conversation.say("count")
            if steps > 1:
                await talk.until(is_a(AnswerDelta))
            if steps > 2:
                await talk.until(is_a(AudioDelta), count=3)
            if steps > 3:
                await talk.conversation.say("count")
            if steps > 4:
                await talk.conversation.stop()
        assert house.left == 1

    play(scenario, house)


def test_leaving_while_sound_is_being_heard_waits_for_the_recogniser(house: House) -> None:
    async def scenario() -> None:
        begun, go_on = threading.Event(), threading.Event()

        class SlowListener(FakeListener):
            def push(self, pcm: Any) -> Any:
                begun.set()
                assert go_on.wait(PATIENCE_S)
                return super().push(pcm)

        async with talking(house) as talk:
            assert talk.conversation._listening is not None
            slow = talk.conversation._listening._ear._listener = SlowListener()  # type: ignore[assignment]
            slow.script.extend(utterance("add"))
            hearing = asyncio.create_task(talk.conversation.hear(SOUND))
            await asyncio.to_thread(begun.wait, PATIENCE_S)
            asyncio.get_running_loop().call_later(0.05, go_on.set)
        await hearing
        assert slow.closed and not talk.of(SpeechStarted)

    play(scenario, house)


def test_a_conversation_that_was_cancelled_from_outside_leaves_nothing_behind(house: House) -> None:
    async def scenario() -> None:
        async def chat() -> None:
            async with talking(house) as talk:
                await talk.conversation.say("count")
                await asyncio.sleep(PATIENCE_S)

        for after_s in (0.0, 0.005, 0.05):
            chatting = asyncio.create_task(chat())
            await asyncio.sleep(after_s)
            chatting.cancel()
            await asyncio.gather(chatting, return_exceptions=True)

    play(scenario, house)


def test_a_conversation_can_be_left_after_its_assistant_was_closed(tokenizer: PreTrainedTokenizerBase) -> None:
    prompts = prompts_of("demo")
    runner = ScriptedRunner(tokenizer, prompts, ENDLESS, kv_tokens=8192)
    engine = Engine(runner, tokenizer, prompts, EngineSettings(1000))  # type: ignore[arg-type]

    async def scenario() -> None:
        thread = EngineThread(engine)
        thread.start()
        with ThreadPoolExecutor(2) as executor:
            house = House(engine, thread, executor)
            async with talking(house) as talk:
                await talk.conversation.say("count")
                await talk.until(is_a(AnswerDelta))
                await asyncio.to_thread(thread.stop)
                await talk.conversation.say("more")
                await talk.until(is_a(Fault, code="engine_failed"))
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scenario())


def test_a_text_conversation_has_no_ears(house: House) -> None:
    async def scenario() -> None:
        async with talking(house, voice=False) as talk:
            await talk.conversation.hear(SOUND)
            await talk.conversation.commit()
            await asyncio.sleep(0.01)
        assert talk.events == []

    play(scenario, house)


def test_letting_go_of_the_talk_button_ends_the_utterance(house: House) -> None:
    async def scenario() -> None:
        async with talking(house) as talk:
            assert talk.listener is not None
            talk.listener.script.extend(utterance("add"))
            await talk.conversation.hear(SOUND)
            await talk.conversation.commit()
            await talk.finish()
        assert talk.of(UserTurn)[0].text == "add"

    play(scenario, house)
