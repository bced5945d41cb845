"""A sound card of software: PulseAudio with two null sinks, a virtual loudspeaker that can be recorded and a virtual
microphone that can be spoken into. Runs as any user, without hardware; nothing of the user's own PulseAudio is touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.errors import RunError
from audio.pcm import INPUT_RATE_HZ, Pcm
from audio.wav import encode_wav

MODULES = (
    "module-native-protocol-unix",
    "module-null-sink sink_name=spk rate=48000 channels=2",
    "module-null-sink sink_name=micpipe rate=16000 channels=1",
    "module-remap-source master=micpipe.monitor source_name=mic",
)
PROGRAMS = ("pulseaudio", "pactl", "paplay", "parec")
START_S = 30.0  # a busy machine takes its time
LONGEST_PATH = 107  # of a socket, in bytes
SPOKEN_S = 60.0  # longer than anything that is said
ALONE_S = 120  # without clients for so long it ends by itself, should we be killed before we can end it
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
        """Raises RunError if a program is missing or the server does not come up."""
        check_programs()
        socket = Path(self.environment["XDG_RUNTIME_DIR"]) / "pulse" / "native"
        if len(os.fsencode(socket)) > LONGEST_PATH:
            raise RunError(f"pulseaudio cannot listen at {socket}: the path is too long; set TMPDIR to a shorter one")
        loads = [word for module in MODULES for word in ("-L", module)]
        self._server = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", f"--exit-idle-time={ALONE_S}", *loads],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until_s = time.monotonic() + START_S
        while self._control("info"):
            if self._server.poll() is not None or time.monotonic() > until_s:
                self.stop()
                raise RunError("pulseaudio did not start; try it by hand: pulseaudio -n --daemonize=no -vv")
            time.sleep(0.1)
        self._control("set-default-sink", "spk")
        self._control("set-default-source", "mic")

    def stop(self) -> None:
        """As if the devices were unplugged; its modules end with it. Harmless when repeated."""
        server, self._server = self._server, None
        if server is None:
            return
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(START_S)
            return
        server.kill()
        server.wait()

    def speak(self, pcm: Pcm, rate_hz: int = INPUT_RATE_HZ) -> float:
        """Say this into the virtual microphone, to its end; returns when it was begun to be played, about. Raises
        RunError.
        """
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            file.write(encode_wav(pcm, rate_hz))
            file.flush()
            began_s = time.monotonic()
            words = ["paplay", "--device=micpipe", f"--latency-msec={BUFFER_MS}", file.name]
            try:
                subprocess.run(words, env=self.environment, check=True, timeout=SPOKEN_S)
            except subprocess.SubprocessError as error:
                raise RunError(f"paplay could not play into the virtual microphone: {error}") from None
        return began_s

    def _control(self, *words: str) -> int:
        return subprocess.run(["pactl", *words], env=self.environment, capture_output=True).returncode


def check_programs() -> None:
    """Raises RunError if PulseAudio is not all there."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        raise RunError(
            f"the virtual sound card needs PulseAudio; not installed: {', '.join(missing)}; install with: "
            "apt-get install pulseaudio pulseaudio-utils libasound2-plugins"
        )


@contextmanager
def pulse_server(folder: Path) -> Iterator[Pulse]:
    """Running until the block is left."""
    pulse = Pulse(folder)
    try:
        pulse.start()
        yield pulse
    finally:
        pulse.stop()
