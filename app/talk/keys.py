"""Keys as a terminal sends them, plain or by the kitty keyboard protocol. Pure.

Sources: ECMA-48 for the shape of sequences; https://sw.kovidgoyal.net/kitty/keyboard-protocol/ for keys as
`CSI code;modifiers:event u`, the question `CSI ? u`, its answer `CSI ? flags u`, and `CSI > flags u` / `CSI < u` to
switch on and back.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

ASK_KITTY = "\x1b[?u"
KITTY_ON = "\x1b[>11u"  # disambiguate (1), event types (2), all keys as sequences (8)
KITTY_OFF = "\x1b[<u"

SPACE, ESCAPE, ENTER, BACKSPACE, END_OF_INPUT, INTERRUPT = " ", "\x1b", "\r", "\x7f", "\x04", "\x03"
CONTROL, LOCKS = 4, 64 | 128
SEQUENCE = re.compile(r"\x1b\[(?P<private>[<=>?]?)(?P<numbers>[0-9;:]*)[ -/]*(?P<final>[@-~])|\x1bO.|\x1b(?=[^\[O])")
UNFINISHED = re.compile(r"\x1b(?:\[[<=>?]?[0-9;:]*[ -/]*|O)$")


class KeyAction(Enum):
    """What happened to a key; plain terminals only know presses."""

    PRESS = 1
    REPEAT = 2
    RELEASE = 3


@dataclass(frozen=True, slots=True)
class Key:
    """A key by the character it stands for; `exact` if the terminal tells releases too."""

    char: str
    action: KeyAction = KeyAction.PRESS
    exact: bool = False


class KittyAnswered:
    """The terminal says that it speaks the kitty keyboard protocol."""


class KeyReader:
    """Turns what is read, in pieces of any size, into keys; drops what it does not know (arrows, function keys)."""

    def __init__(self) -> None:
        self._rest = ""

    def take(self, text: str) -> Iterator[Key | KittyAnswered]:
        """The keys in this piece; a sequence that is not finished waits for the next. A lone escape is the key."""
        text, self._rest = self._rest + text, ""
        if text != ESCAPE and (cut := UNFINISHED.search(text)):
            text, self._rest = text[: cut.start()], cut.group()
        at = 0
        while at < len(text):
            found = SEQUENCE.match(text, at)
            if found is None:
                yield Key("\r" if text[at] == "\n" else text[at])
                at += 1
                continue
            at = found.end()
            if found.group() == ESCAPE:
                yield Key(ESCAPE)
            elif found["final"] == "u":
                yield from _from_kitty(found["private"], found["numbers"])


def _from_kitty(private: str, numbers: str) -> Iterator[Key | KittyAnswered]:
    if private == "?":
        yield KittyAnswered()
        return
    fields = [[int(part or 0) for part in field.split(":")] for field in numbers.split(";")] if numbers else []
    if private or not fields or not 0 < fields[0][0] < 0x110000:
        return
    code, modifiers, event = fields[0][0], 1, 1
    if len(fields) > 1:
        modifiers = fields[1][0] or 1
        event = fields[1][1] if len(fields[1]) > 1 else 1
    held = (modifiers - 1) & ~LOCKS
    if held & CONTROL and 64 <= (upper := ord(chr(code).upper()[0])) < 96:
        code = upper & 31
    if event in {1, 2, 3}:
        yield Key(chr(code), KeyAction(event), exact=True)
