"""`ask`: one question, for scripts. The answer goes to stdout, its delays to stderr, sound and events to files."""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from app.config import Settings, VoiceSettings
from app.conversation.event_log import EventLog
from app.errors import InputError, RunError
from app.files import check_place, write_whole
from app.options import add_settings, check_apart

if TYPE_CHECKING:
    from app.question import Question, Reply, Sink


def add_arguments(parser: argparse.ArgumentParser) -> None:
    question = parser.add_mutually_exclusive_group(required=True)
    question.add_argument("--text", metavar="TEXT", help="the question; '-' reads it from stdin")
    question.add_argument("--audio", type=Path, metavar="FILE", help="a WAV file with the spoken question")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the spoken answer to this WAV file")
    parser.add_argument("--events", type=Path, metavar="FILE", help="write every event to this file, as JSON lines")
    parser.add_argument("--realtime", action="store_true", help="hear and speak at the speed of sound")
    add_settings(parser, "voice", VoiceSettings)


def run(args: argparse.Namespace, settings: Settings) -> int:
    for place in (args.out, args.events):
        if place is not None:
            check_place(place)
    check_apart(audio=args.audio, out=args.out, events=args.events)
    question = _question(args, settings)
    with ExitStack() as stack:
        log = stack.enter_context(_events_file(args.events)) if args.events else None
        reply = _ask(question, settings, [EventLog(log.write).take] if log else [])
    print(reply.answer)
    print(delays(reply.latency, settings.step_ms), file=sys.stderr)
    if args.out is not None:
        _write_sound(args.out, reply)
    return 0


def delays(latency: Mapping[str, float], step_ms: float | None) -> str:
    """All delays in one line; says so when the engine was paced."""
    shown = [f"{name} {value:.0f}{'' if name.startswith('steps') else ' ms'}" for name, value in latency.items()]
    paced = f" (paced: {step_ms:g} ms a step)" if step_ms else ""
    return (", ".join(shown) or "no delays were measured") + paced


def _question(args: argparse.Namespace, settings: Settings) -> "Question":
    from app.question import Question
    from audio.pcm import read_wav

    return Question(
        text=None if args.text is None else _typed(args.text),
        sound=None if args.audio is None else read_wav(args.audio),
        method=settings.method,
        silence_ms=settings.silence_ms,
        speak=args.out is not None,
        realtime=args.realtime,
    )


def _ask(question: "Question", settings: Settings, sinks: Sequence["Sink"]) -> "Reply":
    from app.assistant import Assistant
    from app.question import ask

    assistant = Assistant(settings)
    try:
        assistant.start()
        return asyncio.run(ask(assistant, question, sinks))
    finally:
        assistant.close()


def _write_sound(path: Path, reply: "Reply") -> None:
    import numpy as np

    from audio.pcm import OUTPUT_RATE_HZ
    from audio.wav import encode_wav

    if not reply.pcm:
        raise RunError(f"the answer was not spoken, so {path} was not written; doctor shows what speech needs")
    write_whole(path, encode_wav(np.frombuffer(reply.pcm, np.int16), OUTPUT_RATE_HZ))


@contextmanager
def _events_file(path: Path) -> Iterator[TextIO]:
    """The file that events are written to, a line at a time. Raises InputError, or RunError when it cannot be
    filled.
    """
    try:
        file = path.open("w", encoding="utf-8", buffering=1)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
    try:
        with file:
            yield file
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}") from None


def _typed(text: str) -> str:
    """The question's words, from stdin for "-". Raises InputError if there are none, or if they are not text."""
    words = (sys.stdin.read() if text == "-" else text).strip()
    if not words:
        raise InputError("the question is empty; give it as --text TEXT or on stdin with --text -")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in words):
        raise InputError("the question is not valid UTF-8 text; check the terminal's encoding")
    return words
