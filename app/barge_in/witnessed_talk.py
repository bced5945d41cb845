"""`talk` as it is, with a witness inside: `python -m app.barge_in.witnessed_talk`, which the measurement starts.

Takes the options of `talk`, and three of its own: where to write what the witness found and what was heard, and
whether thoughts are carried on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.barge_in.witness import WitnessedAssistant
from app.commands import BY_NAME
from app.commands import talk as command
from app.config import Settings
from app.errors import SottoError
from app.options import parse
from app.talk.session import talk
from audio.errors import AudioError
from engine.errors import EngineError


def main(words: list[str]) -> int:
    """The exit code. What goes wrong is one line, as in `talk`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--witness", type=Path, required=True)
    parser.add_argument("--heard", type=Path, required=True)
    parser.add_argument("--carry-thoughts", action=argparse.BooleanOptionalAction)
    own, rest = parser.parse_known_args(words)
    args, settings = parse(BY_NAME["talk"], command.add_arguments, rest)
    with own.witness.open("w", encoding="utf-8", buffering=1) as kept, own.heard.open("wb", buffering=0) as heard:

        def make(settings: Settings) -> WitnessedAssistant:
            return WitnessedAssistant(settings, kept.write, heard, own.carry_thoughts)

        return talk(settings, args.events, make)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (SottoError, AudioError, EngineError) as error:
        sys.exit(f"sotto: {error}")
