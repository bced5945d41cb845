"""`launch.py latency`: the script, the methods, the takes, and what is told of them."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

from app.assistant import Assistant
from app.config import Settings
from app.demo.paths import ASSETS
from app.errors import INTERRUPTED, UsageError
from app.files import write_whole
from app.scripted.bounds import broken
from app.scripted.measures import Measured, measure
from app.scripted.report import document, header
from app.scripted.results import Repeat
from app.scripted.script import Script, read_script
from app.scripted.simulation import Simulated, check, simulate_script, simulated_document, simulated_table
from app.scripted.sound import TurnSound, record
from app.scripted.table import beside_table, measured_table, pace
from app.scripted.take import perform
from app.scripted.timeline_file import check_suffix, write_timeline
from audio.tts.espeak_voices import voice_for
from engine.methods import METHODS

DEFAULT_SCRIPT = ASSETS / "latency" / "default.toml"
BASELINES = ("async", "think", "no-think", "interleaved")
ONLY, BESIDE = "only", "beside"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A measurement that was asked for, checked. folder: of the script."""

    script: Script
    folder: Path
    methods: tuple[str, ...]
    repeats: int
    simulate: str | None
    json: Path | None
    chart: Path | None


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Measures, prints, writes. Returns 1 if a bound was broken, 130 if it was interrupted."""
    wanted = _wanted(args, settings)
    return _simulate(wanted, settings) if wanted.simulate == ONLY else _measure(wanted, settings)


def _wanted(args: argparse.Namespace, settings: Settings) -> Wanted:
    """Raises UsageError and InputError, before anything is loaded."""
    if args.place is not None and args.script is not None:
        raise UsageError(f"two scripts were given, {args.place} and {args.script}; one can be run")
    if args.method is not None and args.methods:
        raise UsageError(f"--method {args.method} and --methods were given; name all methods by --methods")
    path = args.place or args.script or DEFAULT_SCRIPT
    methods = tuple(dict.fromkeys(args.methods or _default_methods(settings)))
    if unknown := [method for method in methods if method not in METHODS]:
        hint = "; a script comes first, or by --script" if any(name.endswith(".toml") for name in unknown) else ""
        raise UsageError(f"--methods {' '.join(unknown)}: available are {', '.join(METHODS)}{hint}")
    if args.chart is not None:
        check_suffix(args.chart)
        if args.simulate == ONLY:
            raise UsageError("--chart draws what was measured; leave it out, or use --simulate beside")
    script = read_script(path)
    if args.simulate == ONLY:
        check(script)
    return Wanted(script, path.parent, methods, args.repeats, args.simulate, args.json, args.chart)


def _default_methods(settings: Settings) -> tuple[str, ...]:
    """A method that was chosen by the settings, be it the default; else the baselines."""
    if "method" in settings.model_fields_set:
        return (settings.method,)
    return tuple(method for method in BASELINES if method in METHODS)


def _measure(wanted: Wanted, settings: Settings) -> int:
    sounds = record(wanted.script, wanted.folder)
    if wanted.script.voice == (settings.voice or voice_for(settings.language)):
        _tell("the user of the script has the assistant's voice; that is no fault, but hard to tell apart by ear")
    repeats: list[Repeat] = []
    interrupted = False
    assistant = Assistant(settings)
    with closing(assistant):
        try:
            _start(assistant, wanted.methods)
            for method, repeat in _order(wanted):
                repeats.append(_one(assistant, method, repeat, wanted, sounds, settings))
                for line in repeats[-1].broken:
                    _tell(f"broken: {line}")
        except KeyboardInterrupt:
            interrupted = True
            _tell(f"interrupted; {_kept(len(repeats), 'finished take')}")
    if repeats:
        _report(wanted, settings, repeats, interrupted)
    if interrupted:
        return INTERRUPTED
    return 1 if any(one.broken for one in repeats) else 0


def _start(assistant: Assistant, methods: tuple[str, ...]) -> None:
    """Loads model and voice, and makes sure that every method can run. Raises what says why not."""
    _tell("loading the model and the voice")
    assistant.start()
    assistant.warm_voice()

    async def try_out(method: str) -> None:
        async with assistant.converse(method=method, voice=False):
            pass

    for method in methods:
        asyncio.run(try_out(method))


def _order(wanted: Wanted) -> Iterator[tuple[str, int]]:
    """Methods take turns, so that a busy minute of the machine hits all alike."""
    for repeat in range(1, wanted.repeats + 1):
        for method in wanted.methods:
            yield method, repeat


def _one(
    assistant: Assistant, method: str, repeat: int, wanted: Wanted, sounds: list[TurnSound], settings: Settings
) -> Repeat:
    script = wanted.script
    label = _label(method, repeat, wanted)
    take = asyncio.run(
        perform(
            assistant,
            method,
            script,
            sounds,
            settings.silence_ms,
            on_turn=lambda number: _tell(f"{label}: turn {number} of {len(script.turn)}"),
        )
    )
    turns = tuple(_judged(turn, script) for turn in measure(take, script, settings.step_ms))
    for turn in turns:
        for note in turn.notes:
            _tell(f"{label}, turn {turn.number}: {note}")
    return Repeat(method, repeat, take, turns)


def _judged(turn: Measured, script: Script) -> Measured:
    return replace(turn, broken=tuple(broken(turn, script.turn[turn.number - 1], script.bounds)))


def _report(wanted: Wanted, settings: Settings, repeats: list[Repeat], interrupted: bool) -> None:
    """What cannot be written or printed keeps nothing else from being so."""
    with ExitStack() as last:
        last.callback(_print, wanted, settings, repeats)
        if wanted.chart is not None:
            last.callback(write_timeline, wanted.chart, wanted.script, repeats, _what(wanted, settings))
        if wanted.json is not None:
            head = header(wanted.script, settings, "measured", wanted.repeats)
            write_whole(wanted.json, document(head, repeats, interrupted))


def _print(wanted: Wanted, settings: Settings, repeats: list[Repeat]) -> None:
    title = f"measured in real time: {_what(wanted, settings)}"
    print(measured_table(repeats, title, _width()))
    if wanted.simulate == BESIDE:
        print(f"\n{beside_table(repeats)}")
    for line in (line for one in repeats for line in one.broken):
        print(f"broken: {line}")


def _simulate(wanted: Wanted, settings: Settings) -> int:
    """As fast as the model can; a pace is only computed with."""
    found: list[Simulated] = []
    interrupted = False
    assistant = Assistant(settings.model_copy(update={"step_ms": None}))
    with closing(assistant):
        try:
            _start(assistant, wanted.methods)
            voice = assistant.warm_voice().synthesizer
            for method, repeat in _order(wanted):
                _tell(_label(method, repeat, wanted))
                work = simulate_script(assistant, method, repeat, wanted.script, voice, settings.step_ms)
                found += asyncio.run(work)
        except KeyboardInterrupt:
            interrupted = True
            _tell(f"interrupted; {_kept(len(found), 'finished turn')}")
    if found:
        steps = f"{settings.step_ms:g} ms a step" if settings.step_ms else "each turn's own mean step"
        title = f"simulated, not measured ({steps}): script {wanted.script.name}, model {settings.model}"
        with ExitStack() as last:
            last.callback(lambda: print(simulated_table(found, title, _width())))
            if wanted.json is not None:
                head = header(wanted.script, settings, "simulated", wanted.repeats)
                write_whole(wanted.json, simulated_document(head, found, interrupted))
    return INTERRUPTED if interrupted else 0


def _what(wanted: Wanted, settings: Settings) -> str:
    times = f"{wanted.repeats} repeats" if wanted.repeats > 1 else "once"
    return f"script {wanted.script.name}, model {settings.model}, {times}, {pace(settings.step_ms)}"


def _label(method: str, repeat: int, wanted: Wanted) -> str:
    return f"{method}, {repeat} of {wanted.repeats}" if wanted.repeats > 1 else method


def _kept(number: int, name: str) -> str:
    return f"{number} {name} is kept" if number == 1 else f"{number} {name}s are kept"


def _width() -> int:
    return shutil.get_terminal_size((121, 24)).columns


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
