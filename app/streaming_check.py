"""Does a stream say what one pass says? `python -m app.streaming_check`.

Synthetic voices speak held-out questions in faint noise. Each is heard twice by the recogniser of the settings: as a
stream, in pieces of 20 ms, and at once. Prints, and with `--json` writes, per voice: how the committed words and the
final text of the stream compare with the one pass, how soon words are told and committed (in sound, so the machine
does not matter), how often told words are revised, and the word error rates of both. People do not speak like these
voices.
"""

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Self

import numpy as np

from app.config import load_settings
from app.demo.recognizer_check import in_noise, sentence_sets, voices, word_errors
from app.files import as_json, write_whole
from app.machine import machine
from app.voice import build_recognizer
from audio.asr.hypothesis import Hypothesis
from audio.asr.recognizer import Recognizer
from audio.asr.transcript import digits
from audio.events import FinalTranscript, ListenEvent, PartialTranscript, SpeechEnded, SpeechStarted
from audio.listen import Listener
from audio.pcm import INPUT_RATE_HZ, Pcm
from audio.turns.vad import SileroVad

CHUNK_SAMPLES = INPUT_RATE_HZ // 50


class Overheard:
    """A recogniser that also keeps the sound of its utterances."""

    def __init__(self, recognizer: Recognizer) -> None:
        self.name = recognizer.name
        self.utterances: list[list[Pcm]] = []
        self._recognizer = recognizer

    def start(self) -> None:
        self.utterances.append([])
        self._recognizer.start()

    def feed(self, pcm: Pcm) -> Hypothesis | None:
        self.utterances[-1].append(pcm)
        return self._recognizer.feed(pcm)

    def pause(self) -> None:
        self._recognizer.pause()

    def best_guess(self) -> str | None:
        return self._recognizer.best_guess()

    def finish(self) -> str:
        return self._recognizer.finish()

    def cancel(self) -> None:
        self._recognizer.cancel()

    def fork(self) -> Self:
        return type(self)(self._recognizer.fork())

    def close(self) -> None:
        self._recognizer.close()


@dataclass(frozen=True, slots=True)
class Heard:
    """One utterance."""

    said: str
    streamed: str
    at_once: str
    partials: tuple[tuple[float, Hypothesis], ...]
    """(seconds of sound since the voice began, what was told)"""
    speech_s: float
    """Until the voice ended."""
    sound_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Of all utterances of a voice. Delays are in seconds of sound since the voice began."""

    utterances: int
    same_final: int
    """Final texts of the stream that are those of the one pass, to the letter."""
    committed_speaking: int
    """Words, while the voice was still heard."""
    committed_words: int
    """Before the utterance was over."""
    committed_wrong: int
    """Of these, words to change to make them a beginning of the one pass's text."""
    words: int
    """In the texts of the one pass."""
    first_told_s: float
    first_committed_s: float
    """Medians."""
    revisions: float
    """Per utterance: how often a word that was told was changed or taken back."""
    wer_streamed: float
    wer_at_once: float
    """Per cent of what was said."""
    cpu_share: float
    """CPU time of the stream over its duration."""


def hear(recognizer: Recognizer, said: str, sound: Pcm) -> list[Heard]:
    """One per utterance that the listener makes of the sound."""
    overheard = Overheard(recognizer.fork())
    listener = Listener(SileroVad(), overheard)
    began_s = time.process_time()
    events: list[ListenEvent] = []
    for at in range(0, len(sound), CHUNK_SAMPLES):
        events += listener.push(sound[at : at + CHUNK_SAMPLES])
    events += listener.finish()
    cpu_s = time.process_time() - began_s
    finals = [event.text for event in events if isinstance(event, FinalTranscript)]
    once = [at_once(recognizer.fork(), np.concatenate(chunks)) for chunks in overheard.utterances]
    listener.close()
    first = next((event.at_sample for event in events if isinstance(event, SpeechStarted)), 0)
    partials = tuple(
        ((event.at_sample - first) / INPUT_RATE_HZ, Hypothesis(event.text, event.agreed))
        for event in events
        if isinstance(event, PartialTranscript)
    )
    if len(finals) != 1:
        return []
    ended = next(event.last_speech_sample for event in events if isinstance(event, SpeechEnded))
    speech_s = (ended - first) / INPUT_RATE_HZ
    return [Heard(said, finals[0], once[0], partials, speech_s, len(sound) / INPUT_RATE_HZ, cpu_s)]


def at_once(recognizer: Recognizer, sound: Pcm) -> str:
    recognizer.start()
    recognizer.feed(sound)
    text = recognizer.finish()
    recognizer.close()
    return text


def figures(heard: Sequence[Heard]) -> Figures:
    committed = [one.partials[-1][1].committed.split() if one.partials else [] for one in heard]
    told = [[at_s for at_s, guess in one.partials if guess.text] for one in heard]
    agreed = [[at_s for at_s, guess in one.partials if guess.agreed] for one in heard]
    said = sum(len(one.said.split()) for one in heard)
    return Figures(
        utterances=len(heard),
        same_final=sum(one.streamed == one.at_once for one in heard),
        committed_speaking=sum(
            max((len(guess.committed.split()) for at_s, guess in one.partials if at_s <= one.speech_s), default=0)
            for one in heard
        ),
        committed_words=sum(map(len, committed)),
        committed_wrong=sum(
            beginning_errors(words, one.at_once.split()) for words, one in zip(committed, heard, strict=True)
        ),
        words=sum(len(one.at_once.split()) for one in heard),
        first_told_s=round(median(times[0] for times in told if times), 2),
        first_committed_s=round(median(times[0] for times in agreed if times), 2),
        revisions=round(sum(map(revisions, heard)) / len(heard), 2),
        wer_streamed=round(100 * sum(word_errors(one.said.split(), one.streamed.split()) for one in heard) / said, 1),
        wer_at_once=round(100 * sum(word_errors(one.said.split(), one.at_once.split()) for one in heard) / said, 1),
        cpu_share=round(sum(one.cpu_s for one in heard) / sum(one.sound_s for one in heard), 3),
    )


def beginning_errors(words: Sequence[str], whole: Sequence[str]) -> int:
    """The least number of words to change, add or take away to make `words` a beginning of `whole`."""
    return min(word_errors(words, whole[:end]) for end in range(len(whole) + 1))


def revisions(heard: Heard) -> int:
    texts = [guess.text.split() for _, guess in heard.partials] + [heard.streamed.split()]
    return sum(later[: len(earlier)] != earlier for earlier, later in pairwise(texts))


def check(recognizer: Recognizer, sentences: Sequence[str]) -> dict[str, list[Heard]]:
    """What was heard, per voice; utterances that the listener cut in two are left out."""
    return {
        name: [
            one
            for seed, sentence in enumerate(sentences)
            for one in hear(recognizer, digits(sentence), in_noise(speak(sentence), seed))
        ]
        for name, speak in voices().items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=6, help="sentences of each kind and voice")
    parser.add_argument("--config", type=Path, help="settings from this TOML file")
    parser.add_argument("--json", type=Path, help="writes the figures to this file")
    options = parser.parse_args()
    recognizer, _ = build_recognizer(load_settings(options.config, os.environ))
    sentences = [sentence for kind in sentence_sets(options.count).values() for sentence in kind[: options.count]]
    heard = check(recognizer, sentences)
    rows = {name: figures(of_voice) for name, of_voice in heard.items() if of_voice}
    rows["all"] = figures([one for of_voice in heard.values() for one in of_voice])
    for name, row in rows.items():
        print(f"{name:20}", *(f"{key} {value}" for key, value in asdict(row).items()), sep="  ", flush=True)
    if options.json:
        document = {
            "kind": "streaming recognition against one pass",
            "recognizer": recognizer.name,
            "sentences": sentences,
            "rows": {name: asdict(row) for name, row in rows.items()},
            **machine(),
        }
        write_whole(options.json, as_json(document))


if __name__ == "__main__":
    main()
