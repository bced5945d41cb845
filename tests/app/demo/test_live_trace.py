"""Questions heard in pieces: what the thinker sees when, how it rests and wakes, and both ways to meet a correction."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

import app.demo.live_trace as live_trace
from app.demo.live_input import LiveInput, late_question_of, question_of
from app.demo.live_thoughts import Known, LiveThoughts, Written
from app.demo.live_trace import LiveTrace
from app.demo.mixture import Examples
from app.demo.problems import LiveProblem, is_held_out, sample_live
from app.demo.rows import FOREVER, NO_TARGET, Book, Kind, Row

SEEDS = range(40)


@dataclass(frozen=True)
class Told:
    """A trace, and its blocks as text at any step."""

    live: LiveProblem
    rows: list[Row]
    examples: Examples
    decode: object

    def text(self, kind: Kind, step: int = FOREVER - 1) -> str:
        alive = [row for row in self.rows if row.kind is kind and row.born <= step < row.until]
        return self.decode([row.token for row in sorted(alive, key=lambda row: row.local)])  # type: ignore[operator]

    def of(self, kind: Kind) -> list[Row]:
        return [row for row in self.rows if row.kind is kind]

    @property
    def rests(self) -> list[Row]:
        """The rows after which the thinker had nothing to think."""
        return [row for row in self.of(Kind.THOUGHTS) if row.target == self.examples.prompts.end_of_thoughts]


def told(seed: int, examples: Examples, tokenizer) -> Told:
    rng = random.Random(seed)
    live = sample_live(rng, held_out=False)
    rows = LiveTrace(live, examples.encode, examples.prompts, rng).run()
    return Told(live, rows, examples, tokenizer.decode)


def corrected(examples: Examples, tokenizer, count: int = 25) -> Iterator[Told]:
    seed = 1000
    while count:
        trace, seed = told(seed, examples, tokenizer), seed + 1
        if trace.live.correction is not None:
            count -= 1
            yield trace


@pytest.mark.parametrize("seed", SEEDS)
def test_all_is_heard_and_what_is_said_is_the_answer(seed, examples, tokenizer):
    trace = told(seed, examples, tokenizer)
    heard = trace.text(Kind.INPUT)
    assert all(event.text.lstrip(", ") in heard for event in trace.live.events)
    assert trace.text(Kind.OUTPUT).strip() == "\n\n".join(trace.live.whole.answer)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_asked_or_written_before_the_last_word_is_heard(seed, examples, tokenizer):
    trace = told(seed, examples, tokenizer)
    last_word = trace.of(Kind.INPUT)[-1].born
    first_written = min(row.born for row in trace.of(Kind.OUTPUT) if row.target != NO_TARGET)
    assert first_written > last_word or first_written == last_word == 1
    late = len(trace.text(Kind.INPUT)) > len(trace.live.whole.question) + 20
    if trace.live.correction is None and not late:
        assert all(row.born >= last_word for row in trace.of(Kind.QUESTION))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_thinker_at_rest_runs_again_only_with_new_words_or_the_end_of_the_input(seed, examples, tokenizer):
    trace = told(seed, examples, tokenizer)
    words = {row.born for row in trace.of(Kind.INPUT)}
    woken = [row.until for row in trace.rests if row.until != FOREVER]
    without_words = [step for step in woken if step not in words]
    assert len(without_words) <= 2  # the end of the input, once more if a correction came late
    for rest in trace.rests:
        following = [row.born for row in trace.of(Kind.THOUGHTS) if row.born > rest.born]
        assert not following or min(following) == rest.until


@pytest.mark.parametrize("seed", SEEDS)
def test_thoughts_name_only_numbers_that_are_heard_by_then(seed, examples, tokenizer):
    trace = told(seed, examples, tokenizer)
    said = trace.text(Kind.THOUGHTS)
    numbers = [str(step.b) for step in trace.live.steps]
    for step, number in zip(trace.live.steps, numbers, strict=True):
        assert f"{step.worked_line}." in said, number
    for row in trace.of(Kind.THOUGHTS):
        if row.until != FOREVER or "correction" in said:
            continue
        before = trace.text(Kind.THOUGHTS, row.born).split("\n\n")
        heard = trace.text(Kind.INPUT, row.born)
        for line in before[:-1]:
            if not line.strip().startswith(("plan", "sum.")):
                operand = line.strip().split(":")[0].split("=")[0]
                assert operand.replace("*", "-").replace("/", "-").replace("+", "-").split("-")[-1] in heard


def test_a_kept_thought_is_corrected_in_words_and_a_dropped_one_is_not(examples, tokenizer, monkeypatch):
    noted = {}
    for drop in (0.0, 1.0):
        monkeypatch.setattr(live_trace, "DROP_SHARE", drop)
        traces = list(corrected(examples, tokenizer, 60))
        noted[drop] = sum("correction, " in trace.text(Kind.THOUGHTS) for trace in traces)
        for trace in traces:
            wrong = trace.live.first_steps[trace.live.correction.step].worked_line
            said = trace.text(Kind.THOUGHTS)
            assert (f"{wrong}." in said) == ("correction, " in said)
    assert noted[0.0] > 5
    assert noted[1.0] == 0


def test_dropped_thoughts_are_those_chosen_since_the_wrong_number_came(examples, tokenizer, monkeypatch):
    monkeypatch.setattr(live_trace, "DROP_SHARE", 1.0)
    dropped = 0
    for trace in corrected(examples, tokenizer, 60):
        thoughts = trace.of(Kind.THOUGHTS)
        ends = [row.until for row in thoughts if row.until != FOREVER]
        for step in {end for end in ends if ends.count(end) > 1}:
            first = min(row.local for row in thoughts if row.until == step)
            again = [row for row in thoughts if row.born == step]
            assert [row.local for row in again] == [first]  # the last token that was kept, fed again
            came = arrival_of_the_wrong_number(trace)
            assert min(row.born for row in thoughts if row.local == first) <= came  # chosen before it came
            assert all(row.born > came for row in thoughts if row.local > first)
            dropped += 1
    assert dropped > 5


def arrival_of_the_wrong_number(trace: Told) -> int:
    question, opening = question_of(trace.live), len("<|im_start|>user\n")
    end = question.step_ends[trace.live.correction.step]
    return min(row.born for row in trace.of(Kind.INPUT) if len(trace.text(Kind.INPUT, row.born)) - opening >= end)


def test_some_corrections_come_when_all_seemed_said(examples, tokenizer):
    late = 0
    for trace in corrected(examples, tokenizer, 80):
        question = late_question_of(trace.live) if trace.live.events[-1].is_correction else None
        if question is not None and question.text in trace.text(Kind.INPUT):
            late += question.text != question_of(trace.live).text
    assert late > 5


def test_an_unfinished_correction_lets_its_step_wait(examples):
    rng = random.Random(2)
    while (live := sample_live(rng, held_out=False)).correction is None or live.correction.step == 0:
        pass
    question = question_of(live)
    thoughts = LiveThoughts(live, question, examples.encode, planning=False)
    step = live.correction.step
    assert thoughts.known(question.step_ends[step]) == Known(step + 1, corrected=False)
    assert thoughts.known(question.told) == Known(step, corrected=False)
    assert thoughts.known(question.corrected) == Known(step + 1, corrected=True)
    assert thoughts.next(Written(), Known(0, corrected=False)) is None


def test_pieces_are_tokenized_as_the_engine_hears_them(examples):
    for seed in range(60):
        rng = random.Random(seed)
        live = sample_live(rng, held_out=False)
        ear, book = LiveInput(question_of(live), examples.encode, (1, 2), rng), Book()
        for step in range(1, 3000):
            ear.hear(book, step, about_to_write=False)
            tokens = [row.token for row in book.rows]
            assert tokens[2:] == list(examples.encode(live.whole.question[: ear.characters]))
            if ear.characters == len(live.whole.question):
                break
        assert ear.characters == len(live.whole.question)
        assert not is_held_out(live.whole.key)
