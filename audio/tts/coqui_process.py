"""The coqui worker process: `python -m audio.tts.coqui_process OPTIONS`, these as JSON. See `audio.tts.worker_main`.

Nothing in it may ask or fetch: the hub is told to be offline before any library is imported, and
`audio.tts.worker_main` gives libraries a standard input that is at its end. What they have to say to their developers
is not passed on.
"""

import logging
import os
import sys
import warnings

from audio.tts.worker_main import Voice, leave, run

OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TRAINER_TELEMETRY": "0"}
QUIET = {"TRANSFORMERS_VERBOSITY": "error"}


def load(text: str) -> Voice:
    """Raises SynthesizerUnavailable."""
    os.environ.update(OFFLINE | QUIET)
    warnings.simplefilter("ignore")
    logging.getLogger("TTS").setLevel(logging.ERROR)
    from audio.tts.coqui_loading import load_voice  # imports torch, which takes long: not before the pipes are private

    return load_voice(text)


if __name__ == "__main__":
    [options] = sys.argv[1:]
    leave(run(lambda: load(options)))
