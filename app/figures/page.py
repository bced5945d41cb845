"""The page: every measurement that has been made, in order, with its table and its chart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.demo.paths import ASSETS
from app.evaluation.chart import draw
from app.evaluation.report import rows_of
from app.figures.markdown import accuracy_table, beside_table, kinds_table, latency_table, live_table
from app.figures.sources import FOLDER, Source, newest
from app.files import write_whole

DOCS = ASSETS / "docs"
PACES = {"": "not paced", "-50": "paced: 50 ms a step", "-100": "paced: 100 ms a step"}

INTRODUCTION = """# Figures

Written by `python -m app.figures` from the files in [assets/bench](../bench), which the commands named here have left.
Everything is of the bundled model on a shared machine of two cores without a GPU. Simulated and measured delays are
never mixed in one column."""


def write(docs: Path = DOCS, bench: Path = FOLDER) -> Path:
    """Write figures.md and its charts; returns the page's path. Raises InputError for a file that cannot be read."""
    lines = [INTRODUCTION]
    for section in (_accuracy, _patience, _live, _tasks, _latency):
        lines += section(docs, bench)
    page = docs / "figures.md"
    write_whole(page, ("\n".join(lines).rstrip() + "\n").encode())
    return page


def _heading(title: str, source: Source) -> list[str]:
    return ["", f"## {title}", "", source.where, ""]


def _accuracy(docs: Path, bench: Path) -> Iterator[str]:
    if source := newest("eval", "launch.py eval --n 1000 --methods think async no-think interleaved", bench):
        yield from _heading("Accuracy against delay, held-out problems in held-out wordings", source)
        yield from accuracy_table(source.document)
        yield from ["", *_chart(docs, "figures-eval.svg", source, "Accuracy against silence")]
        yield from ["", *kinds_table(source.document)]


def _patience(docs: Path, bench: Path) -> Iterator[str]:
    if source := newest("patience", "launch.py eval --methods async --patience …", bench):
        yield from _heading("Patience: how sure the gate must be", source)
        yield from accuracy_table(source.document)
        yield from ["", *_chart(docs, "figures-patience.svg", source, "Patience")]


def _live(docs: Path, bench: Path) -> Iterator[str]:
    if source := newest("eval-live", "launch.py eval --live --late-steps 12", bench):
        yield from _heading("Heard word by word, and corrected in speech", source)
        yield from live_table(source.document)


def _tasks(docs: Path, bench: Path) -> Iterator[str]:
    for name, title in (("out-of-domain", "Requests beyond its domain"), ("follow-ups", "Follow-up questions")):
        tasks = f"assets/tasks/{name.replace('-', '_')}.jsonl"
        if source := newest(name, f"launch.py eval --tasks {tasks}", bench):
            yield from _heading(title, source)
            yield from accuracy_table(source.document)


def _latency(docs: Path, bench: Path) -> Iterator[str]:
    for suffix, pace in PACES.items():
        step_ms = f" --step-ms {suffix[1:]}" if suffix else ""
        if source := newest(f"latency{suffix}", f"launch.py latency{step_ms}", bench):
            yield from _heading(f"Latency, measured with a virtual microphone and loudspeaker ({pace})", source)
            yield from latency_table(source.document)
            chart = f"figures-latency{suffix}.svg"
            if (docs / chart).exists():
                yield from ["", f"![Who speaks and thinks when, {pace}]({chart})"]
            yield from ["", *beside_table(source.document)]


def _chart(docs: Path, name: str, source: Source, title: str) -> Iterator[str]:
    draw(docs / name, rows_of(source.document), title)
    yield f"![{title}]({name})"
