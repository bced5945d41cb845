"""Acoustic echo cancellation: the assistant's own voice taken out of the microphone's sound.

WebRTC's AEC3, the one in browsers, by the package `pywebrtc-audio` (the extra `aec`). Loaded only when it is asked for.
"""

from typing import Any

import numpy as np

from app.errors import RunError
from audio.pcm import INPUT_RATE_HZ, Pcm

FRAME = INPUT_RATE_HZ // 100  # WebRTC works in steps of 10 ms


class EchoCanceller:
    """16 kHz mono, in steps of 10 ms; what does not fill one waits. Raises RunError where the package is missing."""

    def __init__(self) -> None:
        try:
            from pywebrtc_audio import AudioProcessor
        except ImportError as error:
            raise RunError(
                f"--echo cancel needs the package pywebrtc-audio ({error}); "
                "install with: pip install -c constraints.txt -e '.[aec]'; or take --echo half"
            ) from None
        self._processor: Any = AudioProcessor(sample_rate=INPUT_RATE_HZ, echo_cancellation=True)
        self._near = self._far = np.zeros(0, np.int16)

    def clean(self, near: Pcm, far: Pcm) -> Pcm:
        """The microphone's sound without the echo of `far`, which is as long."""
        assert len(near) == len(far), f"{len(near)} samples of the microphone, {len(far)} of the loudspeaker"
        self._near, self._far = np.concatenate([self._near, near]), np.concatenate([self._far, far])
        whole = len(self._near) // FRAME * FRAME
        if not whole:
            return np.zeros(0, np.int16)
        clean = self._processor.process(self._near[:whole], self._far[:whole])
        self._near, self._far = self._near[whole:], self._far[whole:]
        return np.asarray(clean, np.int16)
