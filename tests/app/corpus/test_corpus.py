"""The corpus: its plan, its recordings, and that they are made again bit for bit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.corpus.__main__ import KEPT, check, main
from app.corpus.flac import read_flac, write_flac
from app.corpus.plan import Kind, read_plan
from app.corpus.recording import LEAD_MS, TAIL_MS, digest, read_manifest, record
from app.corpus.sounds import in_noise, sound_effect
from app.corpus.store import FOLDER, MANIFEST, PLAN, load, speech_in
from app.errors import InputError, RunError
from audio.pcm import Pcm

PER_MS = 16


def noise_power_db(sound: Pcm) -> float:
    return float(10 * np.log10(np.mean(sound[: LEAD_MS * PER_MS // 2].astype(float) ** 2)))


def test_the_manifest_is_that_of_the_plan() -> None:
    plan, entries = read_plan(PLAN), read_manifest(MANIFEST)
    assert [(item.name, item.text, item.snr_db) for item in plan] == [
        (entry.name, entry.text, entry.snr_db) for entry in entries
    ]
    counts = {kind: sum(item.kind is kind for item in plan) for kind in Kind}
    assert counts[Kind.END] == counts[Kind.PAUSE] == 40
    assert counts[Kind.BACKCHANNEL] == counts[Kind.WORD] == 20
    assert {item.speaker.engine for item in plan} == {"espeak-ng", "flite"}
    assert {item.snr_db for item in plan} == {None, 30, 20, 10}


def test_the_kept_recordings_are_small_and_as_the_manifest_says() -> None:
    kept = [entry for entry in read_manifest(MANIFEST) if entry.file]
    assert {entry.name for entry in kept} == {f"{kind}-{index:02d}" for kind, of in KEPT.items() for index in of}
    assert sum((FOLDER / str(entry.file)).stat().st_size for entry in kept) < 3_000_000
    for entry in kept:
        sound = read_flac(FOLDER / str(entry.file))
        assert (len(sound), digest(sound)) == (entry.samples, entry.sha256), entry.name


@pytest.mark.parametrize("name", ["end-00", "pause-02", "correction-00", "backchannel-14", "overlap-02"])
def test_a_recording_is_made_again_bit_for_bit(name: str) -> None:
    """On one machine; on another one the last bit of a sample may be rounded differently."""
    item = next(item for item in read_plan(PLAN) if item.name == name)
    known = next(entry for entry in read_manifest(MANIFEST) if entry.name == name)
    (entry, sound), (again, _) = record(item), record(item)
    assert entry == again
    assert replace(entry, sha256="", file=None) == replace(known, sha256="", file=None)
    kept = read_flac(FOLDER / str(known.file))
    assert np.abs(sound.astype(int) - kept).max() <= 2


def test_times_and_noise_are_where_the_manifest_says() -> None:
    for entry in read_manifest(MANIFEST):
        if not entry.file:
            continue
        sound = read_flac(FOLDER / entry.file)
        assert entry.speech[0][0] == LEAD_MS * PER_MS
        assert entry.samples - entry.speech[-1][1] == TAIL_MS * PER_MS
        voice_db = 10 * np.log10(
            np.mean(np.concatenate([sound[start:end] for start, end in entry.speech]).astype(float) ** 2)
        )
        if entry.snr_db is not None:
            assert voice_db - noise_power_db(sound) == pytest.approx(entry.snr_db, abs=1.5), entry.name
        for word, sample in entry.words:
            assert any(start <= sample <= end for start, end in entry.speech), (entry.name, word)


def test_flac_loses_nothing_and_refuses_other_files(tmp_path: Path) -> None:
    sound = np.random.default_rng(1).integers(-32_768, 32_768, 16_001).astype(np.int16)
    write_flac(tmp_path / "a.flac", sound)
    assert np.array_equal(read_flac(tmp_path / "a.flac"), sound)
    (tmp_path / "b.flac").write_bytes(b"no sound at all")
    for name in ("b.flac", "missing.flac"):
        with pytest.raises(InputError, match="cannot read") as refusal:
            read_flac(tmp_path / name)
        assert "\n" not in str(refusal.value)


def test_sounds_follow_from_their_seed() -> None:
    for name in ("<cough>", "<throat>", "<breath>"):
        assert np.array_equal(sound_effect(name, 1), sound_effect(name, 1))
        assert not np.array_equal(sound_effect(name, 1), sound_effect(name, 2))
    with pytest.raises(RunError, match="knows no sound <sneeze>"):
        sound_effect("<sneeze>", 1)
    silent = np.zeros(16_000, np.int16)
    assert np.array_equal(in_noise(silent, [(0, 100)], None, 3), in_noise(silent, [(0, 100)], None, 3))


def test_a_damaged_manifest_is_told_in_one_line(tmp_path: Path) -> None:
    damaged = tmp_path / "corpus.jsonl"
    damaged.write_text('{"name": "end-00", "kind": "end"}\n')
    with pytest.raises(InputError, match="is no manifest of the corpus"):
        read_manifest(damaged)
    with pytest.raises(InputError, match="cannot read the corpus' manifest"):
        read_manifest(tmp_path / "missing.jsonl")


def test_recordings_that_differ_from_the_manifest_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("app.corpus.__main__.CACHE", tmp_path / "cache")
    cough = next(item for item in read_plan(PLAN) if item.name == "backchannel-14")
    assert check([cough]) == 0
    assert check([replace(cough, seed=cough.seed + 1)]) == 1
    assert "not as in the manifest: backchannel-14" in capsys.readouterr().err
    assert (tmp_path / "cache" / "backchannel-14.flac").is_file()


def test_a_recording_that_is_not_made_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.corpus.store.CACHE", tmp_path)
    kept, unmade = (next(e for e in read_manifest(MANIFEST) if bool(e.file) is has) for has in (True, False))
    with pytest.raises(InputError, match=rf"{unmade.name} has not been made .*run: python -m app.corpus"):
        load(unmade)
    write_flac(tmp_path / f"{kept.name}.flac", np.zeros(5, np.int16))  # of another version
    assert digest(load(kept)) == kept.sha256


def test_the_speech_of_a_recording_is_cut_out(tmp_path: Path) -> None:
    entry = next(entry for entry in read_manifest(MANIFEST) if entry.name == "pause-01")
    speech = speech_in(FOLDER / str(entry.file))
    assert np.array_equal(speech, load(entry)[entry.speech[0][0] : entry.speech[-1][1]])
    with pytest.raises(InputError, match="is no recording of the corpus"):
        speech_in(tmp_path / "other.flac")


def test_the_manifest_is_not_written_without_every_engine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("app.corpus.voices.shutil.which", lambda _: None)
    before = MANIFEST.read_bytes()
    assert main(["--write"]) == 1
    assert "flite is not installed" in capsys.readouterr().err
    assert MANIFEST.read_bytes() == before
