"""One recording of the corpus: its sound, and what is known of it, as a line of the manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.corpus.plan import Item, Kind
from app.corpus.sounds import beneath, in_noise, sound_effect
from app.corpus.voices import Spoken, speak
from app.errors import InputError
from audio.pcm import INPUT_RATE_HZ, Pcm, silence

LEAD_MS, TAIL_MS = 600, 2_200
"""Silence around the speech; the tail is long enough to see how late an end is noticed."""
BENEATH_FROM_MS = 300

Span = tuple[int, int]
"""(first sample, the one after the last)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a recording. Positions count 16 kHz samples."""

    name: str
    kind: str
    text: str
    engine: str
    voice: str
    rate_wpm: int
    snr_db: int | None
    beneath: str | None
    samples: int
    speech: tuple[Span, ...]
    """Of each piece; between them lie the pauses inside the turn."""
    words: tuple[tuple[str, int], ...]
    """With the sample at which each begins; guessed for flite."""
    sha256: str
    """Of the samples, 16 bits each, low byte first."""
    file: str | None = None
    """Where it is kept, beside the manifest; None: it is made again when needed."""


def record(item: Item) -> tuple[Entry, Pcm]:
    """Makes the recording. Raises RunError."""
    pieces = [_piece(item, index) for index in range(len(item.pieces))]
    parts, speech, words = [silence(LEAD_MS, INPUT_RATE_HZ)], [], []
    at = len(parts[0])
    for piece, pause_ms in zip(pieces, [*item.pauses_ms, TAIL_MS], strict=True):
        speech.append((at, at + len(piece.pcm)))
        words += [(word, at + sample) for word, sample in piece.words]
        parts += [piece.pcm, silence(pause_ms, INPUT_RATE_HZ)]
        at += sum(map(len, parts[-2:]))
    sound = np.concatenate(parts)
    if item.beneath is not None:
        other = speak(replace(item.speaker, engine="espeak-ng", voice="en-gb", rate_wpm=170), item.beneath, item.seed)
        sound = beneath(sound, other.pcm, speech[0][0] + BENEATH_FROM_MS * INPUT_RATE_HZ // 1000)
    sound = in_noise(sound, speech, item.snr_db, item.seed)
    entry = Entry(
        item.name, item.kind.value, item.text, item.speaker.engine, item.speaker.voice, item.speaker.rate_wpm,
        item.snr_db, item.beneath, len(sound), tuple(speech), tuple(words), digest(sound),
    )  # fmt: skip
    return entry, sound


def digest(sound: Pcm) -> str:
    return hashlib.sha256(sound.astype("<i2").tobytes()).hexdigest()


def read_manifest(path: Path) -> list[Entry]:
    """Raises InputError for a file that is no manifest."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [_entry(json.loads(line)) for line in lines]
    except OSError as fault:
        raise InputError(f"cannot read the corpus' manifest {path}: {fault.strerror}") from None
    except (ValueError, TypeError, KeyError) as fault:
        raise InputError(f"{path} is no manifest of the corpus ({fault}); run: python -m app.corpus --write") from None


def write_manifest(path: Path, entries: Iterable[Entry]) -> None:
    lines = (json.dumps(asdict(entry), ensure_ascii=False) for entry in entries)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _entry(fields: dict[str, Any]) -> Entry:
    Kind(fields["kind"])
    speech = tuple((int(start), int(end)) for start, end in fields.pop("speech"))
    words = tuple((str(word), int(sample)) for word, sample in fields.pop("words"))
    return Entry(**fields, speech=speech, words=words)


def _piece(item: Item, index: int) -> Spoken:
    text = item.pieces[index]
    if text.startswith("<"):
        return Spoken(sound_effect(text, item.seed + index), ())
    return speak(item.speaker, text, item.seed + index)
