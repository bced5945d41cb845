"""Which short replies stop the assistant: `python -m app.corpus.replies`.

All voices of `app.demo.recognizer_check` say back-channels ("mhm", "got it"), which should not, and commands ("stop",
"never mind"), which should. They are heard by the listener with pocketsphinx and judged as the turn machine judges
them. Prints a table, and of every reply that was taken for the other kind what was heard. Wider than the corpus, in
faint noise only; people do not say "mhm" as these voices do.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.corpus.store import FOLDER
from app.corpus.turn_ends import is_reply
from app.demo.recognizer_check import in_noise, listen, voices
from app.errors import SottoError
from audio.asr.choose import Domain
from audio.asr.pocketsphinx_asr import PocketsphinxRecognizer
from audio.errors import AudioError
from audio.events import FinalTranscript
from audio.listen import Listener
from audio.turns.vad import SileroVad

BACKCHANNELS = (
    "mhm", "uh huh", "hmm", "yes yes", "yeah", "yes", "okay", "right", "i see", "oh okay", "yeah yeah", "sure", "ah",
    "got it", "all right", "aha", "of course", "makes sense", "exactly", "cool", "um", "oh", "good", "go on",
)  # fmt: skip
COMMANDS = (
    "stop", "wait", "cancel", "never mind", "hold on", "no", "no wait", "stop it", "please stop", "wait a minute",
    "cancel that", "that is enough", "what", "why", "hello", "twelve", "plus nine", "next question", "not that one",
    "slower please", "are you sure", "repeat that", "one hundred", "no that is wrong",
)  # fmt: skip
SPOKEN_AS = {"mhm": "um hum", "hmm": "hum"}
"""The voices would spell these out."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, and what became of it."""

    voice: str
    said: str
    heard: str
    stops: bool
    """Whether the assistant would fall silent for good."""

    @property
    def should_stop(self) -> bool:
        return self.said in COMMANDS


def measure(domain: Domain, wanted: Sequence[str] = ()) -> Iterator[Reply]:
    """Every reply in every voice, or in the wanted ones."""
    listener = Listener(SileroVad(), PocketsphinxRecognizer(domain.language_model, domain.dictionary))
    for voice, speak in voices(wanted).items():
        for seed, said in enumerate(BACKCHANNELS + COMMANDS):
            events = listen(listener.fork(), in_noise(speak(SPOKEN_AS.get(said, said)), seed))
            heard = " / ".join(event.text for event in events if isinstance(event, FinalTranscript))
            yield Reply(voice, said, heard, not is_reply(events))


def table(replies: Sequence[Reply]) -> str:
    lines = ["| voice | back-channels that stop the assistant | commands that do |", "|---|---|---|"]
    for voice in (*dict.fromkeys(reply.voice for reply in replies), "all"):
        of_voice = [reply for reply in replies if voice in (reply.voice, "all")]
        cells = [
            f"{sum(reply.stops for reply in of_kind)} of {len(of_kind)}"
            for of_kind in ([reply for reply in of_voice if reply.should_stop == wanted] for wanted in (False, True))
        ]
        lines.append(f"| {voice} | {' | '.join(cells)} |")
    return "\n".join(lines)


def mistaken(replies: Sequence[Reply]) -> list[str]:
    """Of every reply taken for the other kind, by whom, what was said and what was heard."""
    wrong = [reply for reply in replies if reply.stops != reply.should_stop]
    return [f"{reply.voice}: {reply.said} → {reply.heard or 'nothing'}" for reply in wrong]


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m app.corpus.replies", description="Which short replies stop the assistant."
    )
    parser.add_argument("--domain", type=Path, default=FOLDER, help="folder of another language model")
    parser.add_argument("--voices", nargs="+", default=(), help='some of them only, for example "flite slt"')
    args = parser.parse_args(words)
    try:
        replies = list(measure(Domain.in_folder(args.domain), args.voices))
    except (SottoError, AudioError, OSError) as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    print(table(replies), *mistaken(replies), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
