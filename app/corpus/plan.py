"""The plan of the corpus: what is spoken, by whom, how fast, in how much noise, with which pauses. Made from
`corpus.toml` and a seed alone; holds no sound.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from random import Random

SEED = 5
PAUSE_MARK = "|"
SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS = 400, 1300
"""Pauses inside turns are drawn evenly from between; people's pauses within a turn are mostly shorter than a second."""
SNRS_DB = (None, 30, 20, 10)
"""Noise under the voice; None is a quiet room."""


class Kind(Enum):
    END = "end"
    """A whole turn without a pause."""
    PAUSE = "pause"
    """A turn with pauses inside."""
    CORRECTION = "correction"
    """A turn that is corrected after a pause."""
    BACKCHANNEL = "backchannel"
    """What a listener says, coughs and breaths included; no turn."""
    WORD = "word"
    """A short turn that means what it says."""
    OVERLAP = "overlap"
    """A turn with another, fainter voice beneath it."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice of one engine."""

    engine: str
    """espeak-ng or flite."""
    voice: str
    rate_wpm: int


@dataclass(frozen=True, slots=True)
class Item:
    """One recording to be made."""

    name: str
    kind: Kind
    pieces: tuple[str, ...]
    """What is said between the pauses; "<cough>" and the like are sounds without words."""
    pauses_ms: tuple[int, ...]
    """The silence between one piece and the next."""
    speaker: Speaker
    snr_db: int | None
    beneath: str | None
    """What the other voice says."""
    seed: int

    @property
    def text(self) -> str:
        return " ".join(piece for piece in self.pieces if not piece.startswith("<"))


def read_plan(path: Path) -> list[Item]:
    """All items, in their order. Raises KeyError and ValueError for a file that lacks something."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    speakers = [Speaker(**speaker) for speaker in data["speakers"]]
    return [item for kind in Kind for item in _items(kind, data[kind.value], speakers, data["beneath"])]


def _items(kind: Kind, texts: list[str], speakers: list[Speaker], beneath: list[str]) -> Iterator[Item]:
    for index, text in enumerate(texts):
        seed = SEED * 1_000_003 + list(Kind).index(kind) * 1_009 + index
        pieces = tuple(piece.strip() for piece in text.split(PAUSE_MARK))
        rng = Random(seed)
        yield Item(
            name=f"{kind.value}-{index:02d}",
            kind=kind,
            pieces=pieces,
            pauses_ms=tuple(rng.randint(SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS) for _ in pieces[1:]),
            speaker=speakers[index % len(speakers)],
            snr_db=SNRS_DB[index // len(speakers) % len(SNRS_DB)],
            beneath=beneath[index % len(beneath)] if kind is Kind.OVERLAP else None,
            seed=seed,
        )
