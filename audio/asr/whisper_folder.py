"""Where a faster-whisper model is, and whether everything is there. Nothing is ever downloaded.

faster-whisper's own loading goes to the network when a tokenizer is missing, even if it was told not to, and calls a
mistyped path an "invalid model size". So the folder is found and checked here, before it is loaded.
"""

from dataclasses import dataclass
from pathlib import Path

from audio.errors import RecognizerUnavailable

REPOSITORIES = {
    "tiny.en": "Systran/faster-whisper-tiny.en",
    "tiny": "Systran/faster-whisper-tiny",
    "base.en": "Systran/faster-whisper-base.en",
    "base": "Systran/faster-whisper-base",
    "small.en": "Systran/faster-whisper-small.en",
    "small": "Systran/faster-whisper-small",
    "medium.en": "Systran/faster-whisper-medium.en",
    "medium": "Systran/faster-whisper-medium",
    "large-v1": "Systran/faster-whisper-large-v1",
    "large-v2": "Systran/faster-whisper-large-v2",
    "large-v3": "Systran/faster-whisper-large-v3",
    "large": "Systran/faster-whisper-large-v3",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "distil-small.en": "Systran/faster-distil-whisper-small.en",
    "distil-medium.en": "Systran/faster-distil-whisper-medium.en",
    "distil-large-v2": "Systran/faster-distil-whisper-large-v2",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
}
"""faster-whisper's short names and where the hub keeps them, in CTranslate2's format."""

BEST_FIRST = ("base.en", "base", "small.en", "small", "tiny.en", "tiny")
"""What `auto` takes if several are there: on a CPU, base answers in about a second, small takes four."""
BEST_FIRST_ON_GPU = ("large-v3-turbo", "distil-large-v3", "medium.en", "medium", *BEST_FIRST[2:4], *BEST_FIRST[:2])

NEEDED = ("model.bin", "config.json", "tokenizer.json")
LFS_POINTER = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class WhisperFolder:
    """A complete faster-whisper model on this machine."""

    path: Path
    name: str
    """As the user or the hub calls it."""


def find_whisper(name_or_folder: str) -> WhisperFolder:
    """The model of this name in the hub's cache, or in this folder. Raises RecognizerUnavailable with what to do."""
    path = Path(name_or_folder).expanduser()
    if path.is_dir():
        return _checked(WhisperFolder(path, path.name), name_or_folder)
    looks_like_path = name_or_folder.startswith((".", "/", "~")) or "\\" in name_or_folder
    repository = REPOSITORIES.get(name_or_folder, name_or_folder)
    if looks_like_path or repository.count("/") != 1:
        raise RecognizerUnavailable(
            f"there is no faster-whisper model {name_or_folder!r}: no such folder, and no name among "
            f"{', '.join(sorted(REPOSITORIES))}"
        )
    found = cached_whisper(repository)
    if found is None:
        raise RecognizerUnavailable(
            f"the faster-whisper model {name_or_folder!r} is not on this machine; run: hf download {repository}"
        )
    return _checked(WhisperFolder(found, name_or_folder), name_or_folder)


def cached_whisper(repository: str) -> Path | None:
    """The folder of a hub repository in the hub's cache, None if it is not there. Never asks the network."""
    from huggingface_hub import try_to_load_from_cache

    model_file = try_to_load_from_cache(repository, "model.bin")
    return Path(model_file).parent if isinstance(model_file, str) else None


def cached_names(language: str, on_gpu: bool) -> list[str]:
    """Short names of the models in the hub's cache that know the language, best first."""
    order = BEST_FIRST_ON_GPU if on_gpu else BEST_FIRST
    fitting = [name for name in order if language == "en" or not name.endswith(".en")]
    return [name for name in fitting if cached_whisper(REPOSITORIES[name]) is not None]


def _checked(folder: WhisperFolder, asked: str) -> WhisperFolder:
    path = folder.path
    if not (path / "model.bin").is_file():
        raise RecognizerUnavailable(_no_model(path))
    missing = [name for name in NEEDED if not (path / name).is_file()]
    if not any(path.glob("vocabulary.*")):
        missing.append("vocabulary.json")
    if missing:
        again = f"hf download {REPOSITORIES[asked]}" if asked in REPOSITORIES else _copy_files("THE-ORIGINAL-MODEL")
        raise RecognizerUnavailable(f"the faster-whisper model in {path} lacks {', '.join(missing)}; run: {again}")
    with (path / "model.bin").open("rb") as file:
        if file.read(len(LFS_POINTER)) == LFS_POINTER:
            raise RecognizerUnavailable(f"{path / 'model.bin'} is only a pointer to the model; run: git lfs pull")
    return folder


def _no_model(path: Path) -> str:
    if list(path.glob("*.safetensors")) or (path / "pytorch_model.bin").is_file():
        return f"{path} holds a Hugging Face model, not one for faster-whisper; convert it: {_copy_files(str(path))}"
    return f"{path} holds no faster-whisper model: there is no model.bin in it; see: hf download {REPOSITORIES['base']}"


def _copy_files(source: str) -> str:
    return (
        f"ct2-transformers-converter --model {source} --output_dir NEW-FOLDER "
        "--copy_files tokenizer.json preprocessor_config.json"
    )
