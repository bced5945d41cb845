"""A sound card for tests: PulseAudio with two null sinks, a virtual loudspeaker that can be recorded and a virtual
microphone that can be spoken into. Runs as any user, without hardware; nothing of the user's own PulseAudio is touched.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from audio.pcm import INPUT_RATE_HZ, OUTPUT_RATE_HZ, Pcm
from audio.wav import encode_wav

MODULES = (
    "module-native-protocol-unix",
    "module-null-sink sink_name=spk rate=48000 channels=2",
    "module-null-sink sink_name=micpipe rate=16000 channels=1",
    "module-remap-source master=micpipe.monitor source_name=mic",
)
PROGRAMS = ("pulseaudio", "pactl", "paplay", "parec")
START_S = 10.0
AUDIBLE = 100  # of int16; a null sink has no noise of its own
PIECE_SAMPLES = OUTPUT_RATE_HZ * 60 // 1000  # by which a place is found again in a recording
LEFT_OUT_SAMPLES = OUTPUT_RATE_HZ * 30 // 1000  # the last bit of what was heard may be cut or faded
BUFFER_MS = 4000  # paplay on a busy machine must not stutter: that would be the user's fault, not the program's


class Pulse:
    """One PulseAudio server in a folder of its own. environment: what its clients need."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o700)
        self.environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "HOME": str(folder)}
        for name in ("PULSE_SERVER", "PULSE_RUNTIME_PATH", "PULSE_SINK", "PULSE_SOURCE"):
            self.environment.pop(name, None)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Raises AssertionError if it does not come up."""
        loads = [word for module in MODULES for word in ("-L", module)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._server = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", *loads], env=self.environment, **quiet
        )
        until_s = time.monotonic() + START_S
        while self._control("info"):
            assert time.monotonic() < until_s, "pulseaudio did not start"
            time.sleep(0.1)
        self._control("set-default-sink", "spk")
        self._control("set-default-source", "mic")

    def stop(self) -> None:
        """As if the devices were unplugged. Harmless when repeated."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait(START_S)
            self._server = None

    def speak(self, pcm: Pcm, rate_hz: int = INPUT_RATE_HZ) -> float:
        """Say this into the virtual microphone, to its end; returns when it was begun to be played, about."""
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            file.write(encode_wav(pcm, rate_hz))
            file.flush()
            began_s = time.monotonic()
            words = ["paplay", "--device=micpipe", f"--latency-msec={BUFFER_MS}", file.name]
            subprocess.run(words, env=self.environment, check=True, timeout=60)
        return began_s

    def _control(self, *words: str) -> int:
        return subprocess.run(["pactl", *words], env=self.environment, capture_output=True).returncode


class Recording:
    """What a source brings, 24 kHz mono, for as long as the block lasts. start_s: when its first sample was, by our
    clock.

    Pieces come late or on time but never early, so the earliest tells when the recording began.
    """

    def __init__(self, pulse: Pulse, source: str) -> None:
        self._pieces: list[bytes] = []
        self._begins: list[float] = []
        words = [
            "parec",
            "-d",
            source,
            "--format=s16le",
            f"--rate={OUTPUT_RATE_HZ}",
            "--channels=1",
            "--latency-msec=10",
        ]
        self._process = subprocess.Popen(words, env=pulse.environment, stdout=subprocess.PIPE)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._thread.join(10)
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def pcm(self) -> Pcm:
        data = b"".join(self._pieces)
        return np.frombuffer(data[: len(data) // 2 * 2], "<i2")

    @property
    def start_s(self) -> float:
        return min(self._begins)

    def _read(self) -> None:
        assert self._process.stdout is not None
        came = 0
        while piece := os.read(self._process.stdout.fileno(), 65_536):
            came += len(piece)
            self._pieces.append(piece)
            self._begins.append(time.monotonic() - came / 2 / OUTPUT_RATE_HZ)


@contextmanager
def pulse_server(folder: Path) -> Iterator[Pulse]:
    """Running until the block is left."""
    pulse = Pulse(folder)
    try:
        pulse.start()
        yield pulse
    finally:
        pulse.stop()


def found_at(needle: Pcm, haystack: Pcm) -> tuple[int, float]:
    """Where `needle` fits into `haystack` best, and how well (1: exactly, apart from loudness)."""
    a, b = needle.astype(float), haystack.astype(float)
    size = 1 << (len(a) + len(b) - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(b, size) * np.conj(np.fft.rfft(a, size)), size)[: max(1, len(b) - len(a) + 1)]
    energy = np.concatenate([[0.0], np.cumsum(b**2)])
    windows = energy[len(a) : len(a) + len(product)] - energy[: len(product)]
    fits = product / np.sqrt(np.maximum(windows, 1.0) * max(1.0, float((a**2).sum())))
    at = int(np.argmax(fits))
    return at, float(fits[at])


def heard_error_ms(made: Pcm, told: int, recorded: Pcm, last: int) -> float:
    """By how much the position told is beyond the last sample that can be heard in the recording; pauses of the voice
    at that place count as heard. The latest piece that is in the recording without a gap tells the place.
    """
    told_last = int(np.flatnonzero(np.abs(made[:told].astype(int)) > AUDIBLE)[-1])
    before = max(0, last - OUTPUT_RATE_HZ)
    fits = []
    for back in range(LEFT_OUT_SAMPLES, OUTPUT_RATE_HZ * 6 // 10, LEFT_OUT_SAMPLES):
        first = told_last - back - PIECE_SAMPLES
        at, fit = found_at(made[first : first + PIECE_SAMPLES], recorded[before : last + 1])
        if fit > 0.9:
            return (told_last - (first + last - (before + at))) / OUTPUT_RATE_HZ * 1000
        fits.append(fit)
    raise AssertionError(f"what was heard is not in the recording: {fits}")
