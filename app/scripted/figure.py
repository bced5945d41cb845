"""The drawing of one turn of the script: a panel for each method, stacked, on one time axis. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from app.scripted.shapes import Anchor, Dot, Drawing, Ink, Label, Line, Rect, fitted
from app.scripted.timeline import Panel, Stroke

WIDTH = 1120
LEFT, RIGHT = 96, 24  # of the lanes' names; of the axis' end
HEAD, LANE, GAP, FOOT = 30, 18, 4, 26
LANES = ("you", "understood", "thoughts", "gate", "answer", "sound")
DELAY = 17  # a row of a named delay
AXIS = 30
LEAST_WIDTH = 2.0  # of a stroke, so that it can be seen
SMALL = 11.0


def turn_drawing(panels: Sequence[Panel]) -> Drawing:
    """All methods of one turn; at least one panel."""
    start_s = min(panel.start_s for panel in panels)
    end_s = max(max(panel.end_s for panel in panels), 0.5)
    drawing = Drawing(WIDTH)
    scale = _Scale(start_s, end_s)
    top = 0.0
    for panel in panels:
        top = _Plot(drawing, scale, panel, top).draw()
    _axis(drawing, scale, top)
    drawing.height = top + AXIS
    return drawing


class _Scale:
    """Seconds to pixels."""

    def __init__(self, start_s: float, end_s: float) -> None:
        self.start_s, self.end_s = start_s, end_s
        self._pixels = (WIDTH - LEFT - RIGHT) / (end_s - start_s)

    def x(self, at_s: float) -> float:
        return LEFT + (at_s - self.start_s) * self._pixels

    def ticks(self) -> list[float]:
        """Round times, some ten of them."""
        rough = (self.end_s - self.start_s) / 10
        size = 10 ** math.floor(math.log10(rough))
        step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
        first = math.ceil(self.start_s / step)
        return [number * step for number in range(first, math.floor(self.end_s / step) + 1)]


class _Plot:
    """One method's panel."""

    def __init__(self, drawing: Drawing, scale: _Scale, panel: Panel, top: float) -> None:
        self._drawing, self._scale, self._panel, self._top = drawing, scale, panel, top

    def draw(self) -> float:
        """Draws it; returns where it ends."""
        panel, x = self._panel, self._scale.x
        self._heading()
        for index, name in enumerate(LANES):
            y = self._lane_y(index)
            self._drawing.add(Rect(LEFT, y, WIDTH - LEFT - RIGHT, LANE, Ink.LANE))
            self._drawing.add(Label(LEFT - 8, y + LANE / 2, name, Ink.FAINT, SMALL, Anchor.END))
        bottom = self._lane_y(len(LANES))
        rows = self._delays()
        end = bottom + DELAY * len(rows) + 4
        self._drawing.add(Line(x(0), self._lane_y(0) - 3, x(0), bottom - 2, Ink.TEXT, dashed=True))
        self._strokes(0, panel.user, Ink.USER)
        self._transcript()
        self._strokes(2, panel.thoughts, Ink.THOUGHT)
        self._gate()
        self._strokes(4, panel.answer, Ink.ANSWER)
        self._sound()
        for index, (name, start_s, end_s, value_ms) in enumerate(rows):
            self._delay(bottom + DELAY * (index + 0.5), name, start_s, end_s, value_ms)
        return end + FOOT - 10

    def _lane_y(self, index: int) -> float:
        return self._top + HEAD + index * (LANE + GAP)

    def _heading(self) -> None:
        panel, y = self._panel, self._top + HEAD / 2 - 2
        self._drawing.add(Label(LEFT, y, panel.method, Ink.TEXT, 14, bold=True))
        words = []
        if (silence := panel.delays.get("total_delay")) is not None:
            words.append(f"{_seconds(silence)} of silence in all")
        if panel.note:
            words.append(panel.note)
        at = LEFT + 0.66 * 14 * len(panel.method) + 14
        told = fitted(", ".join(words), WIDTH - RIGHT - at)
        self._drawing.add(Label(at, y + 0.5, told, Ink.FAINT, 12))

    def _strokes(self, lane: int, strokes: Sequence[Stroke], ink: Ink) -> None:
        y = self._lane_y(lane)
        for stroke in strokes:
            left, right = self._scale.x(stroke.start_s), self._scale.x(stroke.end_s)
            self._drawing.add(
                Rect(left, y + 3, max(LEAST_WIDTH, right - left), LANE - 6, ink, " ".join(stroke.text.split()))
            )

    def _transcript(self) -> None:
        """Partials as ticks; each final text behind its mark, as far as what comes next leaves room."""
        y, x = self._lane_y(1), self._scale.x
        for partial in self._panel.partials:
            self._drawing.add(Line(x(partial.at_s), y + 5, x(partial.at_s), y + LANE - 5, Ink.USER))
        places = sorted(x(mark.at_s) for mark in (*self._panel.partials, *self._panel.finals))
        for final in self._panel.finals:
            at = x(final.at_s)
            end = next((place for place in places if place > at), WIDTH - RIGHT)
            self._drawing.add(Rect(at, y + 2, 3, LANE - 4, Ink.USER, final.text))
            if text := fitted(final.text, end - at - 12, SMALL):
                self._drawing.add(Label(at + 8, y + LANE / 2, text, Ink.TEXT, SMALL))

    def _gate(self) -> None:
        y = self._lane_y(3) + LANE / 2
        for at_s, is_open in self._panel.gate:
            ink = Ink.YES if is_open else Ink.NO
            self._drawing.add(Dot(self._scale.x(at_s), y, 3.5, ink, filled=is_open))

    def _sound(self) -> None:
        """Phrases with their words; the silence between them in the ink of waiting."""
        y, x, strokes = self._lane_y(5), self._scale.x, self._panel.audio
        if (first_s := self._panel.first_sound_s) is not None:
            self._wait(0.0, first_s, y)
        for stroke, following in zip(strokes, [*strokes[1:], None], strict=True):
            left, right = x(stroke.start_s), x(stroke.end_s)
            joined = following is not None and x(following.start_s) - right < 1
            width = max(LEAST_WIDTH, right - left - (1 if joined else 0))
            self._drawing.add(Rect(left, y + 1, width, LANE - 2, Ink.AUDIO, stroke.text))
            if text := fitted(stroke.text, width - 8, SMALL):
                self._drawing.add(Label(left + 5, y + LANE / 2, text, Ink.ON_AUDIO, SMALL))
            if following is not None and not joined and stroke.end_s > 0:
                self._wait(stroke.end_s, following.start_s, y)

    def _wait(self, start_s: float, end_s: float, y: float) -> None:
        """Silence that is waited through."""
        left, right = self._scale.x(start_s), self._scale.x(end_s)
        self._drawing.add(
            Rect(left, y + LANE / 2 - 1.5, right - left, 3, Ink.WAIT, f"{end_s - start_s:.2f} s of silence")
        )

    def _delays(self) -> list[tuple[str, float, float, float]]:
        """(name, from, to, value in ms) of the delays that are drawn."""
        panel, told = self._panel, self._panel.delays
        rows = []
        if panel.voice_s is not None and panel.silent_since_s is not None and "interrupt_to_silence" in told:
            rows.append(("interrupt_to_silence", panel.voice_s, panel.silent_since_s, told["interrupt_to_silence"]))
        if panel.first_sound_s is not None:
            name = "e2e_latency" if "e2e_latency" in told else "first sound"
            rows.append((name, 0.0, panel.first_sound_s, 1000 * panel.first_sound_s))
        if panel.result_s is not None and "first_result" in told:
            rows.append(("first_result", 0.0, panel.result_s, told["first_result"]))
        return rows

    def _delay(self, y: float, name: str, start_s: float, end_s: float, value_ms: float) -> None:
        """A dimension line with its name behind it, or before it where there is no room."""
        left, right = self._scale.x(start_s), self._scale.x(end_s)
        ink = Ink.FAINT if name == "first_result" else Ink.WAIT
        self._drawing.add(Line(left, y, right, y, ink), Line(right, y - 4, right, y + 4, ink))
        self._drawing.add(Line(left, y - 4, left, y + 4, ink))
        text = f"{name} {_seconds(value_ms)}"
        if right + 8 + 0.6 * SMALL * len(text) < WIDTH - RIGHT:
            self._drawing.add(Label(right + 7, y, text, ink, SMALL))
        else:
            self._drawing.add(Label(left - 7, y, text, ink, SMALL, Anchor.END))


def _axis(drawing: Drawing, scale: _Scale, top: float) -> None:
    drawing.add(Line(LEFT, top, WIDTH - RIGHT, top, Ink.RULE))
    for at_s in scale.ticks():
        x = scale.x(at_s)
        drawing.add(Line(x, top, x, top + 4, Ink.RULE))
        drawing.add(Label(x, top + 14, f"{at_s:g} s", Ink.FAINT, SMALL, Anchor.MIDDLE))


def _seconds(value_ms: float) -> str:
    return f"{value_ms / 1000:.2f} s" if value_ms < 10_000 else f"{value_ms / 1000:.1f} s"
