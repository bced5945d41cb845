"""Voice activity: how probably is there speech in this frame of sound?

Silero VAD v6 as a stream, without torch: the ONNX file that faster-whisper ships, run by onnxruntime. The network is
recurrent and sees 64 samples before each frame; both are carried here from frame to frame. Knows nothing of turns.
Source: https://github.com/snakers4/silero-vad
"""

import importlib.util
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from audio.errors import RecognizerUnavailable
from audio.pcm import INPUT_RATE_HZ, Pcm, to_floats

FRAME_SAMPLES = 512
"""32 ms at 16 kHz: the only frame length the network takes."""
FRAME_MS = FRAME_SAMPLES * 1000 / INPUT_RATE_HZ
CONTEXT_SAMPLES = 64
STATE_SHAPE = (1, 1, 128)


class VoiceActivity(Protocol):
    """Tells speech from other sound, one frame of `FRAME_SAMPLES` after the other."""

    def probability(self, frame: Pcm) -> float:
        """How probably the frame holds speech, 0…1, given the frames before it."""

    def reset(self) -> None:
        """Forgets everything heard so far."""

    def fork(self) -> Self:
        """Another one, for another stream, that shares what can be shared."""


class SileroVad:
    """`VoiceActivity` by Silero. One frame takes about 60 µs. Raises RecognizerUnavailable."""

    def __init__(self, model_file: Path | None = None) -> None:
        self._session: Any = _load(model_file or _bundled_model())
        self.reset()

    def reset(self) -> None:
        self._hidden = np.zeros(STATE_SHAPE, np.float32)
        self._cell = np.zeros(STATE_SHAPE, np.float32)
        self._context: NDArray[np.float32] = np.zeros(CONTEXT_SAMPLES, np.float32)

    def probability(self, frame: Pcm) -> float:
        assert len(frame) == FRAME_SAMPLES, f"a frame has {FRAME_SAMPLES} samples, not {len(frame)}"
        sound = np.concatenate([self._context, to_floats(frame)])
        feeds = {"input": sound[None, :], "h": self._hidden, "c": self._cell}
        probabilities, self._hidden, self._cell = self._session.run(None, feeds)
        self._context = sound[-CONTEXT_SAMPLES:]
        return float(probabilities.reshape(-1)[0])

    def fork(self) -> Self:
        twin = object.__new__(type(self))
        twin._session = self._session
        twin.reset()
        return twin


def _bundled_model() -> Path:
    package = importlib.util.find_spec("faster_whisper")
    if package is None or package.origin is None:
        raise RecognizerUnavailable(
            "voice activity needs the Silero model that faster-whisper ships, and faster-whisper is not installed; "
            "run: pip install faster-whisper"
        )
    assets = Path(package.origin).parent / "assets"
    found = sorted(assets.glob("silero_vad_v6*.onnx"))
    if not found:
        raise RecognizerUnavailable(
            f"voice activity needs silero_vad_v6.onnx, and {assets} does not hold it; "
            "run: pip install --force-reinstall 'faster-whisper>=1.2.1,<2'"
        )
    return found[0]


def _load(model_file: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as fault:
        raise RecognizerUnavailable(
            f"voice activity needs onnxruntime, and it does not load ({fault}); run: pip install onnxruntime"
        ) from None
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(model_file), options, providers=["CPUExecutionProvider"])
