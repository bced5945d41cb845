"""Where a coqui model is, and whether everything is there. Nothing is ever downloaded.

coqui-tts itself downloads a model that it does not find, and asks on standard input for consent to its licence. So the
folder is found and checked here, and coqui-tts is only ever given files. Imports nothing that takes time.
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio.errors import SynthesizerUnavailable

KINDS = ("vits", "xtts")
WEIGHTS = ("model.pth", "model_file.pth", "best_model.pth", "checkpoint.pth")
XTTS_REPOSITORY = "coqui/XTTS-v2"
FETCH_XTTS = f"hf download {XTTS_REPOSITORY}"
LFS_POINTER = b"version https://git-lfs"
SPEAKERS_FILE = "speakers_xtts.pth"
FILES_OF_CONFIG = ("speakers_file", "speaker_file", "d_vector_file", "language_ids_file")


@dataclass(frozen=True, slots=True)
class CoquiFolder:
    """A complete coqui model on this machine."""

    path: Path
    kind: str
    """One of KINDS."""
    weights: Path


def find_coqui(name_or_folder: str) -> CoquiFolder:
    """The model in this folder, or of this name in the hub's or coqui's own cache.

    Raises SynthesizerUnavailable with what to do.
    """
    path = Path(name_or_folder).expanduser()
    if path.is_dir():
        return _checked(path.resolve())
    if path.is_file():
        raise SynthesizerUnavailable(f"{path} is a file; name the folder that holds config.json and the weights")
    if name_or_folder.startswith("tts_models/"):
        return _checked(_in_coquis_cache(name_or_folder))
    if name_or_folder.startswith((".", "/", "~")) or "\\" in name_or_folder or name_or_folder.count("/") != 1:
        raise SynthesizerUnavailable(
            f"there is no coqui model {name_or_folder!r}: no such folder, and no name like {XTTS_REPOSITORY} or "
            "tts_models/en/ljspeech/vits"
        )
    found = cached_coqui(name_or_folder)
    if found is None:
        raise SynthesizerUnavailable(
            f"the coqui model {name_or_folder!r} is not on this machine; run: hf download {name_or_folder}"
        )
    return _checked(found)


def cached_coqui(repository: str) -> Path | None:
    """The folder of a hub repository in the hub's cache, None if it is not there. Never asks the network."""
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(repository, "config.json")
    return Path(config).parent if isinstance(config, str) else None


def read_config(folder: Path) -> dict[str, Any]:
    """config.json as it stands. Raises SynthesizerUnavailable."""
    file = folder / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SynthesizerUnavailable(
            f"{folder} holds no coqui model: there is no config.json in it; see: {FETCH_XTTS}"
        ) from None
    except (OSError, ValueError, RecursionError) as fault:
        raise SynthesizerUnavailable(f"{file} cannot be read ({_one_line(fault)}); fetch the model again") from None
    if not isinstance(config, dict):
        raise SynthesizerUnavailable(f"{file} is not a model's configuration; fetch the model again")
    return config


def _in_coquis_cache(name: str) -> Path:
    folder = _coquis_cache() / name.replace("/", "--")
    if folder.is_dir():
        return folder
    consent = ", and fetching it asks you to agree to the model's licence first" if "xtts" in name else ""
    raise SynthesizerUnavailable(
        f"the coqui model {name!r} is not here{consent}; run: tts --model_name {name} --text hello --out_path hello.wav"
    )


def _coquis_cache() -> Path:
    """As coqui-tts-trainer's `get_user_data_dir("tts")` says."""
    home = Path.home()
    if named := os.environ.get("TTS_HOME") or os.environ.get("XDG_DATA_HOME"):
        return Path(named).expanduser() / "tts"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "tts"
    return (home / "AppData" / "Local" if sys.platform == "win32" else home / ".local" / "share") / "tts"


def _checked(path: Path) -> CoquiFolder:
    config = read_config(path)
    kind = str(config.get("model", "none that is named")).lower()
    if kind not in KINDS:
        raise SynthesizerUnavailable(f"{path} holds a {kind} model; Sotto speaks with {' and '.join(KINDS)}")
    weights = next((path / name for name in WEIGHTS if (path / name).is_file()), None)
    if weights is None:
        raise SynthesizerUnavailable(
            f"the coqui model in {path} lacks its weights ({' or '.join(WEIGHTS[:2])}); fetch the model again"
        )
    with weights.open("rb") as file:
        if file.read(len(LFS_POINTER)) == LFS_POINTER:
            raise SynthesizerUnavailable(f"{weights} is only a pointer to the weights; run: git lfs pull")
    if kind == "xtts" and not (path / "vocab.json").is_file():
        raise SynthesizerUnavailable(f"the coqui model in {path} lacks vocab.json; run: {FETCH_XTTS}")
    _check_files(path, config)
    return CoquiFolder(path, kind, weights)


def _check_files(path: Path, config: dict[str, Any]) -> None:
    """Files that the configuration names must be in the folder: it may come from another machine."""
    for name, value in named_files(config):
        if not (path / Path(value).name).is_file() and ("://" in value or not Path(value).is_file()):
            raise SynthesizerUnavailable(
                f"the coqui model in {path} lacks {Path(value).name}, which its config.json names as {name}; "
                "put it into that folder"
            )


def named_files(config: dict[str, Any]) -> list[tuple[str, str]]:
    """(key, file) of all files of speakers and languages that a configuration names."""
    arguments = config.get("model_args")
    tables = [config, arguments if isinstance(arguments, dict) else {}]
    found = []
    for table in tables:
        for key in FILES_OF_CONFIG:
            value = table.get(key)
            values = value if isinstance(value, list) else [value]
            found += [(key, item) for item in values if isinstance(item, str) and item]
    return found


def _one_line(fault: Exception) -> str:
    return " ".join(str(fault).split())[:200]
