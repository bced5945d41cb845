"""A bench's figures as a table, a JSON document and a chart."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.bench.measure import Row
from app.bench.scene import GateKind
from app.files import write_whole
from app.machine import machine

PAPER, INK, FAINT = "#fbfaf6", "#22252b", "#e3e0d8"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5c00", "#56b4e9", "#444444")  # Okabe and Ito, 2008


def table(rows: Sequence[Row], absent: Mapping[str, str], clock: str) -> str:
    """The table, and below it what did not run here and why."""
    rivals = sorted({name for row in rows for name in row.rivals})
    lines = [
        f"milliseconds per step, {clock}, median [quartiles]; the ratio is to one stream of Hugging Face's",
        f"{'shape':6}{'context':>8}{'streams':>8}{'talks':>6}  {'gate':9}{'ms':>9} {'':17}{'floor':>9}{'ratio':>7}"
        f"{'forward':>10}" + "".join(f"{name:>10}" for name in rivals),
    ]
    for row in rows:
        theirs = "".join(f"{row.rivals[name].median:10.2f}" if name in row.rivals else f"{'–':>10}" for name in rivals)
        spread = f"[{row.ms.low:.2f}–{row.ms.high:.2f}]"
        lines.append(
            f"{row.shape:6}{row.context:8}{row.streams:8}{row.conversations:6}  {row.gate:9}{row.ms.median:9.2f} "
            f"{spread:17}{row.floor_ms:9.2f}{row.ratio:7.2f}{row.forward_ms.median:10.2f}{theirs}"
        )
    lines += [
        f"a folded gate adds {share:.2f} × what a step of its own costs: {place}" for place, share in gate_shares(rows)
    ]
    lines += [f"{name} does not run here ({reason})" for name, reason in absent.items()]
    return "\n".join(lines)


def gate_shares(rows: Sequence[Row]) -> list[tuple[str, float]]:
    """Where a cell was measured with every kind of gate: what folding adds, relative to a separate step."""
    found: dict[tuple[str, int, int, int], dict[GateKind, float]] = {}
    for row in rows:
        place = (row.shape, row.context, row.streams, row.conversations)
        found.setdefault(place, {})[row.gate] = row.ms.median
    return [
        (f"{place[0]}, {place[1]} tokens, {place[2]} streams, {place[3]} talks", folded / separate)
        for place, ms in found.items()
        if len(ms) == len(GateKind)
        for folded, separate in [(ms[GateKind.FOLDED] - ms[GateKind.NONE], ms[GateKind.SEPARATE] - ms[GateKind.NONE])]
    ]


def document(rows: Sequence[Row], absent: Mapping[str, str], about: Mapping[str, Any]) -> dict[str, Any]:
    """The figures with what they were measured on."""
    told = [asdict(row) | {"ratio": round(row.ratio, 3)} for row in rows]
    shares = {place: round(share, 3) for place, share in gate_shares(rows)}
    return {**machine(), **about, "rows": told, "folded_gate_share": shares, "absent": dict(absent)}


def draw(path: Path, rows: Sequence[Row]) -> None:
    """Milliseconds over context, a line for each way to run, as PNG or SVG by the name. Raises RunError."""
    import matplotlib
    from matplotlib.figure import Figure

    shapes = sorted({row.shape for row in rows})
    with matplotlib.rc_context({"font.size": 10, "text.color": INK, "svg.fonttype": "path"}):
        figure = Figure(figsize=(6 * len(shapes), 4.5), facecolor=PAPER, layout="constrained")
        for axes, shape in zip(figure.subplots(1, len(shapes), squeeze=False)[0], shapes, strict=True):
            axes.set(title=shape, xlabel="tokens in view", ylabel="milliseconds per step", xscale="log", yscale="log")
            axes.set_facecolor(PAPER)
            axes.grid(color=FAINT)
            for index, (label, points) in enumerate(_lines([row for row in rows if row.shape == shape]).items()):
                style = "--" if label.startswith(("Hugging Face", "floor")) else "-"
                axes.plot(*zip(*points, strict=True), style, marker="o", label=label, color=COLOURS[index % 7])
            axes.legend(fontsize=8, facecolor=PAPER)
        content = io.BytesIO()
        figure.savefig(content, format=path.suffix[1:], dpi=150, facecolor=PAPER)
    write_whole(path, content.getvalue())


def _lines(rows: Sequence[Row]) -> dict[str, list[tuple[int, float]]]:
    """By label: context and milliseconds."""
    found: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        talks = f", {row.conversations} conversations" if row.conversations > 1 else ""
        gate = "" if row.gate is GateKind.NONE else f", gate {row.gate}"
        found.setdefault(f"{row.streams} streams{talks}{gate}", []).append((row.context, row.ms.median))
    first = {row.context: row for row in reversed(rows)}
    for context, row in sorted(first.items()):
        found.setdefault("Hugging Face, 1 stream", []).append((context, row.rival_ms.median))
        found.setdefault("floor of the first", []).append((context, row.floor_ms))
    return found
