"""What a drawing is made of: a few shapes in pixels, y downwards, each with an ink. Painters turn them into files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never


class Ink(StrEnum):
    """What a shape stands for. Its colours on light and on dark paper are in `COLOURS`."""

    TEXT = "text"
    FAINT = "faint"  # words of less weight
    RULE = "rule"
    LANE = "lane"
    USER = "user"
    THOUGHT = "thought"
    ANSWER = "answer"
    AUDIO = "audio"
    ON_AUDIO = "on-audio"
    YES = "yes"
    NO = "no"
    WAIT = "wait"  # silence the listener hears


COLOURS: dict[Ink, tuple[str, str]] = {  # on light paper, on dark paper; hues the colour-blind can tell apart
    Ink.TEXT: ("#22252b", "#e8e6e1"),
    Ink.FAINT: ("#6d7079", "#9b9da5"),
    Ink.RULE: ("#c9c5bb", "#4a4d55"),
    Ink.LANE: ("#f1eee7", "#24272d"),
    Ink.USER: ("#5b6b7f", "#93a5bd"),
    Ink.THOUGHT: ("#b58bc9", "#b58bc9"),
    Ink.ANSWER: ("#56a3d9", "#6cb4e4"),
    Ink.AUDIO: ("#0b6e99", "#2f8fbd"),
    Ink.ON_AUDIO: ("#ffffff", "#ffffff"),
    Ink.YES: ("#2a9d6f", "#41bd8b"),
    Ink.NO: ("#a9a397", "#7d7a73"),
    Ink.WAIT: ("#d1603d", "#e57f5e"),
}
PAPER = ("#fbfaf6", "#1a1c20")


class Anchor(StrEnum):
    """Which end of a label stands at its place."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True, slots=True)
class Rect:
    """title: what a pointer resting on it shows."""

    x: float
    y: float
    width: float
    height: float
    ink: Ink
    title: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    ink: Ink
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    radius: float
    ink: Ink
    filled: bool = True


@dataclass(frozen=True, slots=True)
class Label:
    """y: of the middle of the line."""

    x: float
    y: float
    text: str
    ink: Ink = Ink.TEXT
    size: float = 12
    anchor: Anchor = Anchor.START
    bold: bool = False


Shape = Rect | Line | Dot | Label


def moved(shape: Shape, right: float, down: float) -> Shape:
    """The same shape elsewhere."""
    match shape:
        case Line():
            x1, y1, x2, y2 = shape.x1 + right, shape.y1 + down, shape.x2 + right, shape.y2 + down
            return replace(shape, x1=x1, y1=y1, x2=x2, y2=y2)
        case Rect() | Dot() | Label():
            return replace(shape, x=shape.x + right, y=shape.y + down)
        case _:
            assert_never(shape)


@dataclass(slots=True)
class Drawing:
    """Shapes, later ones on top."""

    width: float
    height: float = 0
    shapes: list[Shape] = field(default_factory=list)

    def add(self, *shapes: Shape) -> None:
        self.shapes += shapes


def fitted(text: str, width: float, size: float = 12) -> str:
    """As much of the text as is surely not wider than this, in any common font; "" if hardly a word is."""
    room = int(width / (0.6 * size))
    text = " ".join(text.split())
    if len(text) <= room:
        return text
    return text[: room - 1].rstrip() + "…" if room >= 6 else ""
