"""What the settings make of the end of a turn."""

from pathlib import Path

import numpy as np
import pytest

from app.config import load_settings
from app.voice import end_of_turn
from audio.errors import TurnEndUnavailable
from audio.turns.endpoint import Completeness
from tests.audio.turns.test_smart_turn import version_3

SILENT = np.zeros(16_000, np.int16)


def test_by_default_the_words_decide() -> None:
    endpoint, judge = end_of_turn(load_settings())
    assert judge is not None
    assert judge.completeness("what is 12 plus", SILENT) is Completeness.UNFINISHED
    assert judge.completeness("what is 12 plus 7", SILENT) is Completeness.FINISHED
    assert endpoint.finished_silence_ms < endpoint.silence_ms < endpoint.unfinished_silence_ms


def test_plain_silence_has_no_judge() -> None:
    flags = {"turn_end": "silence", "silence_ms": 700, "finished_silence_ms": 300, "unfinished_silence_ms": 2000}
    endpoint, judge = end_of_turn(load_settings(flags=flags))
    assert judge is None
    assert (endpoint.silence_ms, endpoint.finished_silence_ms, endpoint.unfinished_silence_ms) == (700, 300, 2000)


def test_a_smart_turn_model_may_object_to_the_words(tmp_path: Path) -> None:
    model = version_3(tmp_path)  # hears silence as unfinished
    _, judge = end_of_turn(load_settings(flags={"smart_turn": str(model)}))
    assert judge is not None
    assert judge.completeness("what is 12 plus 7", SILENT) is Completeness.UNFINISHED
    _, alone = end_of_turn(load_settings(flags={"smart_turn": str(model), "turn_end": "silence"}))
    assert alone is not None
    loud = np.random.default_rng(1).normal(0, 3000, 128_000).astype(np.int16)
    assert alone.completeness("what is 12 plus", loud) is Completeness.FINISHED


def test_a_smart_turn_model_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(TurnEndUnavailable, match="is no file on this machine"):
        end_of_turn(load_settings(flags={"smart_turn": str(tmp_path / "none.onnx")}))
