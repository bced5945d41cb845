"""Scripts: what is read, and what is said of one that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import InputError
from app.scripted.script import After, Script, read_script

ROOT = Path(__file__).parents[3]


def read(folder: Path, text: str) -> Script:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return read_script(path)


def test_a_script_says_who_says_what_when(tmp_path: Path) -> None:
    script = read(
        tmp_path,
        """
        pause_ms = 300
        [bounds]
        max_e2e_ms = 3000
        [[turn]]
        say = "what is 47 plus 38"
        must_contain = "85"
        late = [{ type = "no, 37", after = "first_sound", at_ms = 200 }]
        [[turn]]
        parts = [{ say = "what is" }, { say = "two and two", pause_ms = 700 }]
        interrupt_at_ms = 900
        """,
    )
    first, second = script.turn
    assert (script.name, script.bounds.max_e2e_ms) == ("mine", 3000)
    assert (first.must_contain, first.expected, first.words) == (["85"], "85", "what is 47 plus 38")
    assert (first.late[0].after, first.late[0].at_ms) == (After.FIRST_SOUND, 200)
    assert [piece.pause_ms for piece in second.pieces] == [0, 700]
    assert second.words == "what is two and two"


def test_a_turns_rate_is_that_of_its_pieces(tmp_path: Path) -> None:
    script = read(tmp_path, '[[turn]]\nrate_wpm = 120\nparts = [{ say = "a" }, { say = "b", rate_wpm = 200 }]')
    assert [piece.rate_wpm for piece in script.turn[0].pieces] == [120, 200]


def test_a_recording_has_words_only_if_they_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"")
    assert read(tmp_path, '[[turn]]\nwav = "a.wav"').turn[0].words is None
    assert read(tmp_path, '[[turn]]\nwav = "a.wav"\ntext = "hello"').turn[0].words == "hello"


TYPED = '[[turn]]\ntype = "hi"\n'
SAY = '[[turn]]\nsay = "hi"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[turn]]\nsya = "hi"', "turn 1: unknown key 'sya'; did you mean 'say'?"),
        ("[bounds]\nmax_e2e = 3\n" + SAY, "bounds: unknown key 'max_e2e'; did you mean 'max_e2e_ms'?"),
        ("colour = 1\n" + SAY, "unknown key 'colour'; known are name, voice"),
        (SAY + 'late = [{ say = "x", afer = "x" }]', "turn 1, late 1: unknown key 'afer'; did you mean 'after'?"),
        (SAY + 'late = [{ say = "x", after = "noon" }]', "turn 1, late 1: 'after' is 'noon'; it should be 'end_of"),
        (SAY + "pause_ms = -3", "turn 1: 'pause_ms' is -3; it should be greater than or equal to 0"),
        (SAY + "pause_ms = 60001", "turn 1: 'pause_ms' is 60001; it should be less than or equal to 60000"),
        (SAY + 'rate_wpm = "fast"', "turn 1: 'rate_wpm' is 'fast'; it should be a valid integer"),
        (SAY + 'type = "x"', "should have exactly one of say, wav, type, parts; it has 'say' and 'type'"),
        (SAY + "interrupt_at_ms = 4", "turn 1 has 'interrupt_at_ms', and there is nothing to interrupt yet"),
        (f"{SAY}{TYPED}interrupt_at_ms = 4\nmax_interrupt_ms = 4", "counts from the user's voice, and is typed"),
        (SAY + "max_interrupt_ms = 4", "has 'max_interrupt_ms' and interrupts nobody"),
        (SAY + "max_total_delay_ms = 9\n" + SAY + "interrupt_at_ms = 4", "and is interrupted by turn 2"),
        ('[[turn]]\ntype = "a"\nmax_e2e_ms = 10', "use 'max_total_delay_ms'"),
        ('[[turn]]\nsay = "..."', "turn 1: 'say' is '...'; it should have at least one word"),
        ('[[turn]]\nwav = "gone.wav"', "turn 1: there is no file"),
        ("", "there is no '[[turn]]'"),
        ("x = [", "is not valid TOML"),
    ],
)
def test_a_broken_script_is_told_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        read(tmp_path, text)
    assert message in str(raised.value)
    assert "mine.toml" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_script_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read the script .*gone\.toml: No such file"):
        read_script(tmp_path / "gone.toml")


@pytest.mark.parametrize("path", sorted((ROOT / "assets" / "latency").glob("*.toml")), ids=lambda path: path.stem)
def test_the_bundled_scripts_can_be_read(path: Path) -> None:
    assert read_script(path).turn


def test_a_mark_before_the_first_byte_is_no_fault(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff" + SAY).turn[0].say == "hi"


@pytest.mark.parametrize("text", ["pause_ms = " + "9" * 5000, "a = " + "[" * 5000])
def test_toml_without_end_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="is not valid TOML"):
        read(tmp_path, text)
