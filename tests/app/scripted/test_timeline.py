"""The timeline: what its lanes hold, and that a reader can tell its labels apart."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from app.errors import UsageError
from app.scripted.figure import LEFT, RIGHT, WIDTH, turn_drawing
from app.scripted.results import Repeat
from app.scripted.shapes import Anchor, Drawing, Ink, Label, Line, Rect, fitted
from app.scripted.timeline import Mark, Panel, Stroke, panel
from app.scripted.timeline_file import check_suffix, write_timeline
from tests.app.scripted.test_measures import repeats, script


def one_panel(index: int = 0) -> Panel:
    found = panel(repeats()[index], 1)
    assert found is not None
    return found


def test_time_counts_from_the_end_of_speech() -> None:
    lanes = one_panel()
    assert lanes.user == [Stroke(-3.0, 0.0)]
    assert lanes.first_sound_s == 2.0
    assert lanes.result_s == pytest.approx(5.5)
    assert [(mark.at_s, mark.text) for mark in lanes.finals] == [(pytest.approx(0.6), "what is it")]


def test_a_gap_between_sounds_is_a_hole() -> None:
    first, second = one_panel().audio
    assert (first.start_s, first.end_s, first.text) == (2.0, 3.0, "It is.")
    assert (second.start_s, second.end_s, second.text) == (5.0, 6.0, "Well: 85")


def test_waiting_and_gaps_are_drawn_in_one_ink() -> None:
    waits = [shape for shape in turn_drawing([one_panel()]).shapes if isinstance(shape, Rect) and shape.ink is Ink.WAIT]
    assert [shape.title for shape in waits] == ["2.00 s of silence", "2.00 s of silence"]


def test_methods_share_one_axis() -> None:
    drawing = turn_drawing([one_panel(0), one_panel(1)])
    ends = [shape for shape in drawing.shapes if isinstance(shape, Line) and shape.dashed]
    assert len(ends) == 2
    assert ends[0].x1 == ends[1].x1


def boxes(drawing: Drawing) -> Iterator[tuple[str, float, float, float, float]]:
    """Every label with the room it needs at most."""
    for shape in drawing.shapes:
        if isinstance(shape, Label):
            width = 0.6 * shape.size * len(shape.text)
            left = {Anchor.START: 0.0, Anchor.MIDDLE: width / 2, Anchor.END: width}[shape.anchor]
            yield shape.text, shape.x - left, shape.y - shape.size / 2, shape.x - left + width, shape.y + shape.size / 2


@pytest.mark.parametrize("words", ["hm", "a very long sentence that goes on and on " * 6])
def test_no_label_lies_on_another_or_beyond_the_paper(words: str) -> None:
    lanes = one_panel()
    told = [replace(mark, text=words) for mark in (lanes.finals[0], replace(lanes.finals[0], at_s=2.0))]
    audio = [Stroke(at / 2, at / 2 + 0.5, words) for at in range(4, 12)]
    crowded = replace(lanes, finals=told, audio=audio, note=words, voice_s=-0.4, silent_since_s=-0.1)
    crowded = replace(crowded, delays=crowded.delays | {"interrupt_to_silence": 300.0}, end_s=6.0)
    drawing = turn_drawing([crowded, replace(crowded, method="interleaved")])
    for one, other in combinations(boxes(drawing), 2):
        apart = one[3] <= other[1] or other[3] <= one[1] or one[4] <= other[2] or other[4] <= one[2]
        assert apart, f"{one[0]!r} lies on {other[0]!r}"
    assert all(
        left >= 0 and right <= WIDTH and bottom <= drawing.height for _, left, _, right, bottom in boxes(drawing)
    )


def test_a_final_text_leaves_room_for_the_guesses_that_follow_it() -> None:
    lanes = one_panel()
    crowded = replace(lanes, partials=[Mark(1.2, "and"), Mark(1.4, "and what")])
    drawing = turn_drawing([crowded])
    (said,) = [box for box in boxes(drawing) if box[0].startswith("what")]
    ticks = [shape.x1 for shape in drawing.shapes if isinstance(shape, Line) and shape.ink is Ink.USER]
    assert said[3] < min(ticks)


def test_nothing_is_drawn_beyond_the_axis() -> None:
    for shape in turn_drawing([one_panel()]).shapes:
        if isinstance(shape, Rect):
            assert shape.x >= LEFT - 0.1 and shape.x + shape.width <= WIDTH - RIGHT + 0.1


def test_text_is_cut_to_the_room_there_is() -> None:
    assert fitted("what is it", 200) == "what is it"
    assert fitted("what is it and why", 80) == "what is it…"
    assert fitted("what is it", 20) == ""


def written(path: Path, found: list[Repeat]) -> bytes:
    write_timeline(path, script(), found, "script default, paced: 50 ms a step & more")
    return path.read_bytes()


def test_the_page_is_one_file_without_scripts_for_light_and_dark(tmp_path: Path) -> None:
    page = written(tmp_path / "a.html", repeats()).decode()
    assert "<script" not in page and "http" not in page
    assert "prefers-color-scheme: dark" in page
    assert "paced: 50 ms a step &amp; more" in page
    assert page.count("<svg") == 1
    svg = page[page.index("<svg") : page.index("</svg>") + 6]
    texts = {element.text for element in ElementTree.fromstring(svg).iter("text")}
    assert {"async", "think", "e2e_latency 2.00 s", "e2e_latency 6.00 s", "first_result 5.50 s"} <= texts


def test_pictures_are_what_their_name_says(tmp_path: Path) -> None:
    assert written(tmp_path / "a.png", repeats()).startswith(b"\x89PNG")
    assert b"<svg" in written(tmp_path / "a.svg", repeats())


def test_other_files_are_refused() -> None:
    with pytest.raises(UsageError, match=r"--chart a\.gif: its name should end with \.html, \.png or \.svg"):
        check_suffix(Path("a.gif"))
