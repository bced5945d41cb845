"""Batches: the training attention is the engine's attention, for traces of every kind."""

import random
from collections import Counter

import pytest
import torch

from app.demo.batches import SEGMENT_OF, Batch, Segment, batched, make_batch
from app.demo.mixture import Share
from app.demo.recipe import QUICK
from app.demo.rows import NO_TARGET, VIEW_OF, Kind, Row
from app.demo.training import Trainer
from engine.runner import ModelRunner
from tests.app.demo.replay import Replay


def trained_logits(model, rows: list[Row]) -> torch.Tensor:
    """[rows, vocabulary]"""
    trainer = Trainer(model, QUICK, torch.device("cpu"), compile_layers=False)
    batch = make_batch([rows])
    with torch.no_grad():
        logits = model.lm_head(trainer.hidden(batch))[0]
    return logits[columns(batch, rows)]


def columns(batch: Batch, rows: list[Row]) -> list[int]:
    """Where each row of a batch's only trace lies."""
    used = [segment for segment in Segment if any(SEGMENT_OF[row.kind] == segment for row in rows)]
    before: Counter[Segment] = Counter()
    found = []
    for row in rows:
        segment = SEGMENT_OF[row.kind]
        found.append(batch.bounds[used.index(segment)] + before[segment])
        before[segment] += 1
    return found


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("share", Share)
def test_training_attention_equals_the_engine(share, seed, examples, model):
    rows = examples.trace(share, random.Random(seed))
    trained = trained_logits(model, rows)
    runner = ModelRunner(model, kv_tokens=2048)
    served = Replay(runner).run(rows)
    runner.close()
    assert (trained - served).abs().max() < 2e-4 * served.abs().max()


@pytest.mark.parametrize("share", [Share.ASYNC, Share.WORKERS])
def test_padding_beside_longer_traces_changes_nothing(share, examples, model):
    short, long = sorted((examples.trace(share, random.Random(seed)) for seed in (11, 12)), key=len)
    trainer = Trainer(model, QUICK, torch.device("cpu"), compile_layers=False)
    assert len(short) < len(long)
    together, alone = make_batch([short, long]), make_batch([short])
    with torch.no_grad():
        both, one = trainer.hidden(together)[0], trainer.hidden(alone)[0]
    wanted = both[together.targets[0] != NO_TARGET]
    assert torch.allclose(wanted, one[alone.targets[0] != NO_TARGET], atol=1e-4)


def test_no_view_holds_two_blocks_of_one_segment():
    for kind, view in VIEW_OF.items():
        segments = [SEGMENT_OF[other] for other in view]
        assert len(set(segments)) == len(segments), kind


def test_every_view_ends_with_its_own_block_and_begins_with_the_input():
    for kind in Kind:
        assert VIEW_OF[kind][0] is Kind.INPUT
        assert VIEW_OF[kind][-1] is kind


def test_batches_keep_about_to_their_size_and_lose_few_examples(examples):
    rng = random.Random(3)
    drawn = batched(examples.draw(rng), 2048, pool=100, rng=rng)
    batches = [next(drawn) for _ in range(12)]
    assert all(0 < batch.rows <= 2048 for batch in batches)
    assert sum(batch.rows for batch in batches) > 8 * 1024
