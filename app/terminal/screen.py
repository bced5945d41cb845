"""A transcript and the line being typed as something `rich` can draw. Knows no events and reads no keys."""

from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from app.terminal.transcript import Exchange, Transcript

ROWS_FOR_THE_REST = 8  # headings, the line being typed, and room for what stands above
CURSOR = "▏"


def live_view(transcript: Transcript, typed: str, notice: str, console: Console) -> RenderableType:
    """What changes all the time: the growing exchanges, cut to the terminal's height, and the line being typed."""
    rows = max(3, console.height - ROWS_FOR_THE_REST)
    parts = [exchange_view(exchange, console, rows) for exchange in transcript.growing.values()]
    return Group(*parts, _prompt(typed, notice or transcript.mind.value))


def exchange_view(
    exchange: Exchange, console: Console, rows: int | None = None, thoughts: str = "thoughts"
) -> RenderableType:
    """One exchange: the user's words, then thoughts (under that heading) and answer side by side; with `rows`, only
    their last rows.
    """
    sides = Table.grid(expand=True, padding=(0, 2))
    sides.add_column(ratio=1, overflow="fold")
    sides.add_column(ratio=1, overflow="fold")
    width = max(10, console.width // 2 - 2)
    sides.add_row(Text(thoughts, style="dim"), Text("answer", style="dim"))
    answer = exchange.answer.strip() + (" — (interrupted)" if exchange.interrupted else "")
    sides.add_row(
        _tail(Text(exchange.thoughts.strip(), style="dim italic"), width, rows, console),
        _tail(Text(answer), width, rows, console),
    )
    return Group(Text(f"› {exchange.user}", style="bold"), sides, Rule(style="dim"))


def _tail(text: Text, width: int, rows: int | None, console: Console) -> Text:
    if rows is None:
        return text
    return Text("\n").join(text.wrap(console, width)[-rows:])


def _prompt(typed: str, status: str) -> Text:
    return Text.assemble(("› ", "bold green"), typed, (CURSOR, "green"), "   ", (status, "dim"), overflow="fold")
