"""The timeline as a file: a page with a drawing for every turn of the script, or all of them in one picture."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.errors import UsageError
from app.files import write_whole
from app.scripted.figure import WIDTH, turn_drawing
from app.scripted.paint import inks_css, plotted, svg
from app.scripted.results import Repeat
from app.scripted.script import Script, Turn
from app.scripted.shapes import Drawing, Ink, Label, moved
from app.scripted.timeline import panel

SUFFIXES = (".html", ".png", ".svg")
MARGIN, TITLE, HEADING = 24, 64, 40
LEGEND = (
    "Time counts from the user's last speech (dashed), or from the end of typed input. Red is waiting: until the first "
    "sound, and gaps between sounds. Gate: ● yes, the writer may go on; ○ no. Ticks under “understood” are guesses of "
    "the recogniser while the user speaks, the bar is its final text. Only the first take of each method is drawn."
)
STYLE = """body { font: 15px/1.5 system-ui, sans-serif; background: var(--paper); color: var(--text);
  max-width: 1168px; margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2.5rem 0 .5rem; }
p { color: var(--faint); margin: .3rem 0; max-width: 56rem; } svg { width: 100%; height: auto; }
svg text { font-family: system-ui, sans-serif; dominant-baseline: central; }"""


def check_suffix(path: Path) -> None:
    """Raises UsageError for a file that no timeline can be written to."""
    if path.suffix not in SUFFIXES:
        raise UsageError(f"--chart {path}: its name should end with {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")


def write_timeline(path: Path, script: Script, repeats: Sequence[Repeat], what: str) -> None:
    """Draws the first take of every method. Raises RunError if the file cannot be written."""
    drawings = list(_drawings(script, repeats))
    if path.suffix == ".html":
        write_whole(path, _page(drawings, what).encode())
    else:
        content = io.BytesIO()
        plotted(_together(drawings, what), content, path.suffix[1:])
        write_whole(path, content.getvalue())


def _drawings(script: Script, repeats: Sequence[Repeat]) -> Iterator[tuple[str, Drawing]]:
    """(heading, drawing) of every turn."""
    first = {one.method: one for one in reversed(repeats)}
    methods = dict.fromkeys(one.method for one in repeats)
    for number, turn in enumerate(script.turn, 1):
        found = [panel(first[method], number) for method in methods]
        if panels := [one for one in found if one is not None]:
            yield f"{number}. {_words(turn)}", turn_drawing(panels)


def _words(turn: Turn) -> str:
    words = f"“{turn.words}”" if turn.words else "a recording"
    manner = "typed: " if not turn.spoken else "interrupting: " if turn.interrupt_at_ms is not None else ""
    late = "".join(f" … “{late.say or late.type or late.wav}”" for late in turn.late)
    return manner + words + late


def _page(drawings: Sequence[tuple[str, Drawing]], what: str) -> str:
    sections = "\n".join(f"<h2>{html.escape(heading)}</h2>\n{svg(drawing, heading)}" for heading, drawing in drawings)
    title = "Sotto: who waits for what"
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>
{inks_css()}
{STYLE}
</style>
<h1>{title}</h1>
<p>Measured in real time: {html.escape(what)}.</p>
<p>{html.escape(LEGEND)}</p>
{sections}
</html>
"""


def _together(drawings: Sequence[tuple[str, Drawing]], what: str) -> Drawing:
    """All drawings under each other, with headings."""
    whole = Drawing(WIDTH + 2 * MARGIN, TITLE)
    whole.add(Label(MARGIN, 24, "Sotto: who waits for what", size=17, bold=True))
    whole.add(Label(MARGIN, 46, f"measured in real time: {what}; time counts from the end of speech", Ink.FAINT))
    for heading, drawing in drawings:
        whole.add(Label(MARGIN, whole.height + HEADING / 2, heading, size=14, bold=True))
        whole.height += HEADING
        whole.add(*(moved(shape, MARGIN, whole.height) for shape in drawing.shapes))
        whole.height += drawing.height
    whole.height += MARGIN
    return whole
