"""The mouth: phrases in order, sound until it is silenced, and the account of what was heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from app.conversation.mouth import LOOK_AGAIN_S, MOST_SOUND_AHEAD_S, Speaking
from audio.pcm import OUTPUT_RATE_HZ
from audio.tts.synthesizer import WordMark
from tests.app.voices import PATIENCE_S, WORD_SAMPLES, FakeSynthesizer

ANSWER = "First we add. Then we carry, and so on. Done!"


@dataclass
class Record:
    """What a mouth gave out."""

    sounds: list[tuple[int, str]] = field(default_factory=list)
    ends: int = 0
    errors: list[Exception] = field(default_factory=list)
    ahead_s: float = 0.0

    def on_sound(self, pcm: bytes, text: str, words: tuple[WordMark, ...]) -> None:
        self.sounds.append((len(pcm) // 2, text))

    def count_as_ahead(self, pcm: bytes, text: str, words: tuple[WordMark, ...]) -> None:
        Record.on_sound(self, pcm, text, words)
        self.ahead_s += len(pcm) / 2 / OUTPUT_RATE_HZ

    def on_end(self) -> None:
        self.ends += 1

    @property
    def phrases(self) -> list[str]:
        return [text for _, text in self.sounds if text]


@asynccontextmanager
async def speaking(
    synthesizer: FakeSynthesizer, record: Record, most_sound_ahead_s: float = MOST_SOUND_AHEAD_S
) -> AsyncIterator[Speaking]:
    with ThreadPoolExecutor(1) as executor:
        mouth = Speaking(
            synthesizer,
            executor,
            time.monotonic,
            record.on_sound,
            record.on_end,
            record.errors.append,
            lambda: record.ahead_s,
            most_sound_ahead_s,
        )
        try:
            yield mouth
        finally:
            synthesizer.go_on()
            mouth.silence()
            await mouth.wait()


def play(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def patiently() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await scenario()
        assert asyncio.all_tasks() == {asyncio.current_task()}, "a task was left behind"

    asyncio.run(patiently())


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.001)


def test_an_answer_is_spoken_phrase_by_phrase_while_it_is_written() -> None:
    async def scenario() -> None:
        record, synthesizer = Record(), FakeSynthesizer()
        async with speaking(synthesizer, record) as mouth:
            mouth.write("First we add. The")
            await until(lambda: record.phrases)
            mouth.write("n we carry, and so on. Done!")
            mouth.end()
            await mouth.wait()
        assert record.phrases == ["First we add. ", "Then we carry, ", "and so on. ", "Done!"]
        assert "".join(record.phrases) == ANSWER
        assert record.ends == 1 and not record.errors
        assert sum(samples for samples, _ in record.sounds) == len(ANSWER.split()) * WORD_SAMPLES

    play(scenario)


def test_the_end_comes_after_all_sound_and_also_without_any() -> None:
    async def scenario() -> None:
        for answer, phrases in (("", []), ("\n\n", []), ("**", []), ("Yes", ["Yes"])):
            record = Record()
            async with speaking(FakeSynthesizer(), record) as mouth:
                mouth.write(answer)
                mouth.end()
                await mouth.wait()
            assert (record.ends, record.phrases) == (1, phrases)

    play(scenario)


def test_a_writer_that_pauses_does_not_strand_half_a_sentence() -> None:
    async def scenario() -> None:
        record = Record()
        async with speaking(FakeSynthesizer(), record) as mouth:
            mouth.write("Let me see what ")
            started_s = time.monotonic()
            await until(lambda: record.phrases)
            waited_s = time.monotonic() - started_s
            assert 0.4 < waited_s < 3
            assert record.phrases == ["Let me see what "]
            mouth.write("that makes.")
            mouth.end()
            await mouth.wait()
        assert "".join(record.phrases) == "Let me see what that makes."

    play(scenario)


def test_silence_is_immediate_and_final() -> None:
    async def scenario() -> None:
        record, synthesizer = Record(), FakeSynthesizer(held=["carry,"])
        async with speaking(synthesizer, record) as mouth:
            mouth.write(ANSWER)
            await until(synthesizer.reached.is_set)
            before = list(record.sounds)
            mouth.silence()
            assert synthesizer.streams[-1].cancelled.is_set()
            synthesizer.go_on()
            mouth.write(" More!")
            mouth.end()
            mouth.silence()
            await mouth.wait()
            await asyncio.sleep(0.05)
        assert record.sounds == before and record.ends == 0 and not record.errors
        assert synthesizer.spoken == ["First we add.", "Then we carry,"]

    play(scenario)


def test_a_phrase_that_is_begun_too_late_is_cancelled() -> None:
    """The synthesizer was just being asked when silence came: nobody will fetch that sound."""

    class SlowSynthesizer(FakeSynthesizer):
        def stream(self, text: str) -> Any:
            self._before("asked")
            return super().stream(text)

    async def scenario() -> None:
        record, synthesizer = Record(), SlowSynthesizer(held=["asked"])
        async with speaking(synthesizer, record) as mouth:
            mouth.write(ANSWER)
            await until(synthesizer.reached.is_set)
            mouth.silence()
            await mouth.wait()
            synthesizer.go_on()
            await until(lambda: synthesizer.streams)
            await until(synthesizer.streams[0].cancelled.is_set)
        assert not record.sounds

    play(scenario)


def test_a_voice_that_fails_is_told_once_and_ends_the_sound() -> None:
    async def scenario() -> None:
        record = Record()
        async with speaking(FakeSynthesizer(fails_at="carry,"), record) as mouth:
            mouth.write(ANSWER)
            await until(lambda: record.errors)
            mouth.write(" More.")
            mouth.end()
            await mouth.wait()
        assert [str(error) for error in record.errors] == ["the voice is gone"]
        assert record.ends == 0
        assert mouth.heard(99 * WORD_SAMPLES) == len("First we add. Then")

    play(scenario)


def test_heard_is_what_was_played_in_whole_words() -> None:
    async def scenario() -> None:
        record = Record()
        async with speaking(FakeSynthesizer(), record) as mouth:
            mouth.write(ANSWER)
            mouth.end()
            await mouth.wait()
            heard = [ANSWER[: mouth.heard(round(words * WORD_SAMPLES))] for words in (0, 0.5, 1.5, 3, 4.2, 8.5, 99)]
        assert heard == [
            "",
            "",
            "First",
            "First we add. ",
            "First we add. Then",
            "First we add. Then we carry, and so",
            ANSWER,
        ]

    play(scenario)


def test_of_a_silenced_phrase_only_finished_words_count_as_heard() -> None:
    async def scenario() -> None:
        record, synthesizer = Record(), FakeSynthesizer(held=["carry,"])
        async with speaking(synthesizer, record) as mouth:
            mouth.write(ANSWER)
            await until(synthesizer.reached.is_set)
            mouth.silence()
            assert ANSWER[: mouth.heard(99 * WORD_SAMPLES)] == "First we add. Then"

    play(scenario)


def test_it_does_not_speak_far_ahead_of_the_listener() -> None:
    async def scenario() -> None:
        record = Record(ahead_s=MOST_SOUND_AHEAD_S + 1)
        async with speaking(FakeSynthesizer(), record) as mouth:
            mouth.write(ANSWER)
            await asyncio.sleep(0.05)
            assert not record.sounds
            record.ahead_s = 0.0
            await until(lambda: record.sounds)

    play(scenario)


def test_it_stops_in_the_middle_of_a_phrase_when_enough_sound_is_ahead() -> None:
    """The listener hears nothing here, so all sound is ahead; a word lasts a tenth of a second."""

    async def scenario() -> None:
        record = Record()
        record.on_sound = record.count_as_ahead  # type: ignore[method-assign]
        async with speaking(FakeSynthesizer(), record, most_sound_ahead_s=1.0) as mouth:
            mouth.write(" ".join(f"word{number}" for number in range(40)) + ".")
            mouth.end()
            await until(lambda: len(record.sounds) == 11)
            await asyncio.sleep(LOOK_AGAIN_S * 1.5)
            assert len(record.sounds) == 11, "more than a second of sound, by one piece"
            record.ahead_s -= 0.55
            await until(lambda: len(record.sounds) == 16)
            record.ahead_s = -10.0
            await mouth.wait()
        assert (len(record.sounds), record.ends) == (40, 1)

    play(scenario)


def test_the_first_phrase_is_timed_when_it_is_whole() -> None:
    async def scenario() -> None:
        record = Record()
        async with speaking(FakeSynthesizer(), record) as mouth:
            mouth.write("First we")
            assert mouth.first_phrase_s is None
            before_s = time.monotonic()
            mouth.write(" add. Then")
            assert mouth.first_phrase_s is not None
            assert before_s <= mouth.first_phrase_s <= time.monotonic()

    play(scenario)
