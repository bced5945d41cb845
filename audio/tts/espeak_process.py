"""The espeak-ng worker process: `python -m audio.tts.espeak_process VOICE RATE_WPM`. See `audio.tts.worker_main`."""

import sys

from audio.tts.espeak import Espeak
from audio.tts.worker_main import leave, run

if __name__ == "__main__":
    voice, rate_wpm = sys.argv[1:]
    leave(run(lambda: Espeak(voice, int(rate_wpm))))
