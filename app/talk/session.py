"""One run of the desktop client, from the settings to the exit code: devices first, since they are what is missing most
often, then the model and the voice, then the terminal.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.live import Live

from app.conversation.event_log import EventLog
from app.errors import UsageError
from app.talk.client import Manner, Talk
from app.talk.ears import Echo
from app.talk.echo import EchoCanceller
from app.talk.flow import WantedDevices
from app.talk.hold import HoldKey, TalkKey, ToggleKey
from app.talk.line import HearingLine
from app.talk.printing import PlainPrinter, Printer, ScreenPrinter
from app.talk.screen import TalkView, live_view
from app.talk.sound import DesktopSound
from app.talk.sound_card import SoundCard
from app.talk.terminal import logged_to, on_ending, talk_terminal
from app.terminal.chat import on_interrupt
from app.terminal.keyboard import chunks

if TYPE_CHECKING:
    from app.assistant import Assistant
    from app.config import Settings

FRAMES_PER_S = 15
NO_END_MS = 60_000


@dataclass(frozen=True, slots=True)
class OpenedDevices:
    """What is opened before the model is loaded. wanted: how they are opened again."""

    card: SoundCard
    wanted: WantedDevices
    canceller: EchoCanceller | None


def talk(settings: Settings, events: Path | None, make: Callable[[Settings], Assistant] | None = None) -> int:
    """Talks until the user quits; returns the exit code. Raises what the devices, the model and the voice raise.

    make: the assistant, if it is to be another than the usual.
    """
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty() and sys.platform != "win32"
    if not on_terminal and not settings.open_mic:
        raise UsageError("holding the space bar needs a terminal; without one, use --open-mic")
    with ExitStack() as stack:
        devices = open_devices(settings)
        stack.callback(devices.card.close)
        log = stack.enter_context(events.open("w", encoding="utf-8", buffering=1)) if events is not None else None
        from app.assistant import Assistant

        assistant = (make or Assistant)(settings if settings.open_mic else ended_by_key(settings))
        stack.callback(assistant.close)
        assistant.start()
        assistant.warm_voice()
        return asyncio.run(_talk(assistant, settings, devices, on_terminal, log))


def ended_by_key(settings: Settings) -> Settings:
    """The same, but no silence ends a turn: letting go of the talk key does."""
    silences = dict.fromkeys(("silence_ms", "finished_silence_ms", "unfinished_silence_ms"), NO_END_MS)
    return settings.model_copy(update={**silences, "turn_end": "silence", "smart_turn": None})


def open_devices(settings: Settings) -> OpenedDevices:
    """The devices and the canceller that the settings name."""
    echo = Echo(settings.echo)
    canceller = EchoCanceller() if echo is Echo.CANCEL else None
    wanted = WantedDevices(settings.input, settings.output, settings.buffer_ms / 1000, copies=canceller is not None)
    return OpenedDevices(SoundCard(wanted), wanted, canceller)


async def _talk(
    assistant: Assistant, settings: Settings, devices: OpenedDevices, on_terminal: bool, log: TextIO | None
) -> int:
    console = Console()
    view = TalkView(devices="", keys=_keys(settings))
    printer: Printer = ScreenPrinter(console) if on_terminal else PlainPrinter()
    conversation = assistant.converse(method=settings.method)
    report: Callable[..., None] = conversation.played if log is None else _told(conversation.played, log)
    line = HearingLine(conversation, lambda error: client.lose_words(error))

    def trouble(message: str) -> None:
        if message != view.trouble:
            view.trouble = message
            printer.trouble(message)

    def again() -> SoundCard:
        return SoundCard(devices.wanted)

    sound = DesktopSound(devices.card, again, report, line, devices.canceller, trouble)
    view.devices = sound.devices
    manner = Manner(settings.open_mic, Echo(settings.echo), settings.step_ms)
    sinks = [EventLog(log.write).take] if log is not None else []
    client = Talk(conversation, line, sound, _talk_key(settings), manner, view, printer, time.monotonic, sinks)
    with on_interrupt(client.press_interrupt), on_ending(client.end):
        if on_terminal:
            await _run_on_terminal(client, view, console)
        else:
            print(f"listening: {sound.devices} (Ctrl-C twice quits)", file=sys.stderr, flush=True)
            await client.run()
    return client.exit_code


async def _run_on_terminal(client: Talk, view: TalkView, console: Console) -> None:
    descriptor = sys.stdin.fileno()

    def write(sequence: str) -> None:
        console.file.write(sequence)
        console.file.flush()

    console.print(f"[dim]{view.devices}[/dim]", highlight=False)
    live = Live(
        get_renderable=lambda: live_view(view, console),
        console=console,
        refresh_per_second=FRAMES_PER_S,
        transient=True,
    )
    with talk_terminal(descriptor, write) as kitty, logged_to(client.tell), live:
        await client.run(chunks(descriptor), kitty)


def _talk_key(settings: Settings) -> TalkKey:
    return ToggleKey() if settings.toggle else HoldKey(settings.release_ms / 1000)


def _keys(settings: Settings) -> str:
    space = "tap space to begin and end" if settings.toggle else "hold space to speak"
    if settings.open_mic:
        space = "just speak" if settings.echo != Echo.HALF else "just speak; hold space to interrupt"
    return f"{space} · s stop · m mute · t type · q quit"


def _told(report: Callable[..., None], log: TextIO) -> Callable[..., None]:
    """The same, and every position goes to the log too."""

    def played(epoch: int, samples: int, done: bool = False) -> None:
        record = {"type": "played", "epoch": epoch, "samples": samples, "done": done, "clock_s": time.monotonic()}
        log.write(json.dumps(record) + "\n")
        report(epoch, samples, done=done)

    return played
