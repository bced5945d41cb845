"""`bench`: what is measured is what the table says, and what does not fit or does not run is told in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from app.bench import measure as module
from app.bench.measure import Bench, Figure, Grid, Row
from app.bench.report import document, draw, gate_shares, table
from app.bench.rivals import Rival
from app.bench.run import require_sensible
from app.bench.scene import QUESTION_TOKENS, GateKind, Scene, tokens_needed
from app.bench.shapes import SHAPES, Shape, new_model, require_memory, shape_of
from app.errors import RunError, UsageError
from app.files import as_json
from engine.arena import Arena
from engine.runner import ModelRunner
from engine.view import Feed

TINY = Shape(300, 64, 128, 2, 4, 2, 16)
CPU = torch.device("cpu")


class Recorder:
    """Stands for a runner: it has an arena without layers, and keeps what it was given to run."""

    def __init__(self, kv_tokens: int) -> None:
        self.arena = Arena([], kv_tokens, torch.float32, CPU)
        self.steps: list[list[Feed]] = []

    def run(self, feeds: list[Feed]) -> None:
        self.steps.append(feeds)


def row(streams: int, gate: GateKind, ms: float, context: int = 200) -> Row:
    return Row("demo", streams, context, 1, gate, Figure(ms, ms, ms), 0.5, Figure(4.0, 4.0, 4.0))


@pytest.mark.parametrize(("name", "billions"), [("0.6b", 0.596), ("8b", 8.19), ("32b", 32.76)])
def test_named_shapes_are_as_large_as_the_models_they_stand_for(name: str, billions: float) -> None:
    assert SHAPES[name].weights / 1e9 == pytest.approx(billions, rel=0.01)


def test_a_shape_counts_the_weights_of_the_model_it_makes() -> None:
    model = new_model(TINY, torch.float32, CPU)
    matrices = sum(parameter.numel() for parameter in model.parameters() if parameter.dim() > 1)
    assert matrices == TINY.weights and shape_of(model.config) == TINY
    assert TINY.weights - TINY.weights_read == 300 * 64


def test_a_shape_that_does_not_fit_the_memory_is_refused_in_one_line() -> None:
    with pytest.raises(RunError, match=r"shape 32b needs 6\d\.\d GiB .* but 10\.0 GiB are free") as refused:
        require_memory("32b", SHAPES["32b"], 1, 2000, 2, 10 * 2**30)
    assert "\n" not in str(refused.value)
    require_memory("32b", SHAPES["32b"], 1, 2000, 2, None)


@pytest.mark.parametrize("context", [79, 40_960])
def test_views_that_no_model_here_can_have_are_wrong_usage(context: int) -> None:
    with pytest.raises(UsageError, match=f"--context {context}"):
        require_sensible([200, context])


@pytest.mark.parametrize("streams", [1, 2, 4, 8])
@pytest.mark.parametrize("gate", GateKind)
def test_every_stream_of_every_conversation_sees_so_many_tokens_and_leaves_no_trace(
    streams: int, gate: GateKind
) -> None:
    runner = Recorder(tokens_needed(streams, 200, 3))
    scene = Scene(runner, streams, 200, 3)  # type: ignore[arg-type]
    scene.run(scene.steps(gate))
    feeds = [feed for step in runner.steps for feed in step]
    assert len(runner.steps) == (2 if gate is GateKind.SEPARATE else 1)
    assert [feed.view.length for feed in feeds].count(200) == len(feeds)
    assert len(feeds) == 3 * (streams + (gate is not GateKind.NONE)) and not any(feed.keep for feed in feeds)
    assert sum(len(feed.tokens) == QUESTION_TOKENS for feed in feeds) == 3 * (gate is not GateKind.NONE)
    assert scene.stored_tokens < 3 * 200 * 2 and runner.arena.used_tokens >= scene.stored_tokens
    scene.release()
    assert runner.arena.used_tokens == 0


def test_a_measurement_has_every_cell_and_tells_what_does_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = module.token_ms

    def token_ms(rival: Rival, model: object, context: int) -> float:
        if rival is Rival.COMPILED:
            raise RuntimeError("there is no\ncompiler")
        return real(rival, model, context)

    monkeypatch.setattr(module, "token_ms", token_ms)
    monkeypatch.setattr(module, "bandwidth_bytes_per_s", lambda _: 1e9)
    grid = Grid([1, 2], [100], [2], list(GateKind), [Rival.GENERATE, Rival.COMPILED], rounds=2)
    runner = ModelRunner(new_model(TINY, torch.float32, CPU), grid.largest_tokens)
    bench = Bench("tiny", TINY, new_model(TINY, torch.float32, CPU), runner)
    rows = list(bench.rows(grid))
    assert [(r.streams, r.gate) for r in rows] == [(n, gate) for n in (1, 2) for gate in GateKind]
    assert all(r.ms.low <= r.ms.median <= r.ms.high and set(r.rivals) == {"generate"} for r in rows)
    assert rows[0].floor_ms == pytest.approx(4e-6 * (TINY.weights_read + 2 * 100 * TINY.values_per_token), rel=0.1)
    assert bench.absent == {"compile": "RuntimeError: there is no compiler"}
    assert "compile does not run here (RuntimeError: there is no compiler)" in table(rows, bench.absent, "cpu")
    told = json.loads(as_json(document(rows, bench.absent, {"rounds": 2})))
    assert len(told["rows"]) == 6 and told["rows"][0]["gate"] == "none" and {"machine", "versions"} <= set(told)
    draw(tmp_path / "bench.svg", rows)
    assert (tmp_path / "bench.svg").read_text(encoding="utf-8").count("<path") > 10
    assert bench.theirs.config._attn_implementation == "sdpa" and runner.arena.used_tokens == 0


def test_the_share_of_a_folded_gate_is_what_it_adds_to_what_a_step_of_its_own_costs() -> None:
    rows = [row(2, GateKind.NONE, 4.0), row(2, GateKind.FOLDED, 7.0), row(2, GateKind.SEPARATE, 10.0)]
    assert gate_shares([*rows, row(1, GateKind.NONE, 3.0)]) == [("demo, 200 tokens, 2 streams, 1 talks", 0.5)]
    assert rows[0].ratio == 1.0 and "0.50 ×" in table(rows, {}, "cpu")
