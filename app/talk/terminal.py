"""The terminal while the desktop client runs: keys one by one, the kitty protocol where it is spoken, and all of it
undone at the end, whatever the end is. What is logged meanwhile is shown as a notice, or it would tear the screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.talk.keys import ASK_KITTY, KITTY_OFF, KITTY_ON
from app.terminal.keyboard import key_by_key

ENDINGS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
)  # each is an exit code of 128 + its number, as shells count


@dataclass(slots=True)
class Kitty:
    """The kitty keyboard protocol of one terminal. Nothing is switched on before the terminal said that it has it."""

    write: Callable[[str], object]
    spoken: bool = False
    on: bool = False

    def ask(self) -> None:
        """The answer comes as a key (`KittyAnswered`), or never."""
        self.write(ASK_KITTY)

    def answered(self) -> None:
        """The terminal speaks it."""
        self.spoken = True
        self.switch(True)

    def switch(self, on: bool) -> None:
        """On for keys, off for typing. Without effect where it is not spoken, and when repeated."""
        if self.spoken and on != self.on:
            self.on = on
            self.write(KITTY_ON if on else KITTY_OFF)


@contextlib.contextmanager
def talk_terminal(descriptor: int, write: Callable[[str], object]) -> Iterator[Kitty]:
    """Keys come one by one and are not echoed; restored at the end."""
    with key_by_key(descriptor):
        kitty = Kitty(write)
        kitty.ask()
        try:
            yield kitty
        finally:
            kitty.switch(False)


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """What libraries in C print to stderr goes nowhere (ALSA, about hardware that is not there); Python's own comes."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, ValueError, AttributeError):  # there is no stderr
        yield
        return
    before = sys.stderr
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    with os.fdopen(os.dup(kept), "w", buffering=1) as ours:
        sys.stderr = ours
        try:
            yield
        finally:
            sys.stderr = before
            os.dup2(kept, 2)
            os.close(kept)


class _Told(logging.Handler):
    """Hands every record on as a line."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(self.format(record))


@contextlib.contextmanager
def logged_to(tell: Callable[[str], None]) -> Iterator[None]:
    """What is logged goes to `tell`, line by line, instead of stderr."""
    root = logging.getLogger()
    before = list(root.handlers)
    told = _Told(tell)
    told.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    root.handlers[:] = [told]
    try:
        yield
    finally:
        root.handlers[:] = before


@contextlib.contextmanager
def on_ending(end: Callable[[int], None]) -> Iterator[None]:
    """SIGTERM and SIGHUP call `end` with their exit code on the event loop for as long as the block runs."""
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":  # its loop takes no signal handlers
        yield
        return
    for number in ENDINGS:
        loop.add_signal_handler(number, end, 128 + number)
    try:
        yield
    finally:
        for number in ENDINGS:
            loop.remove_signal_handler(number)
