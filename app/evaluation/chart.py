"""The chart: accuracy against the silence a listener hears, each setting a point with its intervals, the Pareto front
drawn. It brings its own paper, so it can be read on light and dark pages.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import UsageError
from app.evaluation.report import point
from app.evaluation.statistics import Mean, pareto_front
from app.evaluation.summary import Row
from app.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES = (".png", ".svg")
PAPER, INK, FAINT, FRONT = "#fbfaf6", "#22252b", "#e3e0d8", "#c9c2ae"
# Colours that the colour-blind can tell apart (Okabe and Ito, 2008), and a shape each.
STYLES = (
    ("#0072b2", "o"),
    ("#d55e00", "s"),
    ("#009e73", "^"),
    ("#cc79a7", "D"),
    ("#7a5c00", "v"),
    ("#56b4e9", "P"),
    ("#444444", "X"),
)
LOG_FROM = 8  # a spread of delays from which on a logarithmic axis is clearer


def check_suffix(path: Path) -> None:
    """Raises UsageError for a file that no chart can be written to."""
    if path.suffix not in SUFFIXES:
        raise UsageError(f"--chart {path}: its name should end with {' or '.join(SUFFIXES)}")


def draw(path: Path, rows: Sequence[Row], title: str) -> None:
    """Writes the chart of these rows as PNG or SVG, by the name. Raises RunError if it cannot be written."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    rows = [row for row in rows if row.means]
    with matplotlib.rc_context({"font.size": 10, "text.color": INK, "svg.fonttype": "path"}):
        figure = Figure(figsize=(8, 5), facecolor=PAPER, layout="constrained")
        axes = figure.subplots()
        _frame(axes, rows, title)
        _front(axes, rows)
        _points(axes, rows)
        content = io.BytesIO()
        figure.savefig(content, format=path.suffix[1:], dpi=150, facecolor=PAPER)
    write_whole(path, content.getvalue())


def _frame(axes: Axes, rows: Sequence[Row], title: str) -> None:
    axes.set_facecolor(PAPER)
    axes.set_title(title, loc="left", fontsize=12, color=INK)
    axes.set_xlabel("silence a listener hears, in decoding steps (mean; less is better)", color=INK)
    axes.set_ylabel("right answers, % (more is better)", color=INK)
    axes.grid(color=FAINT, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, which="both")
    for name, spine in axes.spines.items():
        spine.set_visible(name in {"left", "bottom"})
        spine.set_color(INK)
    delays = [point(row)[0] for row in rows]
    if delays and min(delays) > 0 and max(delays) / min(delays) >= LOG_FROM:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(x=0.12, y=0.12)


def _front(axes: Axes, rows: Sequence[Row]) -> None:
    """What no other setting beats, as stairs: between two points the better of the two is what one can have."""
    if not rows:
        return
    points = [point(row) for row in rows]
    front = [points[index] for index in pareto_front(points)]
    delays, shares = [delay for delay, _ in front], [100 * share for _, share in front]
    axes.plot(delays, shares, drawstyle="steps-post", color=FRONT, linewidth=5, alpha=0.8, label="Pareto front")


def _points(axes: Axes, rows: Sequence[Row]) -> None:
    """Each method in a colour and with a mark of its own."""
    methods = list(dict.fromkeys(row.cell.method for row in rows))
    for method, (colour, marker) in zip(methods, STYLES * len(methods), strict=False):
        chosen = [row for row in rows if row.cell.method == method]
        _series(axes, method, chosen, {"color": colour, "marker": marker})
    if rows:
        axes.legend(loc="best", frameon=True, facecolor=PAPER, edgecolor=FAINT, framealpha=0.9)


def _series(axes: Axes, method: str, rows: Sequence[Row], style: dict[str, Any]) -> None:
    """One method's points, and what tells them apart."""
    delays, shares = [row.means["steps_delay"] for row in rows], [row.accuracy for row in rows]
    axes.errorbar(
        [delay.value for delay in delays],
        [100 * share.value for share in shares],
        xerr=_bars(delays),
        yerr=[[100 * length for length in side] for side in _bars(shares)],
        label=method,
        linestyle="none",
        markersize=8,
        markeredgecolor=PAPER,
        elinewidth=1,
        capsize=2,
        zorder=3,
        **style,
    )
    for row, delay, share in zip(rows, delays, shares, strict=True):
        if row.cell.patience is not None:
            axes.annotate(
                f"{row.cell.patience:g}",
                (delay.value, 100 * share.value),
                xytext=(6, -12),
                textcoords="offset points",
                color=style["color"],
                fontsize=9,
            )


def _bars(means: Sequence[Mean]) -> list[list[float]]:
    """Lengths below and above; rounding must not make one negative."""
    below = [max(0.0, mean.value - mean.low) for mean in means]
    above = [max(0.0, mean.high - mean.value) for mean in means]
    return [below, above]
