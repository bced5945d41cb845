"""Recordings of the corpus as the user's side of a script."""

from pathlib import Path

import numpy as np
import pytest

from app.corpus.recording import read_manifest
from app.corpus.store import MANIFEST
from app.demo.paths import ASSETS
from app.errors import InputError
from app.scripted.script import Script, read_script
from app.scripted.sound import record

SCRIPT = ASSETS / "latency" / "corpus.toml"


def test_a_script_plays_recordings_of_the_corpus() -> None:
    script = read_script(SCRIPT)
    entries = {entry.name: entry for entry in read_manifest(MANIFEST)}
    for turn, sound in zip(script.turn, record(script, SCRIPT.parent), strict=True):
        entry = entries[Path(str(turn.wav)).stem]
        assert turn.text == entry.text
        assert sound.clip is not None
        begin, end = sound.clip.voiced[0][0], sound.clip.voiced[-1][1]
        assert begin < 800 and len(sound.clip.pcm) - end < 800  # the speech, without the silence around it
        assert len(sound.clip.pcm) == entry.speech[-1][1] - entry.speech[0][0]


def test_other_flac_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.flac").write_bytes(np.zeros(9, np.int16).tobytes())
    script = Script.model_validate({"turn": [{"wav": "mine.flac"}]})
    with pytest.raises(InputError, match="is no recording of the corpus; other sound must be a WAV file"):
        record(script, tmp_path)
