"""Loading a model from a folder or the local cache: it works offline, and every way to fail has its own message."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from engine.errors import ModelNotFound, ModelUnreadable
from engine.loading import load_model
from tests.engine.models import tiny_model, tokens


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model and a tokenizer of three words; copied by tests that damage it."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    tiny_model().save_pretrained(folder)
    words = Tokenizer(models.WordLevel({"<unk>": 0, "hello": 1, "world": 2}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=words, unk_token="<unk>").save_pretrained(folder)
    return folder


@pytest.fixture
def damaged(saved: Path, tmp_path: Path) -> Path:
    """A copy of the model that a test may damage."""
    folder = tmp_path / "damaged"
    folder.mkdir()
    for file in saved.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No network, and an empty cache."""

    def refuse(*_: object) -> None:
        raise AssertionError("loading must not touch the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))


def load(name_or_folder: str | Path) -> object:
    return load_model(name_or_folder, "cpu", torch.float32)


def test_a_folder_gives_its_model_and_tokenizer(saved: Path) -> None:
    loaded = load_model(saved, "cpu", torch.float64)
    assert loaded.folder == saved and loaded.name == str(saved)
    assert loaded.model.dtype == torch.float64 and not loaded.model.training
    assert loaded.tokenizer.encode("hello world") == [1, 2]
    text = torch.tensor([tokens(9)])
    with torch.inference_mode():
        assert torch.allclose(loaded.model(text).logits, tiny_model(dtype=torch.float64)(text).logits, atol=1e-5)


def cache_model(source: Path, cache: Path, name: str) -> Path:
    """Put a model into a cache the way `hf download` does."""
    folder = cache / f"models--{name.replace('/', '--')}"
    snapshot = folder / "snapshots" / "0123abcd"
    snapshot.mkdir(parents=True)
    for file in source.iterdir():
        (snapshot / file.name).write_bytes(file.read_bytes())
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("0123abcd")
    return snapshot


def test_a_name_is_found_in_the_local_cache(saved: Path, tmp_path: Path) -> None:
    snapshot = cache_model(saved, tmp_path / "cache", "someone/tiny")
    loaded = load_model("someone/tiny", "cpu", torch.float32)
    assert (loaded.name, loaded.folder) == ("someone/tiny", snapshot)


def test_a_name_that_is_not_in_the_cache_names_the_command_that_fetches_it() -> None:
    with pytest.raises(
        ModelNotFound, match="no such model in the local cache; fetch it with: hf download Qwen/Qwen3-8B"
    ):
        load("Qwen/Qwen3-8B")


def test_a_half_fetched_model_names_the_command_that_fetches_the_rest(saved: Path, tmp_path: Path) -> None:
    snapshot = cache_model(saved, tmp_path / "cache", "someone/tiny")
    (snapshot / "config.json").unlink()
    with pytest.raises(ModelUnreadable, match="incomplete; fetch the rest with: hf download someone/tiny"):
        load("someone/tiny")


def test_a_missing_folder_is_not_taken_for_a_name(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", "./nowhere", "~/nowhere-at-all", "a/b/c"):
        with pytest.raises(ModelNotFound, match="there is no model folder"):
            load(path)


def test_what_is_neither_a_path_nor_a_name_is_said_to_be_so() -> None:
    with pytest.raises(ModelNotFound, match="neither a folder nor a model name"):
        load("what is this?")


def test_a_file_is_not_a_folder(saved: Path) -> None:
    with pytest.raises(ModelNotFound, match="is a file; give the folder"):
        load(saved / "config.json")


def test_a_folder_without_config_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelUnreadable, match=r"holds no config\.json"):
        load(tmp_path)


def test_truncated_weights_are_unreadable(damaged: Path) -> None:
    weights = damaged / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelUnreadable, match="cannot be loaded"):
        load(damaged)


def test_missing_weights_are_unreadable(damaged: Path) -> None:
    (damaged / "model.safetensors").unlink()
    with pytest.raises(ModelUnreadable, match="cannot be loaded"):
        load(damaged)


def test_weights_that_lack_a_tensor_are_unreadable_instead_of_random(damaged: Path) -> None:
    weights = load_file(damaged / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, damaged / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelUnreadable, match=r"lack 1 tensor.*layers\.1\.mlp\.up_proj"):
        load(damaged)


def test_weights_of_another_size_are_unreadable(damaged: Path) -> None:
    config = json.loads((damaged / "config.json").read_text())
    (damaged / "config.json").write_text(json.dumps({**config, "intermediate_size": 64}))
    with pytest.raises(ModelUnreadable, match="cannot be loaded"):
        load(damaged)


def test_an_unknown_architecture_is_unreadable(damaged: Path) -> None:
    (damaged / "config.json").write_text('{"model_type": "abacus"}')
    with pytest.raises(ModelUnreadable, match="cannot be loaded"):
        load(damaged)


def test_a_config_that_is_not_json_is_unreadable(damaged: Path) -> None:
    (damaged / "config.json").write_text("{")
    with pytest.raises(ModelUnreadable, match="cannot be loaded"):
        load(damaged)


def test_a_missing_tokenizer_is_unreadable(damaged: Path) -> None:
    for file in damaged.glob("tokenizer*"):
        file.unlink()
    with pytest.raises(ModelUnreadable, match="holds no tokenizer"):
        load(damaged)


def test_a_damaged_tokenizer_is_unreadable(damaged: Path) -> None:
    (damaged / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelUnreadable, match=r"the tokenizer in \S+ cannot be loaded"):
        load(damaged)


def test_a_device_that_is_not_there_is_an_error_of_one_line(saved: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has the device")
    with pytest.raises(ModelUnreadable, match="cannot be put on device 'cuda'"):
        load_model(saved, "cuda", torch.float32)
