"""The sound card as the client sees it: a process that holds the devices (`card_process`), and the memory they share.

A device that went away ends the process; a new one finds it again. A process that hangs, as drivers do, is ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import app
from app.errors import InputError, RunError
from app.talk.devices import Device
from app.talk.flow import Flow, Shape, WantedDevices
from app.talk.playback import RingPlayback
from app.talk.ring import SoundRing
from audio.errors import DeviceUnavailable

ANSWER_S = 30.0
END_S = 2.0
ERRORS = {"InputError": InputError, "RunError": RunError, "DeviceUnavailable": DeviceUnavailable}


class SoundCard:
    """A microphone and a loudspeaker; `start` lets sound flow. Raises DeviceUnavailable, InputError, RunError.

    Opening waits for the process: up to a second or two. input, output: what the devices turned out to be.
    """

    def __init__(self, wanted: WantedDevices) -> None:
        self._flow = Flow()
        fields = {name: getattr(wanted, name) for name in WantedDevices.__dataclass_fields__}
        root = str(Path(app.__file__).parents[1])
        paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.talk.card_process", json.dumps(fields), str(self._flow.memory.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # ALSA complains there about hardware that nobody has
            env={**os.environ, "PYTHONPATH": paths},
            start_new_session=True,  # Ctrl-C is ours
        )
        self._copies = wanted.copies
        found = self._answer()
        self.input, self.output = _shape(found["input"]), _shape(found["output"])

    def start(self, playback: RingPlayback) -> None:
        """Let sound flow."""
        self._tell({"path": str(playback.memory.path), "rate_hz": self.output.rate_hz})
        self._answer()

    @property
    def heard(self) -> SoundRing:
        """What the microphone brings, at `input.rate_hz`."""
        return self._flow.heard

    @property
    def copied(self) -> SoundRing | None:
        """What the loudspeaker was given, at `output.rate_hz`, if that is wanted."""
        return self._flow.copied if self._copies else None

    @property
    def running(self) -> bool:
        """Whether the devices are there."""
        return self._process.poll() is None

    @property
    def calls(self) -> int:
        """How often the device called that called less."""
        return int(min(self._flow.calls))

    def close(self) -> None:
        """Harmless when repeated, and when the devices are gone."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tell(self, order: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it ended; there will be no answer
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        """The process's next line. Raises what went wrong there."""
        assert self._process.stdout is not None
        too_long = threading.Timer(ANSWER_S, self._process.kill)
        too_long.start()
        line = self._process.stdout.readline()
        too_long.cancel()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "", "message": ""}
        if "error" not in answer:
            return answer
        self.close()
        if answer["error"] in ERRORS:
            raise ERRORS[answer["error"]](answer["message"])
        raise DeviceUnavailable(
            f"the sound devices could not be opened within {ANSWER_S:g} s, or their driver failed; look with: "
            "launch.py talk --devices"
        )


def _shape(found: dict[str, Any]) -> Shape:
    return Shape(Device(**found["device"]), found["rate_hz"], found["channels"])
