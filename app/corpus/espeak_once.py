"""One text by espeak-ng, always the same: `python -m app.corpus.espeak_once VOICE WPM SEED`, the text on stdin.

espeak-ng varies its voice by chance, from a state that every text changes. A process of its own and a seed make the
sound the same each time. Writes a line of JSON (rate_hz, words as [text_start, text_length, sample]), then 16-bit
samples.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Sequence

import espeakng_loader

from audio.errors import SynthesizerUnavailable
from audio.tts.espeak import Espeak, SpokenWord


def main() -> int:
    voice, rate_wpm, seed = sys.argv[1:]
    pieces: list[bytes] = []
    words: list[SpokenWord] = []

    def keep(sound: bytes, begun: Sequence[SpokenWord], *_: object) -> bool:
        pieces.append(sound)
        words.extend(begun)
        return True

    try:
        espeak = Espeak(voice, int(rate_wpm))
        ctypes.CDLL(espeakng_loader.get_library_path()).espeak_ng_SetRandSeed(ctypes.c_long(int(seed)))
        espeak.speak(sys.stdin.read(), keep)
    except (SynthesizerUnavailable, AttributeError) as fault:
        print(fault, file=sys.stderr)
        return 1
    header = {"rate_hz": espeak.sample_rate_hz, "words": [list(word) for word in words]}
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + b"".join(pieces))
    return 0


if __name__ == "__main__":
    sys.exit(main())
