"""Files a command writes."""

from pathlib import Path

import pytest

from app.errors import InputError, RunError
from app.files import check_place, write_whole


def test_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "a.wav"
    place.write_bytes(b"old")
    write_whole(place, b"new")
    assert place.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [place]


def test_failed_write_is_a_run_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"gone/a\.wav"):
        write_whole(tmp_path / "gone" / "a.wav", b"new")


def test_places_that_cannot_be_written_are_refused_before_the_work(tmp_path: Path) -> None:
    check_place(tmp_path / "a.wav")
    with pytest.raises(InputError, match="there is no folder"):
        check_place(tmp_path / "gone" / "a.wav")
    with pytest.raises(InputError, match="it is a folder"):
        check_place(tmp_path)


def test_a_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    import os
    import threading

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"sound")
    reader.join()
    assert read == [b"sound"] and pipe.is_fifo()
