"""Feeds a trace to the engine's runner, step by step, through shared blocks, and gives the logits of every row."""

from collections import defaultdict
from collections.abc import Sequence

import torch

from app.demo.rows import VIEW_OF, Kind, Row
from engine.runner import ModelRunner
from engine.view import Feed, Logits, View


class Replay:
    """One block for each kind of row; views as the rows' streams have them."""

    def __init__(self, runner: ModelRunner) -> None:
        self.runner = runner
        self.blocks = {kind: runner.arena.block(kind.name) for kind in Kind}
        self.views = {kind: View(*(self.blocks[other] for other in VIEW_OF[kind])) for kind in Kind}

    def run(self, rows: Sequence[Row]) -> torch.Tensor:
        """Logits [rows, vocabulary]."""
        steps: dict[int, dict[Kind, list[int]]] = defaultdict(lambda: defaultdict(list))
        for index, row in enumerate(rows):
            steps[row.born][row.kind].append(index)
        logits: dict[int, torch.Tensor] = {}
        for step in sorted(steps):
            self._crop_what_died(rows, step)
            feeds = [self._feed(kind, [rows[i].token for i in indices]) for kind, indices in steps[step].items()]
            for indices, found in zip(steps[step].values(), self.runner.run(feeds), strict=True):
                assert found is not None
                logits.update(zip(indices, found, strict=True))
        return torch.stack([logits[i] for i in range(len(rows))])

    def _feed(self, kind: Kind, tokens: list[int]) -> Feed:
        return Feed(self.views[kind], tokens, logits=Logits.ALL, keep=kind is not Kind.QUESTION)

    def _crop_what_died(self, rows: Sequence[Row], step: int) -> None:
        dead = [row for row in rows if row.until == step and row.kind is not Kind.QUESTION]
        for kind in {row.kind for row in dead}:
            first = min(row.local for row in dead if row.kind is kind)
            self.runner.arena.crop(self.blocks[kind], first)
