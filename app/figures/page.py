"""The page: every measurement that has been made, in order, with its table and its chart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.demo.paths import ASSETS
from app.evaluation.chart import draw
from app.evaluation.report import rows_of
from app.figures.markdown import accuracy_table, beside_table, kinds_table, latency_table, live_table
from app.figures.sources import FOLDER, Source, newest
from app.files import write_whole
from app.scripted.table import pace

DOCS = ASSETS / "docs"

INTRODUCTION = """# Figures

Written by `python -m app.figures` from the newest file of each measurement in [assets/bench](../bench). Above each
table stand its command, the model, the day and the machine, as the file has them. Simulated and measured delays are
never mixed in one column."""


@dataclass(frozen=True, slots=True)
class Section:
    """A measurement's place on the page. written: its lines below the heading, charts drawn into the folder."""

    name: str
    title: str
    command: str
    written: Callable[[Source, Path], Iterator[str]]

    def lines(self, source: Source, docs: Path) -> Iterator[str]:
        yield from ["", f"## {self.title}", "", source.where, ""]
        yield from self.written(source, docs)


def write(docs: Path = DOCS, bench: Path = FOLDER) -> Path:
    """Write figures.md and its charts; returns the page's path. Raises InputError for a file that cannot be used; the
    page is then left as it was.
    """
    lines = [INTRODUCTION]
    for section in SECTIONS:
        if source := newest(section.name, section.command, bench):
            lines += source.checked(section.lines(source, docs))
    page = docs / "figures.md"
    write_whole(page, ("\n".join(lines).rstrip() + "\n").encode())
    return page


def _accuracy(source: Source, docs: Path) -> Iterator[str]:
    yield from accuracy_table(source.document)
    yield from ["", *kinds_table(source.document)]


def _accuracy_with_chart(source: Source, docs: Path) -> Iterator[str]:
    yield from accuracy_table(source.document)
    chart = f"figures-{source.path.stem[len('YYYY-MM-DD-') :]}.svg"
    draw(docs / chart, rows_of(source.document), source.document["tasks"])
    yield from ["", f"![Accuracy against silence]({chart})"]
    yield from ["", *kinds_table(source.document)]


def _live(source: Source, docs: Path) -> Iterator[str]:
    yield from live_table(source.document)


def _latency(source: Source, docs: Path) -> Iterator[str]:
    paced = pace(source.document["step_ms"])
    takes, cut = len(source.document["takes"]), ", interrupted" if source.document["interrupted"] else ""
    yield from [f"Measured with a virtual microphone and loudspeaker, {paced}; takes of all methods: {takes}{cut}.", ""]
    yield from latency_table(source.document)
    chart = f"figures-{source.path.stem[len('YYYY-MM-DD-') :]}.svg"
    if (docs / chart).exists():
        yield from ["", f"![Who speaks and thinks when, {paced}]({chart})"]
    yield from ["", *beside_table(source.document)]


SECTIONS = (
    Section("eval", "Accuracy against delay", "launch.py eval", _accuracy_with_chart),
    Section("patience", "Patience: how sure the gate must be", "launch.py eval --patience …", _accuracy_with_chart),
    Section("eval-live", "Heard word by word, and corrected in speech", "launch.py eval --live", _live),
    Section(
        "out-of-domain",
        "Requests beyond its domain",
        "launch.py eval --tasks assets/tasks/out_of_domain.jsonl",
        _accuracy,
    ),
    Section("follow-ups", "Follow-up questions", "launch.py eval --tasks assets/tasks/follow_ups.jsonl", _accuracy),
    Section("latency", "Latency", "launch.py latency", _latency),
    Section("latency-50", "Latency at 50 ms a step", "launch.py latency --step-ms 50", _latency),
    Section("latency-100", "Latency at 100 ms a step", "launch.py latency --step-ms 100", _latency),
)
