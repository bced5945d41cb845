"""An espeak-ng worker process that takes its time, so that it can be broken at a chosen place of a phrase."""

import sys
import time
from collections.abc import Sequence

from audio.tts.espeak import Espeak
from audio.tts.worker_main import OnSound, leave, run
from audio.tts.worker_protocol import SpokenWord

PAUSE_S = 0.005
"""After every piece of 60 ms: still twelve times faster than the sound lasts."""


class SlowEspeak(Espeak):
    """Rests after every piece."""

    def speak(self, text: str, on_sound: OnSound) -> None:
        def slowly(samples: bytes, words: Sequence[SpokenWord], estimated: bool) -> bool:
            time.sleep(PAUSE_S)
            return on_sound(samples, words, estimated)

        super().speak(text, slowly)


if __name__ == "__main__":
    voice, rate_wpm = sys.argv[1:]
    leave(run(lambda: SlowEspeak(voice, int(rate_wpm))))
