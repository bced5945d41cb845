"""Where the corpus lies: its plan and manifest, the recordings that are kept, and those that were made again."""

from __future__ import annotations

from pathlib import Path

from app.corpus.flac import read_flac
from app.corpus.recording import Entry, digest, read_manifest
from app.demo.paths import ASSETS
from app.errors import InputError
from audio.pcm import Pcm

FOLDER = ASSETS / "audio"
PLAN, MANIFEST = FOLDER / "corpus.toml", FOLDER / "corpus.jsonl"
CACHE = ASSETS.parent / "runs" / "corpus"


def load(entry: Entry) -> Pcm:
    """A recording, kept or made on this machine. Raises InputError if it must be made first."""
    for place in [CACHE / f"{entry.name}.flac", *([FOLDER / entry.file] if entry.file else [])]:
        if place.is_file() and digest(sound := read_flac(place)) == entry.sha256:
            return sound
    raise InputError(f"the recording {entry.name} has not been made on this machine; run: python -m app.corpus")


def speech_in(path: Path) -> Pcm:
    """A recording of the corpus from its first speech to its last, noise and pauses included. Raises InputError."""
    entry = next((entry for entry in read_manifest(MANIFEST) if entry.name == path.stem), None)
    if entry is None:
        raise InputError(f"{path} is no recording of the corpus; other sound must be a WAV file")
    return read_flac(path)[entry.speech[0][0] : entry.speech[-1][1]]
