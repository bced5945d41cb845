"""What is typed: a small line editor (pure), and the reading of a file descriptor that may block for ever.

Source of the key codes: ECMA-48 and the habits of readline.
"""

import asyncio
import codecs
import contextlib
import os
import re
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

READ_BYTES = 65_536
ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.|.)?")  # arrow keys and the like: not supported
BACKSPACES = {"\x7f", "\b"}
ENTER = {"\r", "\n"}
END_OF_INPUT, DELETE_WORD, DELETE_LINE = "\x04", "\x17", "\x15"


@dataclass(slots=True)
class LineEditor:
    """The line being typed. Knows typing, backspace, Ctrl-W, Ctrl-U, Enter and Ctrl-D."""

    text: str = ""
    closed: bool = False

    def type(self, keys: str) -> Iterator[str]:
        """Takes keys as the terminal sends them; yields each line that is finished by Enter."""
        for key in ESCAPE_SEQUENCE.sub("", keys):
            if key in ENTER:
                line, self.text = self.text, ""
                yield line
            elif key in BACKSPACES:
                self.text = self.text[:-1]
            elif key == DELETE_LINE:
                self.text = ""
            elif key == DELETE_WORD:
                self.text = re.sub(r"\S+\s*$", "", self.text)
            elif key == END_OF_INPUT:
                self.closed = self.closed or not self.text
            elif key.isprintable():
                self.text += key


async def chunks(descriptor: int) -> AsyncIterator[str]:
    """What can be read from `descriptor`, as UTF-8 text in pieces of any size, until its end.

    Reads in a daemon thread and without Python's stdin buffer, so that a read that never returns holds up nothing.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes] = asyncio.Queue()

    def read() -> None:
        data = b"-"
        while data:
            try:
                data = os.read(descriptor, READ_BYTES)
            except OSError:
                data = b""
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody listens any more
                loop.call_soon_threadsafe(queue.put_nowait, data)

    threading.Thread(target=read, name="keyboard", daemon=True).start()
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    while data := await queue.get():
        yield decoder.decode(data)


async def lines(descriptor: int) -> AsyncIterator[str]:
    """The lines that can be read from `descriptor`, also a last one without a line end."""
    rest = ""
    async for chunk in chunks(descriptor):
        *whole, rest = (rest + chunk).split("\n")
        for line in whole:
            yield line.rstrip("\r")
    if rest:
        yield rest


@contextlib.contextmanager
def key_by_key(descriptor: int) -> Iterator[None]:
    """The terminal hands over every key at once and echoes none; Ctrl-C stays a signal. Restored at the end."""
    if sys.platform == "win32":
        raise NotImplementedError("terminals are read line by line on Windows")
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
