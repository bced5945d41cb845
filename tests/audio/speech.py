"""Speech for tests, made by the espeak-ng that pip installs, and fakes of what a listener is made of."""

from collections.abc import Sequence
from typing import Self

import numpy as np

from audio.asr.hypothesis import Hypothesis
from audio.pcm import INPUT_RATE_HZ, OUTPUT_RATE_HZ, Pcm, resample, silence
from audio.tts.synthesizer import Synthesizer

MILLISECOND = INPUT_RATE_HZ // 1000


def say(voice: Synthesizer, text: str) -> Pcm:
    """Speech at 16 kHz without silence around it, at a moderate level."""
    sound = np.concatenate([chunk.pcm for chunk in voice.stream(text)])
    speech = resample(sound, OUTPUT_RATE_HZ, INPUT_RATE_HZ).astype(np.float64)
    loud = np.flatnonzero(np.abs(speech) > 200)
    trimmed = speech[loud[0] : loud[-1] + 1]
    return (trimmed / np.abs(trimmed).max() * 12_000).astype(np.int16)


def in_room(*sounds: Pcm, noise_amplitude: float = 12.0, seed: int = 0) -> Pcm:
    """The sounds one after the other, in the hiss of a quiet room."""
    joined = np.concatenate(sounds)
    hiss = np.random.default_rng(seed).normal(0, noise_amplitude, len(joined))
    return np.clip(joined + hiss, -32_768, 32_767).astype(np.int16)


def quiet(duration_ms: float) -> Pcm:
    return silence(duration_ms, INPUT_RATE_HZ)


class ScriptedVad:
    """Voice activity that is a script: one probability per frame, silence after its end."""

    def __init__(self, probabilities: Sequence[float]) -> None:
        self._script = tuple(probabilities)
        self._next = 0

    def probability(self, frame: Pcm) -> float:
        self._next += 1
        return self._script[self._next - 1] if self._next <= len(self._script) else 0.0

    def reset(self) -> None:
        self._next = 0

    def fork(self) -> Self:
        return type(self)(self._script)


class CountingRecognizer:
    """Hears nothing but keeps the sound; its transcript is the number of samples it got."""

    name = "counting"

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.sound: list[Pcm] = []
        self.utterances: list[Pcm] = []

    def start(self) -> None:
        self.calls.append("start")
        self.sound = []

    def feed(self, pcm: Pcm) -> Hypothesis | None:
        self.sound.append(pcm)
        return Hypothesis(str(sum(map(len, self.sound)))) if len(pcm) else None

    def pause(self) -> None:
        self.calls.append("pause")

    def best_guess(self) -> str | None:
        return str(sum(map(len, self.sound)))

    def finish(self) -> str:
        self.calls.append("finish")
        self.utterances.append(np.concatenate(self.sound))
        return str(len(self.utterances[-1]))

    def cancel(self) -> None:
        self.calls.append("cancel")

    def fork(self) -> Self:
        return type(self)()

    def close(self) -> None:
        self.calls.append("close")
