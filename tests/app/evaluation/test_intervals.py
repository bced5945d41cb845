"""Intervals, the Pareto front, simulated speech, and what outcomes come to."""

from __future__ import annotations

import random

import pytest

from app.evaluation.grid import Cell
from app.evaluation.intervals import bootstrap_means, pareto_front, wilson
from app.evaluation.speech import simulated_delays_ms, spoken_words
from app.evaluation.summary import Pace, summary
from tests.app.evaluation.scripted_tasks import outcome

PACE = Pace(step_ms=100.0, rate_wpm=60)  # a word a second


@pytest.mark.parametrize(
    ("right", "total", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)]
)
def test_the_interval_of_a_share_is_wilsons(right: int, total: int, low: float, high: float) -> None:
    assert wilson(right, total) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_the_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    rng = random.Random(1)
    values = [rng.gauss(10, 2) for _ in range(400)]
    found = bootstrap_means({"x": values, "twice": [2 * value for value in values], "same": [3.0] * 400})
    assert found["x"].value == pytest.approx(sum(values) / 400)
    assert found["x"].high - found["x"].low == pytest.approx(2 * 1.96 * 2 / 20, rel=0.15)
    assert found["twice"].low == pytest.approx(2 * found["x"].low), "columns are drawn together"
    assert (found["same"].low, found["same"].value, found["same"].high) == (3.0, 3.0, 3.0)
    assert bootstrap_means({"x": values})["x"].low == pytest.approx(found["x"].low), "the same for the same seed"
    assert bootstrap_means({"x": values}, seed=1)["x"].low != pytest.approx(found["x"].low)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = random.Random(2)
    held = 0
    for seed in range(200):
        found = bootstrap_means({"x": [rng.expovariate(1.0) for _ in range(60)]}, seed)["x"]
        held += found.low <= 1.0 <= found.high
    assert 0.87 <= held / 200 <= 0.99


@pytest.mark.parametrize(
    ("points", "front"),
    [
        ([], []),
        ([(1, 0.5)], [0]),
        ([(90, 0.95), (20, 0.9), (1, 0.1)], [2, 1, 0]),
        ([(90, 0.9), (20, 0.9), (1, 0.1)], [2, 1]),
        ([(20, 0.8), (20, 0.9)], [1]),
        ([(20, 0.9), (20, 0.9)], [0]),
        ([(5, 0.9), (10, 0.8), (20, 0.95), (float("inf"), 0.0)], [0, 2]),
    ],
)
def test_the_front_is_what_nothing_beats(points: list[tuple[float, float]], front: list[int]) -> None:
    assert pareto_front(points) == front


@pytest.mark.parametrize(
    ("text", "words"),
    [("", 0), ("So the answer is 85.", 6), ("170", 4), ("**Hello!**", 1), ("It's 2.5", 5), ("1" * 30, 30)],
)
def test_words_are_counted_as_they_are_spoken(text: str, words: int) -> None:
    assert spoken_words(text) == words


def test_the_simulated_delay_is_the_wait_and_every_gap() -> None:
    # ready at 2.0 s for 3 s of speech; at 4.0 s, no gap, said until 6.0 s; at 8.5 s: a gap of 2.5 s
    total, adjusted = simulated_delays_ms([(20, 3), (40, 1), (85, 2)], steps=90, step_ms=100, rate_wpm=60)
    assert (total, adjusted) == (pytest.approx(2000 + 2500), pytest.approx(1000 + 1500))
    assert simulated_delays_ms([], steps=30, step_ms=100, rate_wpm=60) == (3000, 2000), "silence to the end"


def test_missing_answers_count_as_not_right_and_as_the_silence_they_were() -> None:
    outcomes = [
        outcome(),
        outcome(task="2", right=False),
        outcome(task="3", right=False, missing="cut", answer="", first_answer_step=None, steps=50, phrases=()),
        outcome(task="4", right=False, missing="failed: no", answer="", first_answer_step=None, steps=0, tokens=0),
    ]
    row = summary(Cell("async"), outcomes, PACE)
    assert (row.n, row.right, row.missing, row.accuracy.value) == (4, 1, 2, 0.25)
    assert row.means["steps_to_first"].value == (5 + 5 + 50) / 3, "nothing is known of what failed"
    assert row.means["simulated_total_delay_ms"].value == pytest.approx((800 + 800 + 5000) / 3)
    assert row.tokens_per_step == pytest.approx(90 / 90)
    assert row.by_kind == {"sums": (1, 4)}


def test_measured_times_are_told_only_if_all_are_there() -> None:
    timed, untimed = outcome(ttfat_ms=12.0), outcome(task="2")
    assert summary(Cell("async"), [timed, timed], PACE).means["ttfat_ms"].value == 12.0
    assert "ttfat_ms" not in summary(Cell("async"), [timed, untimed], PACE).means
