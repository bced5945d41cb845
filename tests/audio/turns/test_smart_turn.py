"""Smart Turn with tiny models of the same contract: what they are given, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from audio.errors import TurnEndUnavailable
from audio.pcm import Pcm, to_floats
from audio.turns.endpoint import Completeness
from audio.turns.smart_turn import SmartTurn
from tests.audio.turns.tiny_onnx import FLOAT, INT64, Shape, write_model

SECOND = 16_000
KEEP = {"keepdims": 1}


def noise(seconds: float, seed: int = 1) -> Pcm:
    return np.random.default_rng(seed).normal(0, 3000, round(seconds * SECOND)).astype(np.int16)


def version_3(path: Path, shape: Shape = (1, 80, 800), name: str = "input_features") -> Path:
    """Its probability is the sigmoid of the mean of all features."""
    nodes = [("ReduceMean", [name], "mean", KEEP), ("Sigmoid", ["mean"], "logits", {})]
    return write_model(path / "v3.onnx", {name: (FLOAT, shape)}, nodes, "logits")


def version_2(path: Path) -> Path:
    """Its probability is the share of the 16 s that there is sound for, times the power of a sample."""
    room: Shape = ("batch", 16 * SECOND)
    nodes = [
        ("Cast", ["attention_mask"], "mask", {"to": FLOAT}),
        ("Mul", ["input_values", "input_values"], "power", {}),
        ("Mul", ["power", "mask"], "heard", {}),
        ("ReduceMean", ["heard"], "probabilities", KEEP),
    ]
    inputs = {"input_values": (FLOAT, room), "attention_mask": (INT64, room)}
    return write_model(path / "v2.onnx", inputs, nodes, "probabilities")


@pytest.mark.parametrize("seconds", [0.7, 8, 11.3])
def test_version_3_gets_the_features_it_was_trained_with(tmp_path: Path, seconds: float) -> None:
    from transformers import WhisperFeatureExtractor

    sound = noise(seconds)
    latest = to_floats(sound[-8 * SECOND :])
    padded = np.pad(latest, (8 * SECOND - len(latest), 0))
    features = WhisperFeatureExtractor(chunk_length=8)(
        padded, sampling_rate=SECOND, return_tensors="np", do_normalize=True
    )["input_features"]
    wanted = 1 / (1 + np.exp(-features.mean()))
    assert features.shape == (1, 80, 800)
    assert SmartTurn(version_3(tmp_path)).probability(sound) == pytest.approx(wanted, abs=1e-4)


def test_its_probability_becomes_a_judgement_whatever_the_words(tmp_path: Path) -> None:
    judge = SmartTurn(version_3(tmp_path, ("batch", 80, 800)))
    for words in ("what is", "what is 12 plus 7?", ""):
        assert judge.completeness(words, noise(8)) is Completeness.FINISHED
        assert judge.completeness(words, np.zeros(SECOND, np.int16)) is Completeness.UNFINISHED
    assert judge.completeness("", np.zeros(0, np.int16)) is Completeness.UNFINISHED


@pytest.mark.parametrize(("seconds", "share"), [(4, 0.25), (16, 1.0), (20, 1.0)])
def test_version_2_gets_samples_and_a_mask(tmp_path: Path, seconds: float, share: float) -> None:
    assert SmartTurn(version_2(tmp_path)).probability(noise(seconds)) == pytest.approx(share, abs=1e-3)


@pytest.mark.parametrize(
    ("shape", "name"),
    [((1, 80, 3000), "input_features"), ((1, 80, 800), "audio"), ((1, 80), "input_features")],
)
def test_a_model_that_takes_something_else_is_refused_in_one_line(tmp_path: Path, shape: Shape, name: str) -> None:
    with pytest.raises(TurnEndUnavailable, match=r"no Smart Turn model: it takes .*run: hf download") as refusal:
        SmartTurn(version_3(tmp_path, shape, name))
    assert "\n" not in str(refusal.value)


def test_a_model_that_gives_no_probability_is_refused(tmp_path: Path) -> None:
    name = "input_features"
    mean = [("ReduceMean", [name], "logits", KEEP)]
    many = [("Sigmoid", [name], "logits", {})]
    for nodes in (mean, many):
        model = write_model(tmp_path / "other.onnx", {name: (FLOAT, (1, 80, 800))}, nodes, "logits")
        with pytest.raises(TurnEndUnavailable, match="instead of one probability"):
            SmartTurn(model)


def test_a_missing_or_damaged_file_is_refused_in_one_line(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"not onnx\n" * 10)
    with pytest.raises(TurnEndUnavailable, match="is no file on this machine; run: hf download"):
        SmartTurn(tmp_path / "missing.onnx")
    with pytest.raises(TurnEndUnavailable, match="no ONNX model that loads") as refusal:
        SmartTurn(damaged)
    assert "\n" not in str(refusal.value)
