"""Smart Turn: a small network that hears from the sound, its melody and pace, whether a turn is over.

Pipecat's models as ONNX files, from this machine; never downloaded. Version 3 takes the Whisper features of the last
8 s (`input_features` [1, 80, 800]), version 2 the last 16 s of samples with a mask (`input_values` and `attention_mask`
[1, 256000]). Both give one number, the probability that the turn is complete. Which it is, is read from the file.
Source: https://github.com/pipecat-ai/smart-turn (BSD-2-Clause); contract as in pipecat's local_smart_turn_v3.py and
local_smart_turn_v2.py.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.errors import TurnEndUnavailable
from audio.pcm import INPUT_RATE_HZ, Pcm, silence, to_floats
from audio.turns.endpoint import Completeness

Floats = NDArray[np.float32]
Inputs = dict[str, NDArray[Any]]
"""Arrays by the names of the model's inputs."""

FEATURES_S, SAMPLES_S = 8, 16
"""How much sound versions 3 and 2 take."""
MEL_BANDS, FRAMES_PER_S = 80, 100
COMPLETE = 0.5
"""From this probability on, a turn counts as finished."""
DOWNLOAD = "hf download pipecat-ai/smart-turn-v3 smart-turn-v3.2-cpu.onnx"


class SmartTurn:
    """`TurnEndJudge` by ear. Raises TurnEndUnavailable if the file is no Smart Turn model."""

    def __init__(self, model_file: Path) -> None:
        self._session = _load(model_file)
        self._file = model_file
        names = {given.name: list(given.shape) for given in self._session.get_inputs()}
        if set(names) == {"input_features"} and _fits(
            names["input_features"], [1, MEL_BANDS, FEATURES_S * FRAMES_PER_S]
        ):
            self._prepare: Callable[[Pcm], Inputs] = _Features()
        elif set(names) == {"input_values", "attention_mask"} and all(
            _fits(shape, [1, SAMPLES_S * INPUT_RATE_HZ]) for shape in names.values()
        ):
            self._prepare = _samples
        else:
            found = ", ".join(f"{name} {shape}" for name, shape in names.items())
            raise TurnEndUnavailable(
                f"{model_file} is no Smart Turn model: it takes {found or 'nothing'} instead of input_features "
                f"[1, 80, 800]; run: {DOWNLOAD}"
            )
        self.probability(silence(1000, INPUT_RATE_HZ))  # a model that does not run fails only now

    def completeness(self, words: str, sound: Pcm) -> Completeness:
        return Completeness.FINISHED if self.probability(sound) >= COMPLETE else Completeness.UNFINISHED

    def probability(self, sound: Pcm) -> float:
        """How probably a turn with this sound, of any length, is complete. Raises TurnEndUnavailable."""
        try:
            first = np.asarray(self._session.run(None, self._prepare(sound))[0]).reshape(-1)
        except Exception as fault:  # onnxruntime's own exceptions have no common base
            raise TurnEndUnavailable(f"the Smart Turn model {self._file} does not run: {_line(fault)}") from None
        if len(first) != 1 or not 0 <= first[0] <= 1:
            raise TurnEndUnavailable(
                f"{self._file} is no Smart Turn model: it gives {first[:4].tolist()} instead of one probability; "
                f"run: {DOWNLOAD}"
            )
        return float(first[0])


class _Features:
    """What version 3 takes, as Whisper hears it: the spectrum of sound brought to a mean of 0 and a variance of 1."""

    def __init__(self) -> None:
        extractor = _library("faster_whisper.feature_extractor").FeatureExtractor
        self._spectrum = extractor(feature_size=MEL_BANDS, chunk_length=FEATURES_S)

    def __call__(self, sound: Pcm) -> Inputs:
        room = FEATURES_S * INPUT_RATE_HZ
        latest = to_floats(sound[-room:])
        padded = np.pad(latest, (room - len(latest), 0))
        spectrum = self._spectrum(_normalized(padded), padding=0)
        return {"input_features": spectrum.astype(np.float32)[None]}


def _samples(sound: Pcm) -> Inputs:
    """What version 2 takes: normalized samples, then nothing, and a mask that says which are which."""
    room = SAMPLES_S * INPUT_RATE_HZ
    latest = _normalized(to_floats(sound[-room:]))
    rest = (0, room - len(latest))
    mask = np.pad(np.ones(len(latest), np.int64), rest)
    return {"input_values": np.pad(latest, rest)[None], "attention_mask": mask[None]}


def _normalized(sound: Floats) -> Floats:
    return np.asarray((sound - sound.mean()) / np.sqrt(sound.var() + 1e-7), np.float32)


def _fits(found: list[Any], wanted: list[int]) -> bool:
    """Whether the shape is this one; names and None stand for any size."""
    return len(found) == len(wanted) and all(
        not isinstance(size, int) or size == needed for size, needed in zip(found, wanted, strict=True)
    )


def _load(model_file: Path) -> Any:
    onnxruntime = _library("onnxruntime")
    if not model_file.is_file():
        raise TurnEndUnavailable(f"the Smart Turn model {model_file} is no file on this machine; run: {DOWNLOAD}")
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(model_file), options, providers=["CPUExecutionProvider"])
    except Exception as fault:  # onnxruntime's own exceptions have no common base
        raise TurnEndUnavailable(f"{model_file} is no ONNX model that loads: {_line(fault)}; run: {DOWNLOAD}") from None


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as fault:
        raise TurnEndUnavailable(
            f"Smart Turn needs {name.partition('.')[0]}, and it does not load ({fault}); "
            "run: pip install onnxruntime faster-whisper"
        ) from None


def _line(fault: Exception) -> str:
    return " ".join(str(fault).split())[:200]
