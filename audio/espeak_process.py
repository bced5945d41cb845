"""The espeak-ng worker process: `python -m audio.espeak_process VOICE RATE_WPM`. See `audio.worker_main`."""

import sys

from audio.espeak import Espeak
from audio.worker_main import leave, run

if __name__ == "__main__":
    voice, rate_wpm = sys.argv[1:]
    leave(run(lambda: Espeak(voice, int(rate_wpm))))
