"""Training: the same data for the same seed, a falling loss, going on from a folder, and the optimizer's arithmetic."""

import dataclasses
import random

import pytest
import torch

from app.demo.batches import make_batch
from app.demo.mixture import Examples, Share
from app.demo.muon import Muon
from app.demo.paths import demo_prompts
from app.demo.recipe import QUICK, continued, new_model
from app.demo.release import sha256, write_release
from app.demo.training import Trainer, data_hash, probes_of, resume, save_atomically, train
from app.errors import InputError
from engine.prompts import read_prompts

CPU = torch.device("cpu")


def test_examples_and_their_hash_are_the_same_for_the_same_seed(examples):
    first = [next(examples.draw(random.Random(5))) for _ in range(2)]
    assert first[0] == first[1]
    hashes = {data_hash(QUICK, examples, count=20) for _ in range(2)}
    assert len(hashes) == 1


def test_the_shares_are_of_one_whole():
    assert sum(QUICK.shares.values()) == pytest.approx(1)
    assert set(QUICK.shares) == set(Share)


def test_a_few_steps_of_training_lower_the_loss_of_every_kind(tokenizer, examples):
    trainer = Trainer(new_model(QUICK, tokenizer), QUICK, CPU, compile_layers=False)
    probes = probes_of(QUICK, examples)
    before = trainer.losses(probes)
    for _ in range(5):
        for batch in probes.values():
            trainer.step(batch)
    after = trainer.losses(probes)
    assert set(after) == {share.value for share in Share}
    assert all(after[kind] < 0.8 * before[kind] for kind in after)


def test_training_goes_on_from_a_folder_with_rows_for_new_tags(tmp_path, tokenizer, examples):
    recipe = dataclasses.replace(QUICK, rows=4000)
    trainer = Trainer(new_model(recipe, tokenizer), recipe, CPU, compile_layers=False)
    journal = train(trainer, examples, checkpoint=None, report_every=1)
    facts = write_release(tmp_path, trainer.model, tokenizer, recipe, "0", journal)
    assert set(facts["loss_by_kind"]) == {share.value for share in Share}
    assert "from nothing" in (tmp_path / "README.md").read_text(encoding="utf-8")

    going_on, same, model = continued(dataclasses.replace(QUICK, hidden=1), tmp_path)
    assert going_on.hidden == QUICK.hidden
    assert going_on.started_from == facts["weights_sha256"] == sha256(tmp_path / "model.safetensors")
    assert len(same) == len(tokenizer) == model.config.vocab_size
    again = Examples.of(QUICK.shares, same, read_prompts(demo_prompts()))
    assert data_hash(QUICK, again, count=5) == data_hash(QUICK, examples, count=5)


def test_a_folder_made_before_there_were_tags_gets_them_and_keeps_what_it_knew(tmp_path, tokenizer):
    without = tmp_path / "without"
    model = new_model(QUICK, tokenizer)
    known = len(tokenizer) - 8
    model.resize_token_embeddings(known)
    write_release(without, model, tokenizer, QUICK, "0", [])
    old = model.get_input_embeddings().weight.float()
    first, second = (continued(QUICK, without)[2].get_input_embeddings().weight for _ in range(2))
    assert first.shape[0] == len(tokenizer)
    assert torch.equal(first, second)
    assert torch.equal(first[:known], old)
    assert 0 < first[known:].std() < old.std()


def test_a_folder_without_a_model_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match="--from"):
        continued(QUICK, tmp_path)


def test_muon_is_torchs_muon():
    torch.manual_seed(0)
    start = [torch.randn(24, 64), torch.randn(64, 24)]
    ours, theirs = ([torch.nn.Parameter(matrix.clone()) for matrix in start] for _ in range(2))
    mine, torchs = Muon(ours, lr=0.01), torch.optim.Muon(theirs, lr=0.01, weight_decay=0.01, momentum=0.95)
    for _ in range(3):
        for a, b in zip(ours, theirs, strict=True):
            a.grad = torch.randn(a.shape)
            b.grad = a.grad.clone()
        mine.step()
        torchs.step()
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_a_batch_without_padding_has_as_many_rows_as_columns(examples):
    rows = examples.trace(Share.THINK, random.Random(1))
    batch = make_batch([rows])
    assert batch.rows == batch.tokens.numel() == len(rows)


def test_a_run_goes_on_from_its_checkpoint_and_only_its_length_may_change(tmp_path, tokenizer, examples):
    checkpoint = tmp_path / "demo.checkpoint.pt"
    trainer = Trainer(new_model(QUICK, tokenizer), QUICK, CPU, compile_layers=False)
    batch = next(iter(probes_of(QUICK, examples).values()))
    trainer.step(batch)
    save_atomically(trainer.state(), checkpoint)

    longer = dataclasses.replace(QUICK, rows=QUICK.rows * 2)
    again = Trainer(new_model(longer, tokenizer), longer, CPU, compile_layers=False)
    resume(again, checkpoint)
    assert again.rows_seen == trainer.rows_seen > 0
    assert again.rate_scale() > trainer.rate_scale() * 0.99
    trainer.step(batch)
    again.step(batch)
    for mine, theirs in zip(trainer.model.parameters(), again.model.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-3, rtol=1e-2)

    other = Trainer(new_model(QUICK, tokenizer), dataclasses.replace(QUICK, seed=9), CPU, compile_layers=False)
    with pytest.raises(InputError, match="another seed"):
        resume(other, checkpoint)
    with pytest.raises(InputError, match="there is no checkpoint"):
        resume(again, tmp_path / "nothing.pt")
