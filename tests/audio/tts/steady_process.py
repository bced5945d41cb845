"""A worker process whose voice says a text the same way every time, to the sample: espeak-ng's varies by some.

Every word lasts `WORD_SAMPLES` at the rate that streams have, so nothing is resampled, and is a level of its own.
"""

import array
import time

from audio.tts.worker_main import OnSound, leave, run
from audio.tts.worker_protocol import SpokenWord

RATE_HZ = 24_000
WORD_SAMPLES = RATE_HZ // 10
PIECE_SAMPLES = WORD_SAMPLES // 4
PAUSE_S = 0.0005
"""After every piece, so that a text can be broken off in the middle."""


class SteadyVoice:
    """`Voice` of the worker process."""

    sample_rate_hz = RATE_HZ
    description = "steady"

    def speak(self, text: str, on_sound: OnSound) -> None:
        at = 0
        for index, word in enumerate(text.split()):
            at = text.index(word, at)
            begun = [SpokenWord(at, len(word), index * WORD_SAMPLES)]
            piece = array.array("h", [1000 + sum(word.encode()) + index] * PIECE_SAMPLES).tobytes()
            for _ in range(WORD_SAMPLES // PIECE_SAMPLES):
                time.sleep(PAUSE_S)
                if not on_sound(piece, begun, False):
                    return
                begun = []
            at += len(word)


if __name__ == "__main__":
    leave(run(SteadyVoice))
