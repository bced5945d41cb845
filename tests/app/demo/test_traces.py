"""Training traces: their schedule is the engine's, and the training attention is the engine's attention."""

import random
from collections import defaultdict
from itertools import pairwise

import pytest
import torch

from app.demo.batches import make_batch
from app.demo.paths import demo_prompts
from app.demo.problems import sample_problem
from app.demo.tokenizer import build_tokenizer
from app.demo.traces import FOREVER, NO_TARGET, AsyncTrace, Kind, Row, Tokenized, no_think_trace, think_trace
from app.demo.training import QUICK, Trainer, data_hash, examples, new_model
from engine.prompt_tokens import PromptTokens
from engine.prompts import read_prompts
from engine.runner import ModelRunner
from engine.text import user_ids
from engine.view import Feed, Logits, View


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer(1, problems=1500)


@pytest.fixture(scope="module")
def prompts(tokenizer):
    return PromptTokens.of(read_prompts(demo_prompts()), tokenizer)


@pytest.fixture(scope="module")
def model(tokenizer):
    model = new_model(QUICK, tokenizer)
    torch.manual_seed(7)
    for parameter in model.parameters():  # away from the zeros it starts with, so that attention matters
        parameter.data.normal_(0, 0.3) if parameter.dim() > 1 else parameter.data.uniform_(0.5, 1.5)
    return model


def item_of(seed: int, tokenizer, prompts) -> Tokenized:
    problem = sample_problem(random.Random(seed), held_out=False)
    return Tokenized(problem, lambda text: user_ids(tokenizer, text), prompts)


def trace_of(seed: int, tokenizer, prompts) -> list[Row]:
    return AsyncTrace(item_of(seed, tokenizer, prompts), prompts, random.Random(seed)).run()


class Replay:
    """Feeds a trace's rows to the engine, step by step, through the views of the async method."""

    def __init__(self, runner: ModelRunner) -> None:
        self.runner = runner
        self.blocks = {kind: runner.arena.block(kind.name) for kind in Kind}
        b = self.blocks
        context = View(b[Kind.INPUT])
        writer = View(context, b[Kind.WRITER_ROLE], b[Kind.THOUGHTS], b[Kind.WRITER_SPLIT], b[Kind.OUTPUT])
        thinker = View(context, b[Kind.THINKER_ROLE], b[Kind.OUTPUT], b[Kind.THINKER_SPLIT], b[Kind.THOUGHTS])
        self.views = {
            Kind.INPUT: context,
            Kind.WRITER_ROLE: View(*writer.slices[:2]),
            Kind.WRITER_SPLIT: View(*writer.slices[:4]),
            Kind.OUTPUT: writer,
            Kind.THINKER_ROLE: View(*thinker.slices[:2]),
            Kind.THINKER_SPLIT: View(*thinker.slices[:4]),
            Kind.THOUGHTS: thinker,
            Kind.QUESTION: View(thinker, b[Kind.QUESTION]),
        }

    def run(self, rows: list[Row]) -> torch.Tensor:
        """Logits [rows, vocabulary]."""
        steps: dict[int, dict[Kind, list[int]]] = defaultdict(lambda: defaultdict(list))
        for index, row in enumerate(rows):
            steps[row.born][row.kind].append(index)
        logits: dict[int, torch.Tensor] = {}
        for step in sorted(steps):
            self._crop_what_died(rows, step)
            kinds = list(steps[step])
            feeds = [
                Feed(
                    self.views[kind],
                    [rows[i].token for i in steps[step][kind]],
                    logits=Logits.ALL,
                    keep=kind is not Kind.QUESTION,
                )
                for kind in kinds
            ]
            for kind, found in zip(kinds, self.runner.run(feeds), strict=True):
                logits.update(zip(steps[step][kind], found, strict=True))
        return torch.stack([logits[i] for i in range(len(rows))])

    def _crop_what_died(self, rows: list[Row], step: int) -> None:
        for row in rows:
            if row.until == step and row.kind is not Kind.QUESTION:
                self.runner.arena.crop(self.blocks[row.kind], row.local)


def trained_logits(model, rows: list[Row]) -> torch.Tensor:
    trainer = Trainer(model, QUICK, torch.device("cpu"), compile_layers=False)
    batch = make_batch([rows])
    with torch.no_grad():
        logits = model.lm_head(trainer.hidden(batch))[0]
    order = sorted(range(len(rows)), key=lambda i: _column(batch, rows, i))
    columns = {i: _column(batch, rows, i) for i in order}
    return torch.stack([logits[columns[i]] for i in range(len(rows))])


def _column(batch, rows: list[Row], index: int) -> int:
    from app.demo.batches import SEGMENT_OF

    segment = SEGMENT_OF[rows[index].kind]
    return batch.bounds[segment] + sum(SEGMENT_OF[row.kind] == segment for row in rows[:index])


@pytest.mark.parametrize("seed", range(4))
def test_training_attention_equals_the_engine(seed, tokenizer, prompts, model):
    rows = trace_of(seed, tokenizer, prompts)
    trained = trained_logits(model, rows)
    runner = ModelRunner(model, kv_tokens=2048)
    served = Replay(runner).run(rows)
    runner.close()
    assert (trained - served).abs().max() < 2e-4 * served.abs().max()


def test_padding_beside_longer_traces_changes_nothing(tokenizer, prompts, model):
    short, long = sorted((trace_of(seed, tokenizer, prompts) for seed in (11, 12)), key=len)
    trainer = Trainer(model, QUICK, torch.device("cpu"), compile_layers=False)
    assert len(short) < len(long)
    together, alone = make_batch([short, long]), make_batch([short])
    with torch.no_grad():
        both, one = trainer.hidden(together)[0], trainer.hidden(alone)[0]
    wanted = both[together.targets[0] != NO_TARGET]
    assert torch.allclose(wanted, one[alone.targets[0] != NO_TARGET], atol=1e-4)


@pytest.mark.parametrize("seed", range(20))
def test_answers_are_said_only_after_the_thoughts_they_need(seed, tokenizer, prompts):
    item = item_of(seed, tokenizer, prompts)
    rows = AsyncTrace(item, prompts, random.Random(seed)).run()
    thought_born = [r.born for r in rows if r.kind is Kind.THOUGHTS][1:]
    spoken = [r for r in rows if r.kind is Kind.OUTPUT and r.until == FOREVER]
    ends = [0, *_cumulative(item.thoughts)]
    begins = [0, *_cumulative(item.answer)][: len(item.answer)]
    for paragraph, first in enumerate(begins):
        needed = ends[item.needs[paragraph]]
        assert needed == 0 or thought_born[needed - 1] < spoken[first].born


def _cumulative(paragraphs) -> list[int]:
    total, sums = 0, []
    for paragraph in paragraphs:
        total += len(paragraph)
        sums.append(total)
    return sums


@pytest.mark.parametrize("seed", range(20))
def test_streams_run_one_token_a_step_and_questions_see_the_newest(seed, tokenizer, prompts):
    rows = trace_of(seed, tokenizer, prompts)
    for kind in (Kind.THOUGHTS, Kind.OUTPUT):
        lasting = [r for r in rows if r.kind is kind and r.until == FOREVER]
        assert [r.local for r in lasting] == list(range(len(lasting)))
        assert all(a.born < b.born for a, b in pairwise(lasting))
    for row in rows:
        if row.kind is Kind.QUESTION:
            assert row.until == row.born + 1


@pytest.mark.parametrize("seed", range(10))
def test_a_gate_that_says_no_says_so_because_a_thought_is_missing(seed, tokenizer, prompts):
    item = item_of(seed, tokenizer, prompts)
    rows = AsyncTrace(item, prompts, random.Random(seed)).run()
    answers = [r for r in rows if r.kind is Kind.QUESTION and r.target != NO_TARGET]
    assert answers and {r.target for r in answers} <= {prompts.gate_yes, prompts.gate_no}
    ends, begins = _cumulative(item.thoughts), [0, *_cumulative(item.answer)]
    for answer in answers:
        thoughts = sum(r.kind is Kind.THOUGHTS and r.born <= answer.born for r in rows) - 1
        said = sum(r.kind is Kind.OUTPUT and r.until == FOREVER and r.born <= answer.born for r in rows)
        complete = sum(end <= thoughts for end in ends)
        assert (answer.target == prompts.gate_yes) == (item.needs[begins.index(said)] <= complete)


def test_sequential_traces_spell_the_think_and_no_think_methods(tokenizer, prompts):
    item = item_of(3, tokenizer, prompts)
    for trace, opening in ((think_trace(item, prompts), prompts.think_prefix), (no_think_trace(item, prompts), ())):
        tokens = [row.token for row in trace]
        text = tokenizer.decode(tokens)
        assert text.startswith("<|im_start|>user\n") and "<think>" in text
        assert [r.target for r in trace if r.target != NO_TARGET][-1] == prompts.end_of_output
        assert len(opening) <= len(tokens)


def test_examples_and_their_hash_are_the_same_for_the_same_seed(tokenizer, prompts):
    first = [next(examples(QUICK, tokenizer, prompts, random.Random(5))) for _ in range(2)]
    assert first[0] == first[1]
    hashes = {data_hash(QUICK, tokenizer, prompts, count=20) for _ in range(2)}
    assert len(hashes) == 1


def test_a_few_steps_of_training_lower_the_loss(tokenizer, prompts):
    rng = random.Random(0)
    drawn = examples(QUICK, tokenizer, prompts, rng)
    batch = make_batch([next(drawn) for _ in range(8)])
    trainer = Trainer(new_model(QUICK, tokenizer), QUICK, torch.device("cpu"), compile_layers=False)
    losses = [trainer.step(batch) for _ in range(12)]
    assert losses[-1] < 0.8 * losses[0]
