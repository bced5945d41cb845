"""The chart: accuracy against the silence a listener hears, each setting a point with its intervals, the Pareto front
drawn. It brings its own paper, so it can be read on light and dark pages.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import UsageError
from app.evaluation.intervals import Mean, pareto_front
from app.evaluation.report import point
from app.evaluation.summary import Row
from app.files import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
NEAR_PIXELS = 12.0
LOG_FROM = 8  # a spread of delays from which on a logarithmic axis is clearer


def check_suffix(path: Path) -> None:
    """Raises UsageError for a file that no chart can be written to."""
    if path.suffix not in SUFFIXES:
        raise UsageError(f"--chart {path}: its name should end with {' or '.join(SUFFIXES)}")


def draw(path: Path, rows: Sequence[Row], title: str) -> None:
    """Writes the chart of these rows as PNG or SVG, by the name. Raises RunError if it cannot be written."""
    import matplotlib
    from matplotlib.figure import Figure

    rows = [row for row in rows if row.means]
    with matplotlib.rc_context({"font.size": 10, "text.color": INK, "svg.fonttype": "path"}):
        figure = Figure(figsize=(8, 5), facecolor=PAPER, layout="constrained")
        axes = figure.subplots()
        _frame(axes, title)
        if rows:
            _front(axes, rows, _limits(axes, rows))
            _points(figure, axes, rows)
        content = io.BytesIO()
        figure.savefig(content, format=path.suffix[1:], dpi=150, facecolor=PAPER)
    write_whole(path, content.getvalue())


def _frame(axes: Axes, title: str) -> None:
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


def _limits(axes: Axes, rows: Sequence[Row]) -> float:
    """All intervals are inside; a wide spread of delays stands on a logarithmic axis. Returns the right end."""
    from matplotlib.ticker import LogLocator, NullLocator

    delays = [row.means["steps_delay"] for row in rows]
    low, high = min(mean.low for mean in delays), max(mean.high for mean in delays)
    room = 0.1 * (high - low) or 1.0
    left, right = low - room, high + 1.5 * room
    if low > 0 and high / low >= LOG_FROM:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter("{x:g}")
        left, right = low / 1.4, high * 1.5
    axes.set_xlim(left, right)
    shares = [100 * bound for row in rows for bound in (row.accuracy.low, row.accuracy.high)]
    axes.set_ylim(max(-3.0, min(shares) - 5), min(103.0, max(shares) + 3))
    return right


def _front(axes: Axes, rows: Sequence[Row], right: float) -> None:
    """What no other setting beats, as stairs: at every delay the best that can be had."""
    points = [point(row) for row in rows]
    front = [points[index] for index in pareto_front(points)]
    delays, shares = [delay for delay, _ in front], [100 * share for _, share in front]
    axes.plot(
        [*delays, right],
        [*shares, shares[-1]],
        drawstyle="steps-post",
        color=FRONT,
        linewidth=5,
        alpha=0.8,
        solid_joinstyle="round",
        label="Pareto front",
    )


def _points(figure: Figure, axes: Axes, rows: Sequence[Row]) -> None:
    """Each method in a colour, with a mark and of a size of its own, hollow: what lies on one spot is all seen."""
    methods = list(dict.fromkeys(row.cell.method for row in rows))
    for number, (method, (colour, marker)) in enumerate(zip(methods, STYLES * len(methods), strict=False)):
        chosen = [row for row in rows if row.cell.method == method]
        size = 6 + 9 * (len(methods) - number) / len(methods)
        style = {"color": colour, "marker": marker, "markersize": size}
        _series(axes, method, chosen, style)
        _name_patiences(axes, chosen, colour, above=number % 2 == 1)
    told = "numbers: patience" if any(row.cell.patience is not None for row in rows) else None
    legend = figure.legend(loc="outside right upper", facecolor=PAPER, edgecolor=FAINT, title=told)
    legend.get_title().set_fontsize(9)


def _series(axes: Axes, method: str, rows: Sequence[Row], style: dict[str, Any]) -> None:
    """One method's points with their intervals."""
    delays, shares = [row.means["steps_delay"] for row in rows], [row.accuracy for row in rows]
    _, _, bars = axes.errorbar(
        [delay.value for delay in delays],
        [100 * share.value for share in shares],
        xerr=_bars(delays),
        yerr=[[100 * length for length in side] for side in _bars(shares)],
        label=method,
        linestyle="none",
        markerfacecolor="none",
        markeredgewidth=2,
        elinewidth=1,
        zorder=3,
        **style,
    )
    for bar in bars:
        bar.set_alpha(0.5)


def _name_patiences(axes: Axes, rows: Sequence[Row], colour: str, above: bool) -> None:
    """Each point's patience beside it."""
    for (delay, share), patiences in _together(axes, rows):
        offset = (8, 9 if above else -16)
        place = (delay, 100 * share)
        axes.annotate(patiences, place, xytext=offset, textcoords="offset points", color=colour, fontsize=9, zorder=4)


def _together(axes: Axes, rows: Sequence[Row]) -> list[tuple[tuple[float, float], str]]:
    """Points with the patience they are at; points that lie on one spot share their words: "0.1–0.8"."""
    spots: list[tuple[tuple[float, float], list[float]]] = []
    for row in rows:
        if row.cell.patience is None:
            continue
        x, y = axes.transData.transform((point(row)[0], 100 * point(row)[1]))
        if spots:
            before_x, before_y = axes.transData.transform((spots[-1][0][0], 100 * spots[-1][0][1]))
            if abs(x - before_x) + abs(y - before_y) < NEAR_PIXELS:
                spots[-1][1].append(row.cell.patience)
                continue
        spots.append((point(row), [row.cell.patience]))
    return [(spot, _span(found)) for spot, found in spots]


def _span(patiences: Sequence[float]) -> str:
    low, high = min(patiences), max(patiences)
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def _bars(means: Sequence[Mean]) -> list[list[float]]:
    """Lengths below and above; rounding must not make one negative."""
    below = [max(0.0, mean.value - mean.low) for mean in means]
    above = [max(0.0, mean.high - mean.value) for mean in means]
    return [below, above]
