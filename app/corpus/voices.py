"""The voices of the corpus: espeak-ng, which pip installs, and flite, where its program is on the machine.

Every text of espeak-ng gets a process of its own (`espeak_once`), since its sound depends on what it said before.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.corpus.plan import Speaker
from app.demo.paths import ASSETS
from app.errors import RunError
from audio.pcm import INPUT_RATE_HZ, Pcm, read_wav, resample

PEAK = 12_000
"""A moderate level."""
LOUD = 200
"""Samples of a voice brought to `PEAK` that are larger than this belong to the speech."""
FLITE_WPM = 165
"""About flite's own speed; `duration_stretch` is counted from here."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The sound of a text at 16 kHz, without silence around it, and the sample at which each word begins."""

    pcm: Pcm
    words: tuple[tuple[str, int], ...]


def usable(speaker: Speaker) -> bool:
    """Whether the speaker's engine is on this machine."""
    return speaker.engine == "espeak-ng" or shutil.which("flite") is not None


def speak(speaker: Speaker, text: str, seed: int) -> Spoken:
    """Raises RunError. The seed is espeak-ng's; flite always speaks alike."""
    match speaker.engine:
        case "espeak-ng":
            return _espeak(speaker, text, seed)
        case "flite":
            return _flite(speaker, text)
        case _:
            raise RunError(f"the corpus knows no engine {speaker.engine!r}; use espeak-ng or flite")


def _espeak(speaker: Speaker, text: str, seed: int) -> Spoken:
    command = [sys.executable, "-m", "app.corpus.espeak_once", speaker.voice, str(speaker.rate_wpm), str(seed)]
    done = subprocess.run(command, input=text.encode(), capture_output=True, cwd=ASSETS.parent, check=False)
    if done.returncode:
        raise RunError(f"espeak-ng cannot speak for the corpus: {done.stderr.decode(errors='replace').strip()[-200:]}")
    header, _, sound = done.stdout.partition(b"\n")
    told = json.loads(header)
    ratio = INPUT_RATE_HZ / told["rate_hz"]
    marks = [(text[start : start + length], int(sample * ratio)) for start, length, sample in told["words"]]
    return _trimmed(resample(np.frombuffer(sound, np.int16), told["rate_hz"], INPUT_RATE_HZ), marks)


def _flite(speaker: Speaker, text: str) -> Spoken:
    """flite tells no word times: they are guessed from the lengths of the words."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        stretch = f"duration_stretch={FLITE_WPM / speaker.rate_wpm:.3f}"
        command = ["flite", "-voice", speaker.voice, "--setf", stretch, "-t", text, "-o", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not path.is_file():
            raise RunError(f"flite cannot speak with the voice {speaker.voice}: {done.stderr.strip()[:200]}")
        speech = read_wav(path)
    spoken = _trimmed(speech, [])
    words = text.split()
    letters = np.cumsum([0, *(len(word) + 1 for word in words)])
    starts = letters[:-1] * len(spoken.pcm) // letters[-1]
    return Spoken(spoken.pcm, tuple(zip(words, map(int, starts), strict=True)))


def _trimmed(speech: Pcm, marks: list[tuple[str, int]]) -> Spoken:
    level = speech * (PEAK / max(1, int(np.abs(speech.astype(np.int32)).max())))
    loud = np.flatnonzero(np.abs(level) > LOUD)
    if not len(loud):
        raise RunError("a voice of the corpus made no sound")
    first, end = int(loud[0]), int(loud[-1]) + 1
    words = tuple((word, min(max(0, sample - first), end - first)) for word, sample in marks)
    return Spoken(np.rint(level[first:end]).astype(np.int16), words)
