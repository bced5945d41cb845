"""The streams: one microphone and one loudspeaker through PortAudio (sounddevice). The only module that knows it.

The callbacks only copy: the loudspeaker's asks `RingPlayback`, the microphone's fills a ring. They run in a process of
their own (`card_process`). Source of the times in them: PortAudio's stream callback; its clock is not ours, so only
differences are taken from it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from app.errors import RunError
from app.talk.devices import NOUN, Device, Side, choose
from app.talk.flow import Flow, Shape, WantedDevices
from app.talk.playback import RingPlayback
from audio.errors import DeviceUnavailable
from audio.pcm import INPUT_RATE_HZ, OUTPUT_RATE_HZ


def load_sounddevice() -> Any:
    """The library. Raises RunError where the system has no PortAudio."""
    try:
        import sounddevice
    except OSError as error:
        raise RunError(
            f"sound needs the PortAudio library ({error}); install with: apt-get install libportaudio2 "
            "(Fedora: dnf install portaudio)"
        ) from None
    return sounddevice


def list_devices() -> list[Device]:
    """All devices of this machine, as they were when this process first looked. Raises RunError."""
    library = load_sounddevice()
    hosts = library.query_hostapis()
    chosen_in, chosen_out = library.default.device
    return [
        Device(
            number=number,
            name=found["name"],
            host=hosts[found["hostapi"]]["name"],
            inputs=found["max_input_channels"],
            outputs=found["max_output_channels"],
            rate_hz=round(found["default_samplerate"]),
            default_input=number == chosen_in,
            default_output=number == chosen_out,
        )
        for number, found in enumerate(library.query_devices())
    ]


class Streams:
    """A microphone and a loudspeaker that can be opened. Raises DeviceUnavailable, InputError, RunError.

    flow: where their sound goes besides the playback.
    """

    def __init__(self, wanted: WantedDevices, flow: Flow, clock: Callable[[], float] = time.monotonic) -> None:
        self._library = load_sounddevice()
        self._clock = clock
        devices = list_devices()
        self.input = self._shape(choose(devices, Side.INPUT, wanted.input), Side.INPUT, INPUT_RATE_HZ)
        self.output = self._shape(choose(devices, Side.OUTPUT, wanted.output), Side.OUTPUT, OUTPUT_RATE_HZ)
        self._flow = flow
        self._wanted = wanted
        self._streams: list[Any] = []

    def start(self, playback: RingPlayback) -> None:
        """Let sound flow. The loudspeaker first: what it plays is wanted before its echo."""
        try:
            self._streams.append(self._open_output(playback))
            self._streams.append(self._open_input())
            for stream in self._streams:
                stream.start()
        except self._library.PortAudioError as error:
            self.close()
            raise DeviceUnavailable(
                f"{self.input.device.name} and {self.output.device.name} cannot be opened: {_said(error)}; "
                "close what else uses them, or choose others (launch.py talk --devices)"
            ) from None

    @property
    def running(self) -> bool:
        """Whether both streams say that they run."""
        return bool(self._streams) and all(stream.active for stream in self._streams)

    def close(self) -> None:
        """Harmless when repeated, and when the devices are gone."""
        streams, self._streams = self._streams, []
        for stream in streams:
            stream.close(ignore_errors=True)

    # -- opening

    def _shape(self, device: Device, side: Side, rate_hz: int) -> Shape:
        """The first way in which the device can be opened: mono at our rate, or else as it likes it."""
        check = self._library.check_input_settings if side is Side.INPUT else self._library.check_output_settings
        said = ""
        for rate in dict.fromkeys((rate_hz, device.rate_hz)):
            for channels in dict.fromkeys((1, min(2, device.channels(side)))):
                try:
                    check(device=device.number, channels=channels, dtype="int16", samplerate=rate)
                except (self._library.PortAudioError, ValueError) as error:
                    said = _said(error)
                else:
                    return Shape(device, rate, channels)
        raise DeviceUnavailable(
            f"the {NOUN[side]} {device.name} cannot be opened: {said}; choose another (launch.py talk --devices)"
        )

    def _open_output(self, playback: RingPlayback) -> Any:
        clock, calls, copied = self._clock, self._flow.calls, self._flow.copied if self._wanted.copies else None

        def call(out: np.ndarray, frames: int, times: Any, _: Any) -> None:
            calls[1] += 1
            playback.fill(out[:, 0], clock() + times.outputBufferDacTime - times.currentTime)
            out[:, 1:] = out[:, :1]
            if copied is not None:
                copied.write(out[:, 0])

        return self._library.OutputStream(callback=call, **self._options(self.output))

    def _open_input(self) -> Any:
        calls, heard = self._flow.calls, self._flow.heard

        def call(sound: np.ndarray, frames: int, times: Any, _: Any) -> None:
            calls[0] += 1
            heard.write(sound[:, 0])

        return self._library.InputStream(callback=call, **self._options(self.input))

    def _options(self, shape: Shape) -> dict[str, Any]:
        return {
            "device": shape.device.number,
            "samplerate": shape.rate_hz,
            "channels": shape.channels,
            "dtype": "int16",
            "latency": self._wanted.buffer_s,
        }


def _said(error: Exception) -> str:
    """PortAudio's words without its numbers."""
    return str(error).partition(" [PaErrorCode")[0]
