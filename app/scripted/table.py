"""The tables on stdout: measured delays by method, and measured beside simulated, never in one column. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.latency import NAMES
from app.scripted.results import GAPS, Repeat, Spread, beside, by_method, measured_spreads, ratio
from app.scripted.simulate import WHY_DIFFERENT
from app.scripted.take import LATE_S

NAME_WIDTH, WIDTH, N_WIDTH = 21, 7, 4
NONE = "–"


def pace(step_ms: float | None) -> str:
    """How every output of this measurement is labelled."""
    return f"paced: {step_ms:g} ms a step" if step_ms else "not paced"


def measured_table(repeats: Sequence[Repeat], title: str, width: int = 120) -> str:
    """Percentiles of every delay, methods side by side as far as they fit, and what became of the answers."""
    own = by_method(repeats)
    spreads = {method: measured_spreads(found) for method, found in own.items()}
    lines = [title, *spread_lines(spreads, [*NAMES, GAPS], width), ""]
    lines += [_fates(method, found) for method, found in own.items()]
    base = "async" if "async" in own else next(iter(own), "")
    for method in own:
        if method != base and (found := ratio(repeats, method, base)):
            lines.append(f"total_delay: {method} {found[0]:.2f} × {base} (means over {found[1]} turns that both have)")
    return "\n".join(lines)


def spread_lines(spreads: Mapping[str, Mapping[str, Spread]], names: Sequence[str], width: int) -> Iterator[str]:
    """A row for each name; p50, p95, max and n for each method, several blocks if they do not fit the width."""
    column = 3 * WIDTH + N_WIDTH
    methods = list(spreads)
    fitting = max(1, (width - NAME_WIDTH) // column)
    for start in range(0, len(methods), fitting):
        block = methods[start : start + fitting]
        yield ""
        yield " " * NAME_WIDTH + "".join(f"{method:>{column}}" for method in block)
        heads = f"{'p50':>{WIDTH}}{'p95':>{WIDTH}}{'max':>{WIDTH}}{'n':>{N_WIDTH}}"
        yield " " * NAME_WIDTH + heads * len(block)
        for name in names:
            yield f"{name:<{NAME_WIDTH}}" + "".join(_cells(spreads[method].get(name)) for method in block)
    yield ""
    yield "ms; steps_… in decoding steps; p95 of few values is near their max"


def beside_table(repeats: Sequence[Repeat]) -> str:
    """Means of measured and simulated delays of the same turns, and why they differ."""
    lines = ["measured beside simulated, means in ms over turns that have both", ""]
    lines.append(f"{'':<{NAME_WIDTH}}{'':<13}{'measured':>10}{'simulated':>11}{'difference':>12}{'n':>5}")
    for one in beside(repeats):
        figures = f"{one.measured:>10.0f}{one.simulated:>11.0f}{one.measured - one.simulated:>+12.0f}{one.n:>5}"
        lines.append(f"{one.delay:<{NAME_WIDTH}}{one.method:<13}{figures}")
    return "\n".join([*lines, "", WHY_DIFFERENT])


def _cells(spread: Spread | None) -> str:
    if spread is None:
        return f"{NONE:>{WIDTH}}" * 3 + f"{0:>{N_WIDTH}}"
    return f"{spread.p50:>{WIDTH}.0f}{spread.p95:>{WIDTH}.0f}{spread.most:>{WIDTH}.0f}{spread.n:>{N_WIDTH}}"


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def _fates(method: str, repeats: Sequence[Repeat]) -> str:
    """What became of the turns."""
    turns = [turn for one in repeats for turn in one.turns]
    kept = sum(not turn.broken for turn in turns)
    words = [f"{method}: {_count(len(turns), 'turn')} in {_count(len(repeats), 'repeat')}, bounds kept in {kept}"]
    if wanted := [turn for turn in turns if turn.wanted is not None]:
        words.append(f"result heard in {sum(turn.result_heard for turn in wanted)} of {len(wanted)}")
    if split := sum(len(turn.answers) > 1 for turn in turns):
        words.append(f"{split} split into several by a pause or a late addition")
    if cut := sum(turn.last is not None and turn.last.interrupted for turn in turns):
        words.append(f"{cut} interrupted")
    if lost := sum(turn.last is None for turn in turns):
        words.append(f"{lost} without an answer")
    if late := [turn.late_s for turn in turns if turn.late_s > LATE_S]:
        words.append(f"hearing up to {max(late):.1f} s late in {len(late)} (a busy or slow machine)")
    return ", ".join(words)
