"""The measurement as anyone runs it, once; and what it says where it cannot run."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.barge_in.__main__ import main
from app.barge_in.pulse import PROGRAMS, pulse_server
from app.errors import RunError
from tests.conftest import Require

HEARD_ERROR_MS = 30


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder with a short path."""
    with tempfile.TemporaryDirectory(prefix="s-") as folder:
        yield Path(folder)


def test_a_socket_whose_path_would_be_too_long_is_told(require: Require, scratch: Path) -> None:
    for program in PROGRAMS:
        require(program)
    (long := scratch / ("x" * 100)).mkdir()
    with pytest.raises(RunError, match="the path is too long; set TMPDIR"), pulse_server(long):
        pass


def test_without_pulseaudio_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["--times", "1"]) == 1
    said = capsys.readouterr().err
    assert "not installed: pulseaudio, pactl, paplay, parec; install with: apt-get install pulseaudio" in said
    assert said.count("\n") == 1


def test_a_place_that_cannot_be_written_is_told_before_anything_is_started(
    require: Require, capsys: pytest.CaptureFixture[str]
) -> None:
    for program in PROGRAMS:
        require(program)
    assert main(["--times", "1", "--json", "/no/such/folder/f.json"]) == 1
    assert "there is no folder /no/such/folder" in capsys.readouterr().err


@pytest.mark.device
@pytest.mark.slow
def test_a_barge_in_is_measured_and_nothing_is_left_behind(
    require: Require, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scratch: Path
) -> None:
    for program in PROGRAMS:
        require(program)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    file = tmp_path / "figures.json"
    assert main(["--times", "1", "--carry-thoughts", "--json", str(file)]) == 0
    found = json.loads(file.read_text(encoding="utf-8"))["summary"]
    print(found)
    assert found["barge_ins"] + found["not_interrupted"] == 1
    assert found["heard_error_ms"]["p95"] <= HEARD_ERROR_MS
    assert found["thoughts_kept"] == found["thoughts_interrupted"] == 1
    assert found["sound_lost_ms"] == 0
    assert found["recording_fit"] > 0.9
    assert not list(scratch.iterdir())
    running = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/environ") if _readable(path)]
    assert not any(str(scratch).encode() in environment for environment in running)


def _readable(path: Path) -> bool:
    try:
        return bool(path.read_bytes())
    except OSError:
        return False
