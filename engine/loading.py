"""Loading a model and its tokenizer from a local folder or from Hugging Face's cache on this machine.

Nothing is ever downloaded here: a name that is not in the cache is an error that tells the command which fetches it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import ModelNotFound, ModelUnreadable

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model on its device and its tokenizer. name: as the user gave it; folder: where the files are."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    name: str
    folder: Path


def load_model(name_or_folder: str | Path, device: str | torch.device, dtype: torch.dtype) -> LoadedModel:
    """Load from a folder, or by name from the local cache; raises `ModelNotFound` or `ModelUnreadable`."""
    folder = find_folder(name_or_folder)
    tokenizer = load_tokenizer(folder)
    model = put_on_device(load_weights(folder, dtype), device)
    return LoadedModel(model, tokenizer, str(name_or_folder), folder)


def find_folder(name_or_folder: str | Path) -> Path:
    """The folder that holds the model's files."""
    folder = Path(name_or_folder).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise ModelUnreadable(
                f"the folder {folder} holds no config.json; give the folder that a model was saved to"
            )
        return folder
    if folder.is_file():
        raise ModelNotFound(f"{folder} is a file; give the folder that the model was saved to")
    if isinstance(name_or_folder, Path) or looks_like_path(name_or_folder):
        raise ModelNotFound(f"there is no model folder {folder}; check the path")
    return cached_folder(name_or_folder)


def looks_like_path(name: str) -> bool:
    """Whether `name` can only be meant as a path: hub names are "name" or "owner/name"."""
    return name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name


def cached_folder(name: str) -> Path:
    """The snapshot of a hub model in the local cache."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, local_files_only=True))
    except HFValidationError as error:
        raise ModelNotFound(f"{name!r} is neither a folder nor a model name of the form owner/name") from error
    except LocalEntryNotFoundError as error:
        raise ModelNotFound(
            f"there is no folder {name!r} and no such model in the local cache; fetch it with: hf download {name}"
        ) from error
    if not (folder / "config.json").is_file():
        raise ModelUnreadable(f"the cached copy of {name} is incomplete; fetch the rest with: hf download {name}")
    return folder


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # tokenizer files fail in too many ways to list
        raise ModelUnreadable(f"the tokenizer in {folder} cannot be loaded ({brief(error)})") from error
    if not set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens):  # without files, an empty one comes back
        raise ModelUnreadable(f"the folder {folder} holds no tokenizer; copy tokenizer.json beside the model")
    return tokenizer


def load_weights(folder: Path, dtype: torch.dtype) -> Any:
    from transformers import AutoModelForCausalLM

    try:
        model, report = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, local_files_only=True, output_loading_info=True
        )
    except Exception as error:  # damaged weights, unknown architectures, missing shards, ...
        raise ModelUnreadable(f"the model in {folder} cannot be loaded ({brief(error)})") from error
    missing = sorted(report["missing_keys"])
    if missing:
        tensors = f"{len(missing)} tensor{'s' if len(missing) > 1 else ''}"
        raise ModelUnreadable(f"the weights in {folder} lack {tensors} that the model needs, such as {missing[0]}")
    return model.eval()


def put_on_device(model: Any, device: str | torch.device) -> Any:
    try:
        return model.to(device)
    except (RuntimeError, AssertionError) as error:  # no such device, or too little memory on it
        raise ModelUnreadable(f"the model cannot be put on device {str(device)!r} ({brief(error)})") from error


def brief(error: BaseException) -> str:
    """One short line about an error."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
