"""Two painters of a drawing: inline SVG whose colours follow the reader's light or dark theme, and matplotlib."""

from __future__ import annotations

import html
import warnings
from typing import IO, TYPE_CHECKING, assert_never

from app.scripted.shapes import COLOURS, PAPER, Anchor, Dot, Drawing, Label, Line, Rect, Shape

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 100  # a pixel of the drawing is one of the figure; pictures have twice as many
SHARPNESS = 2


def inks_css() -> str:
    """The colours as variables, for light and for dark."""

    def variables(index: int) -> str:
        inks = "".join(f" --{ink.value}: {pair[index]};" for ink, pair in COLOURS.items())
        return f":root {{ --paper: {PAPER[index]};{inks} }}"

    return f"{variables(0)}\n@media (prefers-color-scheme: dark) {{ {variables(1)} }}"


def svg(drawing: Drawing, label: str) -> str:
    """The drawing as an element of a page that has `inks_css`."""
    size = f"0 0 {drawing.width:g} {drawing.height:.0f}"
    body = "\n".join(_element(shape) for shape in drawing.shapes)
    return f'<svg viewBox="{size}" role="img" aria-label="{html.escape(label)}">\n{body}\n</svg>'


def _element(shape: Shape) -> str:
    colour = f"var(--{shape.ink.value})"
    match shape:
        case Rect(x=x, y=y, width=width, height=height, title=title):
            inside = f"<title>{html.escape(title)}</title>" if title else ""
            place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
            return f'<rect {place} rx="2" fill="{colour}">{inside}</rect>'
        case Line(x1=x1, y1=y1, x2=x2, y2=y2, dashed=dashed):
            dash = ' stroke-dasharray="3 3"' if dashed else ""
            return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{colour}"{dash}/>'
        case Dot(x=x, y=y, radius=radius, filled=filled):
            fill = f'fill="{colour}"' if filled else f'fill="none" stroke="{colour}" stroke-width="1.5"'
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" {fill}/>'
        case Label(x=x, y=y, text=text, size=size, anchor=anchor, bold=bold):
            weight = ' font-weight="600"' if bold else ""
            place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor.value}"'
            return f'<text {place}{weight} fill="{colour}">{html.escape(text)}</text>'
        case _:
            assert_never(shape)


def plotted(drawing: Drawing, file: IO[bytes], kind: str) -> None:
    """Writes the drawing through matplotlib, on light paper. kind: png or svg."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "sotto"}):
        figure = Figure(figsize=(drawing.width / DPI, drawing.height / DPI), facecolor=PAPER[0])
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, drawing.width), ylim=(drawing.height, 0))
        axes.axis("off")
        for order, shape in enumerate(drawing.shapes):
            _plot(axes, shape, order)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph", UserWarning)  # a character the font lacks is drawn as a box
            figure.savefig(file, format=kind, dpi=DPI * SHARPNESS, facecolor=PAPER[0])


def _plot(axes: Axes, shape: Shape, order: int) -> None:
    from matplotlib.patches import Circle, Rectangle

    colour = COLOURS[shape.ink][0]
    match shape:
        case Rect(x=x, y=y, width=width, height=height):
            axes.add_patch(Rectangle((x, y), width, height, color=colour, linewidth=0, zorder=order))
        case Line(x1=x1, y1=y1, x2=x2, y2=y2, dashed=dashed):
            axes.plot((x1, x2), (y1, y2), color=colour, linewidth=0.8, ls=":" if dashed else "-", zorder=order)
        case Dot(x=x, y=y, radius=radius, filled=filled):
            axes.add_patch(
                Circle((x, y), radius, edgecolor=colour, facecolor=colour if filled else "none", zorder=order)
            )
        case Label(x=x, y=y, text=text, size=size, anchor=anchor, bold=bold):
            sides = {Anchor.START: "left", Anchor.MIDDLE: "center", Anchor.END: "right"}
            drawn = axes.text(x, y, text.replace("$", r"\$"), color=colour, ha=sides[anchor], va="center", zorder=order)
            drawn.set_fontsize(0.92 * size * 72 / DPI)
            drawn.set_fontweight("bold" if bold else "normal")
        case _:
            assert_never(shape)
