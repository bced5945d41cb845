"""What is over and stays: above the part of the screen that is redrawn, or as plain lines where there is no screen."""

import sys
from typing import Protocol

from rich.console import Console
from rich.text import Text

from app.talk.screen import THOUGHTS
from app.terminal.screen import exchange_view
from app.terminal.transcript import Exchange


class Printer(Protocol):
    """Where finished things go."""

    def exchange(self, exchange: Exchange) -> None:
        """A turn that is over; its answer as far as it was heard."""

    def fault(self, message: str) -> None:
        """Something failed."""

    def trouble(self, message: str) -> None:
        """The devices have trouble, or ("") no longer."""


class ScreenPrinter:
    """Above the live part of the screen, which shows trouble itself."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def exchange(self, exchange: Exchange) -> None:
        """Thoughts and answer side by side."""
        self._console.print(exchange_view(exchange, self._console, thoughts=THOUGHTS))

    def fault(self, message: str) -> None:
        """In red."""
        self._console.print(Text(message, style="red"))

    def trouble(self, message: str) -> None:
        """The view has it."""


class PlainPrinter:
    """For pipes: what the user said and what was heard of the answer on stdout, all else on stderr."""

    def exchange(self, exchange: Exchange) -> None:
        """Two lines, without thoughts."""
        cut = " — (interrupted)" if exchange.interrupted else ""
        print(f"you: {exchange.user}\nsotto: {' '.join(exchange.answer.split())}{cut}", flush=True)

    def fault(self, message: str) -> None:
        """One line."""
        print(f"sotto: {message}", file=sys.stderr, flush=True)

    def trouble(self, message: str) -> None:
        """One line."""
        print(f"sotto: {message or 'the sound devices are back'}", file=sys.stderr, flush=True)
