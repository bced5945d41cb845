"""What the desktop client shows, as something `rich` can draw. Knows no events and reads no keys."""

from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.text import Text

from app.conversation.events import Mind, Mouth
from app.talk.ears import Ears
from app.terminal.screen import exchange_view
from app.terminal.transcript import Transcript

THOUGHTS = "thoughts (not spoken)"
ROWS_FOR_THE_REST = 11
METER_WIDTH = 16
SHOWN_DELAYS = {
    "e2e_latency": "voice to voice",
    "end_of_turn_delay": "end of turn",
    "ttfat": "first answer token",
    "total_delay": "silence",
    "interrupt_to_silence": "interrupt to silence",
}


@dataclass(slots=True)
class TalkView:
    """The client's state as far as it is shown. typed: the line being typed; trouble: what is wrong until it is not."""

    devices: str
    keys: str
    transcript: Transcript = field(default_factory=Transcript)
    partial: str = ""
    mouth: Mouth = Mouth.SILENT
    ears: Ears = Ears.SHUT
    muted: bool = False
    talking: bool = False
    meter: str = ""
    clipped: bool = False
    latency: str = ""
    notice: str = ""
    trouble: str = ""
    typed: str | None = None


def live_view(view: TalkView, console: Console) -> RenderableType:
    """What changes all the time, cut to the terminal's height: the growing turns, the partial, states, the keys."""
    rows = max(3, console.height - ROWS_FOR_THE_REST)
    parts: list[RenderableType] = [
        exchange_view(exchange, console, rows, THOUGHTS) for exchange in view.transcript.growing.values()
    ]
    if view.partial:
        parts.append(Text.assemble(("you  ", "dim"), (view.partial, "italic")))
    parts.append(_states(view))
    if view.latency:
        parts.append(Text(f"last turn: {view.latency}", style="dim", overflow="ellipsis", no_wrap=True))
    if view.trouble:
        parts.append(Text(view.trouble, style="bold red"))
    parts.append(_last_line(view))
    return Group(*parts)


def _states(view: TalkView) -> Text:
    mind = view.transcript.mind
    return Text.assemble(
        *_microphone(view),
        ("   mind ", "dim"),
        (mind.value, "" if mind is Mind.IDLE else "cyan"),
        ("   mouth ", "dim"),
        (view.mouth.value, {Mouth.SPEAKING: "green", Mouth.INTERRUPTED: "yellow"}.get(view.mouth, "")),
        overflow="ellipsis",
        no_wrap=True,
    )


def _microphone(view: TalkView) -> list[tuple[str, str]]:
    if view.muted:
        return [("● muted ", "bold red"), ("·" * METER_WIDTH, "dim")]
    words, style = {
        Ears.OPEN: ("● hearing you " if view.talking else "● listening ", "bold green"),
        Ears.DEAF: ("○ not listening while it speaks ", "yellow"),
        Ears.SHUT: ("○ microphone off ", "dim"),
    }[view.ears]
    meter = "red" if view.clipped else "green" if view.ears is Ears.OPEN else "dim"
    loud = [(" too loud", "red")] if view.clipped else []
    return [(words, style), (view.meter, meter), *loud]


def _last_line(view: TalkView) -> Text:
    if view.typed is not None:
        return Text.assemble(("› ", "bold green"), view.typed, ("▏", "green"), ("   enter sends, esc leaves", "dim"))
    return Text(view.notice or view.keys, style="dim", overflow="ellipsis", no_wrap=True)


def delays(latency: dict[str, float], step_ms: float | None) -> str:
    """The delays that matter while talking, in milliseconds; says so when the engine was paced."""
    shown = [f"{words} {latency[name]:.0f} ms" for name, words in SHOWN_DELAYS.items() if name in latency]
    return ", ".join(shown) + (f" (paced: {step_ms:g} ms a step)" if shown and step_ms else "")
