"""A coqui model that is not there, or not whole, is told in one line with what to do. Nothing is fetched or asked."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audio.errors import SynthesizerUnavailable
from audio.pcm import write_wav
from audio.tts import coqui
from audio.tts.coqui import CoquiOptions, CoquiSynthesizer, check_packages, fetch_torchaudio
from audio.tts.coqui_folder import find_coqui
from audio.tts.coqui_loading import choose_device, describe
from audio.tts.coqui_speech import choose_language, choose_speaker, give, speed
from audio.tts.coqui_xtts import in_pieces
from audio.tts.word_estimate import words_of
from audio.tts.worker_protocol import SpokenWord

ROOT = Path(__file__).parents[3]


def model_in(folder: Path, config: object, *files: str) -> Path:
    """A folder with this configuration and these files, all but empty."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
    for name in files:
        (folder / name).write_bytes(b"weights")
    return folder


@pytest.fixture(autouse=True)
def nothing_cached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("TTS_HOME", str(tmp_path / "home"))


def refusal(name: str | Path) -> str:
    with pytest.raises(SynthesizerUnavailable) as refused:
        find_coqui(str(name))
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(("kind", "weights"), [("vits", "model_file.pth"), ("xtts", "model.pth")])
def test_a_whole_model_is_found(tmp_path: Path, kind: str, weights: str) -> None:
    folder = model_in(tmp_path / "m", {"model": kind}, weights, "vocab.json")
    found = find_coqui(str(folder))
    assert (found.path, found.kind, found.weights) == (folder, kind, folder / weights)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("./no/such/folder", "no coqui model './no/such/folder': no such folder"),
        ("xtts", "no such folder, and no name like coqui/XTTS-v2 or tts_models/en/ljspeech/vits"),
        ("coqui/XTTS-v2", "is not on this machine; run: hf download coqui/XTTS-v2"),
        (
            "tts_models/en/ljspeech/vits",
            "is not here; run: tts --model_name tts_models/en/ljspeech/vits --text hello --out_path hello.wav",
        ),
        (
            "tts_models/multilingual/multi-dataset/xtts_v2",
            "asks you to agree to the model's licence first; run: tts",
        ),
    ],
)
def test_a_name_that_is_not_here_says_what_to_run(name: str, reason: str) -> None:
    assert reason in refusal(name)


def test_a_model_that_coquis_own_command_fetched_is_found_by_its_name(tmp_path: Path) -> None:
    home = tmp_path / "home" / "tts"
    home.mkdir(parents=True)
    model_in(home / "tts_models--en--ljspeech--vits", {"model": "vits"}, "model_file.pth")
    assert find_coqui("tts_models/en/ljspeech/vits").kind == "vits"


@pytest.mark.parametrize(
    ("config", "files", "reason"),
    [
        ("{", ["model.pth"], "config.json cannot be read .*; fetch the model again"),
        ("[]", ["model.pth"], "is not a model's configuration"),
        ({"model": "tacotron2"}, ["model.pth"], "holds a tacotron2 model; Sotto speaks with vits and xtts"),
        ({}, ["model.pth"], "holds a none that is named model"),
        ({"model": "vits"}, [], "lacks its weights .model.pth or model_file.pth.; fetch"),
        ({"model": "xtts"}, ["model.pth"], "lacks vocab.json; run: hf download coqui/XTTS-v2"),
        (
            {"model": "vits", "model_args": {"speakers_file": "/root/training/speakers.pth"}},
            ["model.pth"],
            "lacks speakers.pth, which its config.json names as speakers_file; put it into that folder",
        ),
        (
            {"model": "vits", "d_vector_file": ["https://example.org/vectors.pth"]},
            ["model.pth"],
            "lacks vectors.pth, which its config.json names as d_vector_file",
        ),
    ],
)
def test_a_model_that_is_not_whole_says_what_is_missing(
    tmp_path: Path, config: Any, files: list[str], reason: str
) -> None:
    assert re.search(reason, refusal(model_in(tmp_path / "m", config, *files)))


def test_folders_without_a_configuration_files_and_pointers_are_refused(tmp_path: Path) -> None:
    assert "there is no config.json in it" in refusal(tmp_path)
    folder = model_in(tmp_path / "m", {"model": "vits"}, "model.pth")
    assert "name the folder that holds config.json" in refusal(folder / "model.pth")
    (folder / "model.pth").write_bytes(b"version https://git-lfs.github.com/spec/v1")
    assert "run: git lfs pull" in refusal(folder)


def test_files_beside_the_configuration_stand_for_those_of_another_machine(tmp_path: Path) -> None:
    config = {"model": "vits", "model_args": {"speakers_file": "/root/training/speakers.pth"}}
    assert find_coqui(str(model_in(tmp_path / "m", config, "model.pth", "speakers.pth"))).kind == "vits"


def test_packages_that_are_missing_are_told_with_the_commands_that_fit_this_torch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr(coqui, "version", lambda _: "2.13.0+cpu")
    with pytest.raises(SynthesizerUnavailable, match="coqui-tts and torchaudio and torchcodec") as refused:
        check_packages()
    install, torchaudio = str(refused.value).partition("; run: ")[2].split(" && ")
    assert install == "pip install -c constraints.txt -e '.[coqui]'"
    assert torchaudio == (
        "pip install --no-deps torchaudio torchcodec --index-url https://download.pytorch.org/whl/cpu"
    )
    monkeypatch.setattr(coqui, "version", lambda _: "2.13.0")
    assert fetch_torchaudio(["torchaudio"]) == "pip install --no-deps torchaudio"


@pytest.mark.parametrize(
    ("seconds", "content", "reason"),
    [(None, None, "there is no file .*sam.wav"), (None, b"MP3", "is not a WAV file"), (0.5, None, "is too short")],
)
def test_a_file_that_no_voice_can_be_taken_from_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float | None, content: bytes | None, reason: str
) -> None:
    monkeypatch.setattr(coqui, "check_packages", lambda: None)
    folder = model_in(tmp_path / "m", {"model": "xtts"}, "model.pth", "vocab.json")
    file = tmp_path / "sam.wav"
    if content:
        file.write_bytes(content)
    if seconds:
        write_wav(file, np.zeros(round(seconds * 16_000), np.int16), 16_000)
    with pytest.raises(SynthesizerUnavailable, match=reason):
        CoquiSynthesizer(str(folder), str(file))


def test_a_library_that_asks_finds_nobody_and_what_it_prints_is_no_sound() -> None:
    """The licence's question of coqui-tts is an `input()`: in a worker process it must end, not wait for the owner."""
    script = """
from audio.tts.worker_protocol import private_pipes
commands, sound = private_pipes()
print("I agree to the terms? [y/n]")
try:
    input()
except EOFError:
    sound.write(b"not asked, " + commands.read())
"""
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, input=b"commands", capture_output=True, cwd=ROOT, check=True, timeout=60)
    assert result.stdout == b"not asked, commands"
    assert b"[y/n]" in result.stderr


@pytest.mark.parametrize(
    ("wanted", "there", "reason"),
    [
        ("Zoe", ["Anna", "Bert"], "the model has no voice 'Zoe'; it has Anna, Bert"),
        ("Zoe", [], "has one voice only, and no 'Zoe'; leave out --voice"),
    ],
)
def test_a_voice_the_model_has_not_is_refused_with_those_it_has(wanted: str, there: list[str], reason: str) -> None:
    with pytest.raises(SynthesizerUnavailable, match=reason):
        choose_speaker(wanted, there, "the model")
    assert choose_speaker(None, there, "the model") == (there[0] if there else None)


def test_languages_are_chosen_by_their_first_part_and_refused_with_those_there_are() -> None:
    assert choose_language("zh", ["en", "zh-cn"], "the model") == "zh-cn"
    assert choose_language("en-GB", ["en", "de"], "the model") == "en"
    assert choose_language("pt-br", ["pt", "pt-br"], "the model") == "pt-br"
    with pytest.raises(SynthesizerUnavailable, match="does not speak 'fr'; it speaks en, de; use --language"):
        choose_language("fr", ["en", "de"], "the model")


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert (choose_device("auto"), choose_device("cpu")) == ("cpu", "cpu")
    with pytest.raises(SynthesizerUnavailable, match="was to run on cuda:1, and there are 0 CUDA devices"):
        choose_device("cuda:1")


def test_faults_of_libraries_become_one_line() -> None:
    assert describe(OSError("\n  no libcudart\nmore\n")) == "OSError: no libcudart"
    assert describe(AssertionError()) == "AssertionError"


def test_speed_counts_from_the_voices_own() -> None:
    assert (speed(165), speed(330)) == (1.0, 2.0)


def test_a_long_phrase_is_made_in_pieces_that_hold_all_words() -> None:
    words = words_of("one two three " + "x" * 30 + " four")
    pieces = list(in_pieces(words, 10))
    assert [len(piece) for piece in pieces] == [2, 1, 1, 1]
    assert [word for piece in pieces for word in piece] == words


def test_sound_is_given_out_in_pieces_until_nobody_wants_more() -> None:
    got: list[tuple[int, list[int]]] = []

    def on_sound(samples: bytes, words: Any, estimated: bool) -> bool:
        got.append((len(samples) // 2, [word.sample for word in words]))
        return len(got) < 2

    sound = np.ones(1000, np.int16)
    words = [SpokenWord(0, 1, 0), SpokenWord(2, 1, 250)]
    assert not give(sound, 1000, words, True, on_sound)
    assert got == [(200, [0]), (200, [250])]


def test_options_arrive_in_the_worker_process_as_they_were_given() -> None:
    options = CoquiOptions("xtts", "/m", "/m/model.pth", None, False, 165, "en", "auto")
    assert CoquiOptions.decode(options.encode()) == options
