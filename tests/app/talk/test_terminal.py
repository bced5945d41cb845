"""The terminal is as it was, whatever happens; on a real pseudo-terminal."""

import asyncio
import logging
import os
import pty
import signal
import sys
import termios

import pytest

from app.talk.keys import ASK_KITTY, KITTY_OFF, KITTY_ON
from app.talk.terminal import logged_to, on_ending, quiet_libraries, talk_terminal


@pytest.mark.parametrize("fails", [False, True])
def test_keys_come_one_by_one_and_then_all_is_as_before(fails: bool) -> None:
    outside, inside = pty.openpty()
    before, written = termios.tcgetattr(inside), []
    try:
        with talk_terminal(inside, written.append) as kitty:
            assert not termios.tcgetattr(inside)[3] & (termios.ICANON | termios.ECHO)
            kitty.answered()
            if fails:
                raise KeyError("x")
    except KeyError:
        assert fails
    assert termios.tcgetattr(inside) == before
    assert written == [ASK_KITTY, KITTY_ON, KITTY_OFF]
    os.close(outside)
    os.close(inside)


def test_a_terminal_that_never_answers_is_left_alone() -> None:
    outside, inside = pty.openpty()
    written: list[str] = []
    with talk_terminal(inside, written.append) as kitty:
        kitty.switch(False)
        kitty.switch(True)
    assert written == [ASK_KITTY]
    os.close(outside)
    os.close(inside)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_with_the_exit_code_that_shells_expect(number: signal.Signals) -> None:
    async def work() -> list[int]:
        ended: list[int] = []
        with on_ending(ended.append):
            os.kill(os.getpid(), number)
            await asyncio.sleep(0.05)
        return ended

    before = signal.getsignal(number)
    assert asyncio.run(work()) == [128 + number]
    assert signal.getsignal(number) == before


def test_what_is_logged_is_told_and_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    with logged_to(told.append):
        logging.getLogger("app.x").warning("the voice %s", "stumbled")
    logging.getLogger("app.x").debug("not this")
    assert told == ["app.x: the voice stumbled"]
    assert capsys.readouterr().err == ""


def test_libraries_are_quiet_and_python_is_not() -> None:
    reader, writer = os.pipe()
    kept = os.dup(2)
    os.dup2(writer, 2)
    try:
        with quiet_libraries():
            os.write(2, b"ALSA lib pcm.c: complaint\n")
            print("ours", file=sys.stderr)
        os.write(2, b"again\n")
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(writer)
    assert os.read(reader, 1000) == b"ours\nagain\n"
    os.close(reader)
