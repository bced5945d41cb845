"""`launch.py bench`: models, grid and device of the settings, and where the figures go."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import torch

from app.bench.measure import Bench, Grid, Row
from app.bench.report import document, draw, table
from app.bench.rivals import Rival
from app.bench.scene import QUESTION_TOKENS, SPLIT_TOKENS, GateKind
from app.bench.shapes import MAX_POSITIONS, SHAPES, new_model, require_memory, shape_of
from app.config import Settings
from app.errors import UsageError
from app.files import as_json, write_whole
from app.memory import free_computer_bytes
from app.models import choose_device, choose_dtype
from engine.loading import load_model
from engine.runner import ModelRunner

LEAST_TOKENS = 8 * SPLIT_TOKENS
REAL = "model"  # instead of a shape: the model of the settings


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Measures every shape that was asked for; one that does not fit the memory is refused in one line."""
    require_sensible(args.context)
    torch.set_num_threads(settings.threads or 1)
    device = choose_device(settings.device)
    dtype = choose_dtype(settings.dtype, device)
    grid = Grid(
        args.streams,
        args.context,
        args.conversations,
        [GateKind(gate) for gate in args.gates],
        [Rival(rival) for rival in args.rival],
        args.rounds,
    )
    rows: list[Row] = []
    absent: dict[str, str] = {}
    for name in args.shapes or ["demo", "46m"]:
        bench = new_bench(name, grid, settings, device, dtype)
        rows += bench.rows(grid)
        absent |= bench.absent
        bench.runner.close()
    threads = torch.get_num_threads()
    clock = f"{device.type}, {'CPU' if device.type == 'cpu' and threads == 1 else 'wall'} time, {threads} thread(s), "
    clock += str(dtype).removeprefix("torch.")
    print(table(rows, absent, clock))
    if args.json is not None:
        about = {"clock": clock, "rounds": grid.rounds, "device": device_name(device)}
        write_whole(args.json, as_json(document(rows, absent, about)))
    if args.chart is not None:
        draw(args.chart, rows)
    return 0


def require_sensible(contexts: Sequence[int]) -> None:
    """Raises UsageError for a view too short to hold its parts, or longer than the random models reach."""
    for context in contexts:
        if not LEAST_TOKENS <= context <= MAX_POSITIONS - QUESTION_TOKENS:
            raise UsageError(f"--context {context}: from {LEAST_TOKENS} to {MAX_POSITIONS - QUESTION_TOKENS} tokens")


def new_bench(name: str, grid: Grid, settings: Settings, device: torch.device, dtype: torch.dtype) -> Bench:
    """Their model and ours. On a CPU ours is a copy, since its weights are laid out anew. Raises RunError."""
    kv_tokens = grid.largest_tokens
    copies = 2 if device.type == "cpu" else 1
    if name == REAL:
        theirs: Any = load_model(settings.model, device, dtype).model
        shape = shape_of(theirs.config.get_text_config())
        ours = load_model(settings.model, device, dtype).model if copies == 2 else theirs
    else:
        shape = SHAPES[name]
        their_tokens = 2 * max(grid.contexts)  # of the rivals' caches
        require_memory(name, shape, copies, kv_tokens + their_tokens, dtype.itemsize, free_bytes(device))
        theirs = new_model(shape, dtype, device)
        ours = new_model(shape, dtype, device) if copies == 2 else theirs
    return Bench(name, shape, theirs, ModelRunner(ours, kv_tokens))


def free_bytes(device: torch.device) -> int | None:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return free_computer_bytes()


def device_name(device: torch.device) -> str:
    """What the figures were measured on, as its driver names it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
