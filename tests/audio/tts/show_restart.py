"""What is heard when the voice's process is killed, or stopped, in the middle of a phrase.

`python -m tests.audio.tts.show_restart`: every phrase is spoken undisturbed and broken off at a random place; a
recogniser writes down both. Prints one line of JSON per break, and the figures of `assets/docs/decisions.md` at the
end.
"""

import json
import os
import random
import signal
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audio.asr.choose import Domain
from audio.asr.pocketsphinx_asr import PocketsphinxRecognizer
from audio.pcm import INPUT_RATE_HZ, OUTPUT_RATE_HZ, Pcm, resample
from audio.tts.synthesizer import SpeechChunk, WordMark
from audio.tts.worker import WorkerSynthesizer
from audio.tts.worker_process import WorkerCommand

PHRASES, SUMS_A_PHRASE = 6, 3
SEED = 5
SILENT_S = 3.0
WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine")
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
POLITE = 15


@dataclass(frozen=True, slots=True)
class Broken:
    """One phrase, undisturbed and broken off."""

    signal: str
    whole: list[SpeechChunk]
    chunks: list[SpeechChunk]
    broke_at_s: float
    gap_ms: float

    @property
    def again_ms(self) -> float:
        return (seconds(self.chunks) - seconds(self.whole)) * 1000

    @property
    def marks_equal(self) -> bool:
        return [mark.text_start for mark in marks(self.chunks)] == [mark.text_start for mark in marks(self.whole)]


def main() -> None:
    chance = random.Random(SEED)
    found = []
    command = WorkerCommand("espeak-ng", "tests.audio.tts.slow_espeak_process", ("en-us", "150"), 20.0, SILENT_S, True)
    with WorkerSynthesizer(command) as voice:
        for _ in range(PHRASES):
            text = " ".join(f"What is {_number(chance)} plus {_number(chance)}?" for _ in range(SUMS_A_PHRASE))
            whole = list(voice.stream(text))
            for how in (signal.SIGKILL, signal.SIGSTOP):
                found.append(_break(voice, text, how, chance.uniform(0.05, 0.9) * seconds(whole), whole))
    os.nice(POLITE)
    domain = Domain.in_folder(Path(__file__).parents[3] / "assets" / "audio")
    recognizer = PocketsphinxRecognizer(domain.language_model, domain.dictionary)
    same: list[bool] = []
    for one in found:
        transcripts = [_heard(recognizer, spoken) for spoken in (one.whole, one.chunks)]
        same.append(transcripts[0] == transcripts[1])
        figures = {
            "signal": one.signal,
            "broke_at_s": round(one.broke_at_s, 2),
            "of_s": round(seconds(one.whole), 2),
            "gap_ms": round(one.gap_ms),
            "said_again_ms": round(one.again_ms),
            "marks_equal": one.marks_equal,
            "undisturbed": transcripts[0],
            "broken": transcripts[1],
        }
        print(json.dumps(figures), flush=True)
    for name in ("SIGKILL", "SIGSTOP"):
        mine = [(one, equal) for one, equal in zip(found, same, strict=True) if one.signal == name]
        gaps, again = [one.gap_ms for one, _ in mine], [one.again_ms for one, _ in mine]
        print(
            f"{name}: {len(mine)} breaks; gap {statistics.median(gaps):.0f} ms median, {max(gaps):.0f} worst; "
            f"every word marked once in {sum(one.marks_equal for one, _ in mine)}; "
            f"same transcript in {sum(equal for _, equal in mine)}; "
            f"said again {statistics.median(again):.0f} ms median, {max(again):.0f} most"
        )


def marks(chunks: list[SpeechChunk]) -> list[WordMark]:
    return [mark for chunk in chunks for mark in chunk.words]


def sound(chunks: list[SpeechChunk]) -> Pcm:
    return np.concatenate([chunk.pcm for chunk in chunks])


def seconds(chunks: list[SpeechChunk]) -> float:
    return len(sound(chunks)) / OUTPUT_RATE_HZ


def _number(chance: random.Random) -> str:
    return f"{chance.choice(TENS)} {chance.choice(WORDS)}"


def _break(voice: WorkerSynthesizer, text: str, how: signal.Signals, at_s: float, whole: list[SpeechChunk]) -> Broken:
    """Takes so much of the sound, as fast as it is made, and breaks the process."""
    stream = voice.stream(text)
    process = voice.process_id
    chunks = [next(stream)]
    while seconds(chunks) < at_s:
        chunks.append(next(stream))
    broke_at_s, began_s = seconds(chunks), time.perf_counter()
    os.kill(process, how)
    while voice.process_id == process:
        chunks.append(next(stream))
    gap_ms = (time.perf_counter() - began_s) * 1000
    return Broken(how.name, whole, [*chunks, *stream], broke_at_s, gap_ms)


def _heard(recognizer: PocketsphinxRecognizer, chunks: list[SpeechChunk]) -> str:
    recognizer.start()
    recognizer.feed(resample(sound(chunks), OUTPUT_RATE_HZ, INPUT_RATE_HZ))
    return recognizer.finish()


if __name__ == "__main__":
    main()
