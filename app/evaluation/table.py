"""The table on stdout, as the papers have it, and what its columns mean."""

from __future__ import annotations

from collections.abc import Sequence

from app.evaluation.intervals import Mean
from app.evaluation.summary import Pace, Row
from app.latency import SPEECH_STEPS

MOST_BY_KIND = 6  # settings
_COLUMNS = {  # heading: the mean's name, its unit's size, decimals
    "steps to first": ("steps_to_first", 1, 1),
    "steps delay": ("steps_delay", 1, 1),
    "total delay s": ("simulated_total_delay_ms", 1000, 2),
    "adjusted s": ("simulated_adjusted_delay_ms", 1000, 2),
    "ttfat ms": ("ttfat_ms", 1, 0),
    "thinking": ("thinking_steps", 1, 1),
    "tokens": ("tokens", 1, 1),
}


def table(rows: Sequence[Row], pace: Pace, at_once: int) -> str:
    """The rows with their intervals, right answers by kind unless that were too wide, and the legend."""
    kinds = kind_lines(rows) if len(rows) <= MOST_BY_KIND else []
    told = ["", *_aligned(kinds)] if kinds else []
    return "\n".join([*_aligned(accuracy_lines(rows)), *told, "", *legend(rows, pace, at_once)])


def accuracy_lines(rows: Sequence[Row]) -> list[list[str]]:
    """The head, then a line for each row: accuracy and the means that all rows have, with their intervals."""
    shown = _shown(rows)
    lines = [["method", "n", "right %", "missing", *shown]]
    for row in rows:
        means = [_with_margin(row.means[name], unit, digits) for name, unit, digits in shown.values()]
        lines.append([row.cell.label, str(row.n), _percent(row.accuracy), str(row.missing), *means])
    return lines


def _shown(rows: Sequence[Row]) -> dict[str, tuple[str, int, int]]:
    return {head: column for head, column in _COLUMNS.items() if all(column[0] in row.means for row in rows)}


def _percent(share: Mean) -> str:
    return f"{100 * share.value:.1f} [{100 * share.low:.1f}–{100 * share.high:.1f}]"


def _with_margin(mean: Mean, unit: float, digits: int) -> str:
    return f"{mean.value / unit:.{digits}f} ±{(mean.high - mean.low) / 2 / unit:.{digits}f}"


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """The first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip() for line in lines]


def kind_lines(rows: Sequence[Row]) -> list[list[str]]:
    """Right answers by kind of task, a head first; nothing where all are of one kind."""
    kinds = list(dict.fromkeys(kind for row in rows for kind in row.by_kind))
    if len(kinds) < 2:
        return []
    lines = [["right, by kind", *(row.cell.label for row in rows)]]
    for kind in kinds:
        lines.append([kind, *(_share(row.by_kind.get(kind)) for row in rows)])
    return lines


def _share(count: tuple[int, int] | None) -> str:
    return "" if count is None else f"{count[0]}/{count[1]}"


def legend(rows: Sequence[Row], pace: Pace, at_once: int) -> list[str]:
    """What the columns mean."""
    lines = [
        "[ ], ±: 95 % intervals (Wilson; bootstrap). missing: failed, cut or empty answers; they count as not right.",
        f"steps delay: silence in decoding steps, a spoken token lasting {SPEECH_STEPS}.",
        f"total and adjusted delay: simulated, not measured: {pace.step_ms:g} ms a step, speech at "
        f"{pace.rate_wpm:g} words a minute, each phrase ready with its last character.",
    ]
    if "ttfat ms" in _shown(rows):
        lines.append("ttfat: measured on this machine, one conversation at a time.")
    elif at_once > 1:
        lines.append(f"ttfat is not measured with {at_once} conversations at once; --at-once 1 measures it.")
    return lines
