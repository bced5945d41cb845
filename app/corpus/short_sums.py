"""How well short spoken sums are heard: `python -m app.corpus.short_sums`.

Two voices say "nine plus four" with numbers from 1 to 20 and the tens up to 90, in faint noise. Each sum is heard by
pocketsphinx twice: by the listener as a stream, from voice activity to the final text, and in one pass over the whole
recording. What the stream hears worse than the pass, it loses by cutting the sound or by committing words early.
Prints how many in a hundred are right to the letter, and which numbers are taken for which. The same seed says the
same sums.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from app.corpus.store import FOLDER
from app.demo.recognizer_check import in_noise, transcript, voices
from app.demo.spoken import number_words
from app.errors import SottoError
from app.files import as_json, check_place, write_whole
from app.machine import machine
from app.options import positive
from audio.asr.choose import Domain
from audio.asr.pocketsphinx_asr import PocketsphinxRecognizer
from audio.asr.recognizer import Recognizer
from audio.errors import AudioError
from audio.listen import Listener
from audio.pcm import Pcm
from audio.turns.vad import SileroVad

NUMBERS = (*range(1, 21), *range(30, 100, 10))
COUNT = 150
VOICES = ("espeak en-us 150", "flite slt")
MOST_CONFUSIONS = 12
_SUM = re.compile(r"(\d+) plus (\d+)$")


@dataclass(frozen=True, slots=True)
class HeardSum:
    """One sum, and its transcripts."""

    voice: str
    said: str
    """As it should be written: "9 plus 4"."""
    streamed: str
    at_once: str


def sums(count: int, seed: int) -> list[tuple[int, int]]:
    """So many pairs of numbers, each once; all of them if `count` is more than there are."""
    pairs = [(first, second) for first in NUMBERS for second in NUMBERS]
    Random(seed).shuffle(pairs)
    return pairs[:count]


def measure(
    recognizer: Recognizer, speakers: dict[str, Callable[[str], Pcm]], pairs: Sequence[tuple[int, int]], lead: str
) -> Iterator[HeardSum]:
    """Every sum in every voice, with the words of `lead` before it."""
    listener = Listener(SileroVad(), recognizer)
    for voice, speak in speakers.items():
        for seed, (first, second) in enumerate(pairs):
            sound = in_noise(speak(f"{lead} {number_words(first)} plus {number_words(second)}".strip()), seed)
            said = f"{lead} {first} plus {second}".strip()
            yield HeardSum(voice, said, transcript(listener.fork(), sound), at_once(recognizer.fork(), sound))


def at_once(recognizer: Recognizer, sound: Pcm) -> str:
    """The text of one pass over all of the sound."""
    recognizer.start()
    recognizer.feed(sound)
    return recognizer.finish()


def confusion(said: str, heard: str) -> str | None:
    """What was taken for what: "first 9 → 90", or both texts where the sum is not to be found; None if nothing was."""
    if said == heard:
        return None
    wanted, found = _SUM.search(said), _SUM.search(heard)
    if wanted is None or found is None:
        return f"{said} → {heard or 'nothing'}"
    wrong = [
        f"{place} {one} → {other}"
        for place, one, other in zip(("first", "second"), wanted.groups(), found.groups(), strict=True)
        if one != other
    ]
    return ", ".join(wrong) or f"{said} → {heard}"


def table(heard: Sequence[HeardSum]) -> str:
    lines = ["| voice | sums | right, streamed | right, one pass | both alike |", "|---|---|---|---|---|"]
    for voice in (*dict.fromkeys(one.voice for one in heard), "all"):
        rows = [one for one in heard if voice in (one.voice, "all")]
        shares = (
            sum(one.streamed == one.said for one in rows),
            sum(one.at_once == one.said for one in rows),
            sum(one.streamed == one.at_once for one in rows),
        )
        lines.append(f"| {voice} | {len(rows)} | " + " | ".join(f"{100 * n / len(rows):.1f} %" for n in shares) + " |")
    return "\n".join(lines)


def confusions(heard: Sequence[HeardSum]) -> list[tuple[str, int]]:
    """The most frequent ones of the stream, with their number."""
    found = (confusion(one.said, one.streamed) for one in heard)
    return Counter(one for one in found if one is not None).most_common(MOST_CONFUSIONS)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m app.corpus.short_sums", description="How well short spoken sums are heard."
    )
    parser.add_argument("--count", type=positive, default=COUNT, help=f"sums of {len(NUMBERS) ** 2} ({COUNT})")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--lead", default="", help='words before each sum, for example "what is"')
    parser.add_argument("--domain", type=Path, default=FOLDER, help="folder of another language model")
    parser.add_argument("--json", type=Path, help="writes every transcript to this file")
    args = parser.parse_args(words)
    try:
        if args.json:
            check_place(args.json)
        domain = Domain.in_folder(args.domain)
        recognizer = PocketsphinxRecognizer(domain.language_model, domain.dictionary)
        heard = list(measure(recognizer, voices(VOICES), sums(args.count, args.seed), args.lead))
        print(table(heard), *(f"{number} × {what}" for what, number in confusions(heard)), sep="\n")
        if args.json:
            document = {"kind": "short sums", "seed": args.seed, "heard": [asdict(one) for one in heard], **machine()}
            write_whole(args.json, as_json(document))
    except (SottoError, AudioError, OSError) as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
