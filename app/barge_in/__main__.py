"""A barge-in without amnesia, measured: `python -m app.barge_in --times 5`.

`talk` runs in a terminal of its own on a virtual sound card (PulseAudio). A question is spoken into the virtual
microphone; at a random moment of the answer another one is spoken over it; what comes out of the virtual loudspeaker is
recorded. What the program says of itself is compared with the recordings, and a witness inside it looks whether the
thoughts of the interrupted turn are in the view of the next one. Delays are upper bounds where other work shares the
machine. Everything after `--` goes to `talk`.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.barge_in.figures import BargeInRun, KeptThoughts, document, lines, thoughts_of
from app.barge_in.pulse import check_programs, pulse_server
from app.barge_in.talk_process import TalkProcess
from app.barge_in.trial import AnswerOver, BargeIn, Bench, NotInterrupted, SpokenQuestion, ask, interrupt
from app.config import load_settings
from app.errors import RunError, SottoError
from app.files import as_json, check_place, write_whole
from app.machine import machine
from app.voice import build_recognizer
from audio.asr.recognizer import Recognizer
from audio.errors import AudioError
from audio.pcm import Pcm
from audio.tts.worker import EspeakSynthesizer

ASKED = SpokenQuestion("what is 312 plus 47 plus 230 minus 64 plus 15 minus 9", 531)
FIRST = SpokenQuestion("what is forty seven plus thirty eight", 85)
NEXT = (
    SpokenQuestion("what is two plus three", 5),
    SpokenQuestion("how much is sixty three minus eighteen", 45),
    SpokenQuestion("what is twelve plus thirty", 42),
    SpokenQuestion("what is seven times eight", 56),
    SpokenQuestion("what is eighty six plus eleven", 97),
)
MOMENTS_S = (0.6, 4.0)  # of the answer's sound
MOST_OVER = 3  # answers in a row that were over too early
PROGRAM = ("-m", "app.barge_in.witnessed_talk")
USER_WPM, ASSISTANT_WPM = 150, 165
BUFFER_MS = 100  # twice the default: the machines of tests are busy


@dataclass(frozen=True, slots=True)
class WantedRun:
    """What is measured. carry_thoughts: None leaves it to the model's prompts."""

    times: int
    seed: int
    buffer_ms: int = BUFFER_MS
    carry_thoughts: bool | None = None
    options: tuple[str, ...] = ()


def measure(wanted: WantedRun, folder: Path) -> BargeInRun:
    """The whole run; files go to `folder`, which must be empty. Everything it starts has ended when it returns. Raises
    RunError.
    """
    events, witness, heard = (folder / name for name in ("events.jsonl", "witness.jsonl", "heard.s16"))
    own = ["--witness", str(witness), "--heard", str(heard)]
    if wanted.carry_thoughts is not None:
        own.append("--carry-thoughts" if wanted.carry_thoughts else "--no-carry-thoughts")
    talk = ["--open-mic", "--echo", "none", "--asr", "pocketsphinx", "--buffer-ms", str(wanted.buffer_ms)]
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sotto-")))  # short: a socket's path is
        pulse = stack.enter_context(pulse_server(place))
        user = stack.enter_context(EspeakSynthesizer("en-us", rate_wpm=USER_WPM))
        assistant = stack.enter_context(EspeakSynthesizer("en-us", rate_wpm=ASSISTANT_WPM))
        client = TalkProcess(pulse, events, *own, *talk, *wanted.options, program=PROGRAM)
        stack.callback(client.close)
        recognizer, _ = build_recognizer(load_settings(None, None, {"asr": "pocketsphinx"}))
        stack.callback(recognizer.close)
        client.wait_until_it_listens()
        bench = Bench(client, pulse, user, assistant, lambda pcm: _transcribed(recognizer, pcm), heard)
        return _tried(bench, wanted, witness)


def _tried(bench: Bench, wanted: WantedRun, witness: Path) -> BargeInRun:
    first = ask(bench, FIRST)
    _say(f"{first.understood!r}: {first.answer!r}, recorded as {first.transcript!r}")
    moments = random.Random(wanted.seed)
    found: list[BargeIn] = []
    over = missed = 0
    while len(found) + missed < wanted.times:
        try:
            one = interrupt(bench, ASKED, moments.uniform(*MOMENTS_S), NEXT[len(found) % len(NEXT)])
        except AnswerOver:
            over += 1
            if over > MOST_OVER + len(found):
                raise RunError("the answers are too short to be interrupted; is the question understood?") from None
            continue
        except NotInterrupted:
            missed += 1
            continue
        found.append(one)
        _say(
            f"{one.after_s:.2f} s into {one.heard!r}: silent after {one.silent_ms:.0f} ms, heard "
            f"{'?' if one.heard_error_ms is None else f'{one.heard_error_ms:+.1f}'} ms; "
            f"{one.next.understood!r}: {one.next.answer!r}, recorded as {one.next.transcript!r}"
        )
    return BargeInRun(first, found, [_thoughts(bench.client, witness, one) for one in found], over, missed)


def _thoughts(client: TalkProcess, witness: Path, one: BargeIn) -> KeptThoughts | None:
    kept: dict[int, dict[str, Any]] = {}
    for line in witness.read_text(encoding="utf-8").splitlines():
        kept.setdefault(json.loads(line)["previous"], json.loads(line))
    told = ""
    for event in client.events:
        if event.get("turn") == one.turn and event["type"] == "thought_delta":
            told += event["text"]
        elif event.get("turn") == one.turn and event["type"] == "thoughts_cut":
            told = told[: event["characters"]]
    return thoughts_of(kept.get(one.turn), told)


def _transcribed(recognizer: Recognizer, pcm: Pcm) -> str:
    recognizer.start()
    recognizer.feed(pcm)
    return recognizer.finish()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def ended_in_order() -> Iterator[None]:
    """A signal that would end the program at once ends it in order: nothing that was started is left behind."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(words: list[str]) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.barge_in", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=5, metavar="N", help="barge-ins (default: 5)")
    parser.add_argument("--seed", type=int, default=5, help="of the moments (default: 5)")
    parser.add_argument("--buffer-ms", type=int, default=BUFFER_MS, help=f"of talk (default: {BUFFER_MS})")
    parser.add_argument(
        "--carry-thoughts",
        action=argparse.BooleanOptionalAction,
        help="whether thoughts of an interrupted turn are carried into the next one; else as the model's prompts say",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the figures to this file")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keeps events and sound in this new folder")
    at = words.index("--") if "--" in words else len(words)
    options, rest = parser.parse_args(words[:at]), words[at + 1 :]
    wanted = WantedRun(max(1, options.times), options.seed, options.buffer_ms, options.carry_thoughts, tuple(rest))
    try:
        check_programs()
        if options.json is not None:
            check_place(options.json)
        with ended_in_order(), tempfile.TemporaryDirectory(prefix="sotto-barge-in-") as folder:
            place = Path(folder)
            if options.keep is not None:
                options.keep.mkdir(parents=True)
                place = options.keep
            run = measure(wanted, place)
    except (SottoError, AudioError, OSError) as error:
        print(f"sotto: {error}", file=sys.stderr)
        return 1
    print("\n".join(lines(run)))
    if wanted.carry_thoughts is None and not any(one is not None and one.kept for one in run.thoughts):
        print(
            "(the model's own prompts may drop those thoughts, the bundled one's do; --carry-thoughts carries them on)"
        )
    if options.json is not None:
        asked = {"times": wanted.times, "seed": wanted.seed, "buffer_ms": wanted.buffer_ms, "options": wanted.options}
        carried = "as the prompts say" if wanted.carry_thoughts is None else wanted.carry_thoughts
        head = {"kind": "barge-in without amnesia", "asked": asked, "carry_thoughts": carried}
        write_whole(options.json, as_json({**head, **document(run), **machine()}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
