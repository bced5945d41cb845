"""How well the end of a turn is found: `python -m app.corpus.turn_ends`, after `python -m app.corpus`.

The recordings of the corpus are heard by the real voice activity detection and endpointing: with plain silence, and
with silence as the words ask for it, where the words are the true ones or what pocketsphinx hears. Delays are counted
in sound (from the last speech to the decision); what a recogniser takes to compute is not in them. Prints tables as
Markdown.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from app.corpus.heard_words import TrueWords
from app.corpus.plan import Kind
from app.corpus.recording import Entry, read_manifest
from app.corpus.store import FOLDER, MANIFEST, load
from app.errors import InputError, SottoError
from app.percentile import percentile
from audio.asr.choose import Domain
from audio.asr.pocketsphinx_asr import PocketsphinxRecognizer
from audio.asr.recognizer import Recognizer
from audio.errors import AudioError
from audio.events import FinalTranscript, ListenEvent, PartialTranscript, SpeechConfirmed, SpeechEnded
from audio.listen import Listener
from audio.pcm import INPUT_RATE_HZ, Pcm
from audio.turns.backchannel import is_backchannel, may_be_backchannel
from audio.turns.endpoint import EndpointSettings
from audio.turns.turn_end import TextJudge, TurnEndJudge
from audio.turns.vad import SileroVad

CHUNK_SAMPLES = 320
LATE_MS = 1000
"""An end noticed later than this is late."""
BEFORE_END_MS = 250
"""The detector may find the voice over so much before its last faint sound."""
TURNS = (Kind.END, Kind.PAUSE, Kind.CORRECTION)
SHORT = (Kind.BACKCHANNEL, Kind.WORD)


@dataclass(frozen=True, slots=True)
class Way:
    """A way to find the end: with which words, judged how, after how much silence."""

    name: str
    words: Callable[[Entry], Recognizer]
    judge: TurnEndJudge | None
    settings: EndpointSettings


@dataclass(frozen=True, slots=True)
class Turn:
    """One recording heard in one way."""

    name: str
    kind: str
    pauses: int
    cut_pauses: int
    """Pauses inside the turn that were taken for its end."""
    other_cuts: int
    """Ends within a piece of speech."""
    delay_ms: float | None
    """From the last speech to the decision; None: the end was not found."""


@dataclass(frozen=True, slots=True)
class ShortSound:
    """A back-channel or a short real word, heard in one way."""

    name: str
    kind: str
    confirmed_ms: float | None
    """From the start of the sound to its being confirmed as a voice."""
    heard: str
    is_reply: bool
    """Whether nothing of it would stop the assistant for good."""


def ways(domain: Domain) -> list[Way]:
    loaded = PocketsphinxRecognizer(domain.language_model, domain.dictionary)
    judge, usual = TextJudge("en"), EndpointSettings()
    return [
        Way("plain silence, 350 ms", TrueWords, None, EndpointSettings(silence_ms=350)),
        Way("plain silence, 500 ms", TrueWords, None, usual),
        Way("plain silence, 1,000 ms", TrueWords, None, EndpointSettings(silence_ms=1000)),
        Way("words as spoken", TrueWords, judge, usual),
        Way("words as pocketsphinx hears them", lambda _: loaded.fork(), judge, usual),
    ]


def hear(entry: Entry, sound: Pcm, way: Way, vad: SileroVad) -> list[ListenEvent]:
    recognizer = way.words(entry)
    listener = Listener(vad.fork(), recognizer, way.settings, way.judge)
    if isinstance(recognizer, TrueWords):
        recognizer.at_sample = lambda: listener.at_sample
    events = [
        event
        for start in range(0, len(sound), CHUNK_SAMPLES)
        for event in listener.push(sound[start : start + CHUNK_SAMPLES])
    ]
    listener.close()
    return events


def turn(entry: Entry, events: Iterable[ListenEvent]) -> Turn:
    decided = [event.at_sample for event in events if isinstance(event, SpeechEnded)]
    slack = BEFORE_END_MS * INPUT_RATE_HZ // 1000
    last = entry.speech[-1][1]
    early = [at for at in decided if at < last - slack]
    pauses = [(end - slack, start) for (_, end), (start, _) in zip(entry.speech, entry.speech[1:], strict=False)]
    cut = sum(any(start <= at <= end for at in early) for start, end in pauses)
    after = [at for at in decided if at >= last - slack]
    delay_ms = (after[0] - last) * 1000 / INPUT_RATE_HZ if after else None
    return Turn(entry.name, entry.kind, len(pauses), cut, len(early) - cut, delay_ms)


def short_sound(entry: Entry, events: Sequence[ListenEvent]) -> ShortSound:
    confirmed = [event.at_sample - entry.speech[0][0] for event in events if isinstance(event, SpeechConfirmed)]
    return ShortSound(
        entry.name,
        entry.kind,
        confirmed[0] * 1000 / INPUT_RATE_HZ if confirmed else None,
        " / ".join(event.text for event in events if isinstance(event, FinalTranscript)),
        is_reply(events),
    )


def is_reply(events: Iterable[ListenEvent]) -> bool:
    """Whether nothing in it would stop the assistant for good, as the turn machine takes it: agreed words, and the
    final ones with their length and level.
    """
    for event in events:
        if isinstance(event, PartialTranscript) and not may_be_backchannel(event.text[: event.agreed]):
            return False
        if isinstance(event, FinalTranscript) and not is_backchannel(event.text, event.voiced_ms, event.level_db):
            return False
    return True


def turns_table(found: dict[str, list[Turn]]) -> str:
    lines = [
        "| end of the turn by | pauses cut | turns cut | corrections cut | ends late (> 1 s) | p50 | p95 |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, heard in found.items():
        paused, ends, corrected = (
            [one for one in heard if one.kind == kind.value] for kind in (Kind.PAUSE, *TURNS[::2])
        )
        delays = sorted(one.delay_ms for one in ends if one.delay_ms is not None)
        late = sum(one.delay_ms is None or one.delay_ms > LATE_MS for one in ends)
        cells = [
            f"{sum(one.cut_pauses for one in paused)} of {sum(one.pauses for one in paused)}",
            f"{sum(one.cut_pauses + one.other_cuts > 0 for one in [*paused, *ends])} of {len(paused) + len(ends)}",
            f"{sum(one.cut_pauses for one in corrected)} of {sum(one.pauses for one in corrected)}",
            f"{late} of {len(ends)}",
            *(f"{percentile(delays, share):.0f} ms" if delays else "none found" for share in (50, 95)),
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def short_table(found: dict[str, list[ShortSound]]) -> str:
    lines = [
        "| heard by | sounds held for | back-channels that stop the assistant | real words that do |",
        "|---|---|---|---|",
    ]
    for name, heard in found.items():
        replies, words = ([one for one in heard if one.kind == kind.value] for kind in SHORT)
        cells = [
            f"{sum(one.confirmed_ms is not None for one in replies)} of {len(replies)}",
            f"{sum(not one.is_reply for one in replies)} of {len(replies)}",
            f"{sum(not one.is_reply for one in words)} of {len(words)}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m app.corpus.turn_ends", description="How well the end of a turn is found, on the corpus."
    )
    parser.add_argument("--outcomes", type=Path, metavar="FILE", help="every outcome, a line of JSON each, as it comes")
    parser.add_argument("--ways", nargs="+", default=(), metavar="NAME", help="some rows of the tables only")
    kinds = [kind.value for kind in (*TURNS, *SHORT)]
    parser.add_argument("--kinds", nargs="+", default=kinds, choices=kinds, help="some kinds of recordings only")
    args = parser.parse_args(words)
    turns: dict[str, list[Turn]] = {}
    shorts: dict[str, list[ShortSound]] = {}
    try:
        with args.outcomes.open("w", encoding="utf-8") if args.outcomes else nullcontext() as file:
            for way, found in measure(args.ways, args.kinds):
                if isinstance(found, Turn):
                    turns.setdefault(way, []).append(found)
                else:
                    shorts.setdefault(way, []).append(found)
                if file:
                    print(json.dumps({"way": way, **asdict(found)}), file=file, flush=True)
    except (SottoError, AudioError, OSError) as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    tables = ([turns_table(turns)] if turns else []) + ([short_table(shorts)] if shorts else [])
    print(*tables, sep="\n\n")
    return 0


def measure(wanted: Sequence[str], kinds: Sequence[str]) -> Iterator[tuple[str, Turn | ShortSound]]:
    """(name of the way, what it found), one recording of these kinds after the other; by the wanted ways, or by all.

    Raises InputError if a recording has not been made, or there is no such way.
    """
    vad, entries = SileroVad(), [entry for entry in read_manifest(MANIFEST) if entry.kind in kinds]
    sounds = {entry.name: load(entry) for entry in entries}
    known = {way.name: way for way in ways(Domain.in_folder(FOLDER))}
    if not set(wanted) <= set(known):
        raise InputError(f"--ways knows {', '.join(map(repr, known))}")
    for entry in sorted(entries, key=lambda entry: entry.name.rpartition("-")[2]):
        for way in (known[name] for name in wanted or known):
            if _fits(entry, way):
                events = hear(entry, sounds[entry.name], way, vad)
                yield way.name, turn(entry, events) if Kind(entry.kind) in TURNS else short_sound(entry, events)


def _fits(entry: Entry, way: Way) -> bool:
    """Whether this way has to do with such a recording: short sounds are judged by words."""
    kind = Kind(entry.kind)
    return kind in TURNS or (kind in SHORT and way.judge is not None)


if __name__ == "__main__":
    sys.exit(main())
