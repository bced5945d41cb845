"""Makes the corpus: `python -m app.corpus`.

Writes every recording as FLAC into runs/corpus, where git does not look, and compares its samples with the manifest's.
`--write` makes the manifest and the kept recordings anew instead. What flite speaks is left out where flite is missing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from app.corpus.flac import write_flac
from app.corpus.plan import Item, read_plan
from app.corpus.recording import read_manifest, record, write_manifest
from app.corpus.store import CACHE, FOLDER, MANIFEST, PLAN
from app.corpus.voices import usable
from app.errors import RunError, SottoError
from audio.errors import AudioError

KEPT = {
    "end": (0, 1, 6, 12, 23), "pause": (1, 2, 4, 7, 22), "correction": (0, 3), "backchannel": (0, 1, 2, 5, 14, 17, 18),
    "word": (0, 1, 6, 11), "overlap": (2,),
}  # fmt: skip
"""Which recordings the repository holds: enough for tests, in all voices and noises."""


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m app.corpus", description="Makes the corpus of spoken turns.")
    parser.add_argument("--write", action="store_true", help="write the manifest and the kept recordings anew")
    args = parser.parse_args(words)
    try:
        items = read_plan(PLAN)
        return write(items) if args.write else check(items)
    except (SottoError, AudioError, OSError) as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1


def write(items: Sequence[Item]) -> int:
    """All recordings, the manifest, and the kept ones. Raises RunError if an engine is missing."""
    missing = {item.speaker.engine for item in items if not usable(item.speaker)}
    if missing:
        raise RunError(
            f"the manifest needs every engine, and {', '.join(missing)} is not installed; on Debian: apt install flite"
        )
    CACHE.mkdir(parents=True, exist_ok=True)
    entries = []
    for item in items:
        entry, sound = record(item)
        write_flac(CACHE / f"{item.name}.flac", sound)
        if int(item.name.rpartition("-")[2]) in KEPT[item.kind.value]:
            entry = replace(entry, file=f"corpus/{item.name}.flac")
            (FOLDER / "corpus").mkdir(exist_ok=True)
            write_flac(FOLDER / "corpus" / f"{item.name}.flac", sound)
        entries.append(entry)
        _tell(f"{len(entries)} of {len(items)}")
    write_manifest(MANIFEST, entries)
    print(f"{len(entries)} recordings in {CACHE}; manifest {MANIFEST}")
    return 0


def check(items: Sequence[Item]) -> int:
    """Makes all recordings whose engine is here; 1 if one of them differs from the manifest."""
    CACHE.mkdir(parents=True, exist_ok=True)
    known = {entry.name: entry for entry in read_manifest(MANIFEST)}
    different, made = [], 0
    for item in items:
        if usable(item.speaker):
            entry, sound = record(item)
            write_flac(CACHE / f"{item.name}.flac", sound)
            made += 1
            if replace(entry, file=None) != replace(known[item.name], file=None):
                different.append(item.name)
            _tell(f"{made} of {len(items)}")
    print(f"{made} recordings in {CACHE}, {len(items) - made} left out for want of flite")
    if different:
        print(
            f"not as in the manifest: {', '.join(different)}; another version of an engine speaks here", file=sys.stderr
        )
    return int(bool(different))


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text}", end="", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
