"""How well pocketsphinx hears what the bundled model is asked: `python -m app.demo.recognizer_check`.

Synthetic voices (espeak-ng, and flite if it is installed) speak held-out problems and wordings of our own in faint
noise; each is listened to by a recogniser that knows nothing of the voice yet. Prints a table: word error rate and, in
brackets, how many in a hundred transcripts are right to the letter. People do not speak like these voices.
"""

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import numpy as np

from app.demo.problems import FAMILIES, sample_problem
from app.demo.recognizer_lm import FOLDER, as_said
from audio.asr.choose import Domain
from audio.asr.pocketsphinx_asr import PocketsphinxRecognizer
from audio.asr.transcript import digits
from audio.events import FinalTranscript, ListenEvent
from audio.listen import Listener
from audio.pcm import INPUT_RATE_HZ, OUTPUT_RATE_HZ, Pcm, read_wav, resample, silence
from audio.tts.worker import EspeakSynthesizer
from audio.turns.vad import SileroVad

ESPEAK_VOICES = (("en-us", 150), ("en-us", 175), ("en-us+f3", 150), ("en-gb", 160))
FLITE_VOICES = ("slt", "rms", "kal16", "awb")
NOISE_DB = 30
"""How far the noise lies under the voice."""
PEAK = 12_000

OUR_WORDINGS = (
    "what is forty seven plus thirty eight", "what is nine times eight", "how much is sixty three minus eighteen",
    "what is one hundred forty four divided by twelve", "add thirty four and fifty nine",
    "tom has twelve apples and gives away five how many are left", "what do you get if you multiply twelve by eleven",
    "i have fifteen coins and lose six how many do i have left", "how many minutes are there in three hours",
    "a train goes sixty miles per hour for three hours how far does it go", "hey what's eighty seven plus fifty six",
    "today is tuesday what day is it in ten days", "if a book costs twelve dollars how much are five of them",
    "it is three forty five what time will it be in two hours and thirty minutes", "subtract nineteen from one hundred",
    "can you multiply thirty two by six for me", "hello can you hear me", "thank you", "no wait make that twenty five",
)  # fmt: skip
"""Seen while the wordings of the language model were written: a friendly test."""
UNSEEN_WORDINGS = (
    "okay next question what is eighteen plus twenty seven", "how much would six tickets at nine dollars each be",
    "give me the result of fifty five minus thirteen", "i need to know what seven times thirteen is",
    "lucy baked thirty cookies and ate four of them how many does she still have", "let me think",
    "what do thirty and sixty make together", "could you divide eighty one by nine", "it starts at half past four",
    "how long is four weeks in days", "sam runs nine miles every day how many miles is that in a week",
    "hi there could you help me with a sum", "two hundred take away fifty", "and now plus seventeen",
    "a car goes at fifty miles per hour how far does it get in four hours", "that sounds good",
)  # fmt: skip
"""Written after the language model was done, and never looked at since."""


@dataclass(frozen=True, slots=True)
class Score:
    wrong_words: int
    words: int
    right: int
    sentences: int

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.wrong_words + other.wrong_words,
            self.words + other.words,
            self.right + other.right,
            self.sentences + other.sentences,
        )

    def __str__(self) -> str:
        return f"{100 * self.wrong_words / self.words:5.1f} ({100 * self.right / self.sentences:3.0f})"


def word_errors(wanted: Sequence[str], heard: Sequence[str]) -> int:
    """The least number of words to change, add or take away."""
    row = list(range(len(heard) + 1))
    for index, word in enumerate(wanted, start=1):
        above, row[0] = row[0], index
        for place, other in enumerate(heard, start=1):
            above, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, above + (word != other))
    return row[-1]


def score(wanted: str, heard: str) -> Score:
    words = wanted.split()
    return Score(word_errors(words, heard.split()), len(words), int(wanted == heard), 1)


def sentence_sets(count: int) -> dict[str, tuple[str, ...]]:
    """What is spoken, by the name of the set, in words."""
    rng = Random(99)
    families = [name for name in FAMILIES if name not in {"single", "chat"}]
    sums = tuple(as_said(sample_problem(rng, True, ["single"], slips=False).question) for _ in range(count))
    problems = tuple(
        as_said(sample_problem(rng, True, [families[index % len(families)]], slips=False).question)
        for index in range(count)
    )
    return {"sums": sums, "problems": problems, "our wordings": OUR_WORDINGS, "unseen wordings": UNSEEN_WORDINGS}


def in_noise(speech: Pcm, seed: int) -> Pcm:
    """The speech at a usual level, with silence around it and noise over all."""
    level = speech / max(1, int(np.abs(speech.astype(np.int32)).max())) * PEAK
    lead, tail = silence(500, INPUT_RATE_HZ), silence(900, INPUT_RATE_HZ)
    sound = np.concatenate([lead, level, tail])
    noise = np.sqrt(np.mean(level**2)) * 10 ** (-NOISE_DB / 20)
    return np.clip(sound + np.random.default_rng(seed).normal(0, noise, len(sound)), -32_768, 32_767).astype(np.int16)


def listen(listener: Listener, sound: Pcm) -> list[ListenEvent]:
    """All that happens in the sound, to its end."""
    events = [event for at in range(0, len(sound), 512) for event in listener.push(sound[at : at + 512])]
    return events + listener.finish()


def transcript(listener: Listener, sound: Pcm) -> str:
    """All that is heard, utterance after utterance."""
    return " ".join(event.text for event in listen(listener, sound) if isinstance(event, FinalTranscript))


def check(speak: Callable[[str], Pcm], sentences: Sequence[str], listener: Listener) -> Score:
    total = Score(0, 0, 0, 0)
    for seed, sentence in enumerate(sentences):
        total += score(digits(sentence), transcript(listener.fork(), in_noise(speak(sentence), seed)))
    return total


def with_espeak(voice: str, rate_wpm: int) -> Callable[[str], Pcm]:
    synthesizer = EspeakSynthesizer(voice, rate_wpm)

    def speak(text: str) -> Pcm:
        sound = np.concatenate([chunk.pcm for chunk in synthesizer.stream(text)])
        return resample(sound, OUTPUT_RATE_HZ, INPUT_RATE_HZ)

    return speak


def with_flite(voice: str) -> Callable[[str], Pcm]:
    def speak(text: str) -> Pcm:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "speech.wav"
            subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)
            return read_wav(path)

    return speak


def voices(wanted: Sequence[str] = ()) -> dict[str, Callable[[str], Pcm]]:
    """Everything here that can speak the questions, or what is wanted of it, by name."""
    speakers: dict[str, Callable[[], Callable[[str], Pcm]]] = {
        f"espeak {name} {rate}": partial(with_espeak, name, rate) for name, rate in ESPEAK_VOICES
    }
    if shutil.which("flite"):
        speakers |= {f"flite {name}": partial(with_flite, name) for name in FLITE_VOICES}
    return {name: begin() for name, begin in speakers.items() if not wanted or name in wanted}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=40, help="sentences in each of the generated sets")
    parser.add_argument("--general", action="store_true", help="with pocketsphinx's own language model instead")
    parser.add_argument("--domain", type=Path, default=FOLDER, help="folder of another language model of a domain")
    parser.add_argument("--voices", nargs="+", default=(), help='some of them only, for example "flite slt"')
    options = parser.parse_args()
    domain = Domain.in_folder(options.domain)
    recognizer = (
        PocketsphinxRecognizer()
        if options.general
        else PocketsphinxRecognizer(domain.language_model, domain.dictionary)
    )
    listener = Listener(SileroVad(), recognizer)
    sets = sentence_sets(options.count)
    print(f"{'':20}" + "".join(f"{name:>18}" for name in sets))
    for name, speak in voices(options.voices).items():
        cells = (f"{check(speak, sentences, listener)!s:>18}" for sentences in sets.values())
        print(f"{name:20}" + "".join(cells), flush=True)


if __name__ == "__main__":
    main()
