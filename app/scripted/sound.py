"""The user's side of a script as sound: synthesised or read from files, before anything is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.corpus.store import speech_in
from app.scripted.script import Late, Part, Script
from audio.pcm import INPUT_RATE_HZ, OUTPUT_RATE_HZ, Pcm, audible, read_wav, resample, silence
from audio.text.speak import speak
from audio.tts.worker import EspeakSynthesizer


@dataclass(frozen=True, slots=True)
class Clip:
    """Sound for the microphone, 16 kHz. voiced: (first sample that can be heard, the one after the last) of each of
    its parts.
    """

    pcm: Pcm
    voiced: tuple[tuple[int, int], ...]

    @property
    def duration_s(self) -> float:
        return len(self.pcm) / INPUT_RATE_HZ


@dataclass(frozen=True, slots=True)
class TurnSound:
    """One turn's clips; None where it is typed. late: in the order of the script."""

    clip: Clip | None
    late: tuple[Clip | None, ...] = ()


@dataclass(slots=True)
class Voices:
    """The user's voice at the rates a script uses; each is a process, so it must be closed."""

    name: str
    _by_rate: dict[int, EspeakSynthesizer] = field(default_factory=dict)

    def say(self, text: str, rate_wpm: int) -> Pcm:
        """The text as 16 kHz sound. Raises SynthesizerUnavailable."""
        if rate_wpm not in self._by_rate:
            self._by_rate[rate_wpm] = EspeakSynthesizer(self.name, rate_wpm)
        stream = speak(self._by_rate[rate_wpm], text)
        assert stream is not None, "a script's words can be spoken"
        return resample(np.concatenate([chunk.pcm for chunk in stream]), OUTPUT_RATE_HZ, INPUT_RATE_HZ)

    def close(self) -> None:
        for voice in self._by_rate.values():
            voice.close()


def record(script: Script, folder: Path) -> list[TurnSound]:
    """The sound of every turn; files are looked for in `folder`. Raises AudioError and InputError."""
    voices = Voices(script.voice)
    try:
        return [
            TurnSound(
                _clip(turn.pieces, script, folder, voices) if turn.spoken else None,
                tuple(_late(late, script, folder, voices) for late in turn.late),
            )
            for turn in script.turn
        ]
    finally:
        voices.close()


def joined(parts: Sequence[tuple[float, Pcm]]) -> Clip:
    """One clip of sounds, each after its pause (ms)."""
    pieces: list[Pcm] = []
    voiced: list[tuple[int, int]] = []
    length = 0
    for pause_ms, pcm in parts:
        pieces += [silence(pause_ms, INPUT_RATE_HZ), pcm]
        begin = length + len(pieces[-2])
        length = begin + len(pcm)
        if (loud := audible(pcm)) is not None:
            voiced.append((begin + loud[0], begin + loud[1]))
    return Clip(np.concatenate(pieces), tuple(voiced))


def _clip(pieces: Sequence[Part], script: Script, folder: Path, voices: Voices) -> Clip:
    return joined([(piece.pause_ms, _sound(piece, script, folder, voices)) for piece in pieces])


def _late(late: Late, script: Script, folder: Path, voices: Voices) -> Clip | None:
    return None if late.type is not None else joined([(0, _sound(late, script, folder, voices))])


def _sound(piece: Part | Late, script: Script, folder: Path, voices: Voices) -> Pcm:
    if piece.wav is not None:
        path = folder / piece.wav
        return speech_in(path) if path.suffix == ".flac" else read_wav(path)
    assert piece.say is not None
    return voices.say(piece.say, piece.rate_wpm or script.rate_wpm)
