"""Player and sound card on a real sound server (PulseAudio, null sinks): what a recording holds is what we say was
heard. Timings are upper bounds where other work shares the machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import numpy as np
import pytest

from app.barge_in.fit import found_at, heard_error_ms
from app.barge_in.pulse import PROGRAMS, Pulse, pulse_server
from app.barge_in.recording import AUDIBLE, Recording
from app.conversation.events import AudioDelta, Flush
from app.talk.ears import Ears
from app.talk.flow import WantedDevices
from app.talk.line import HearingLine
from app.talk.sound import DesktopSound
from app.talk.sound_card import SoundCard
from app.talk.streams import load_sounddevice
from audio.errors import DeviceUnavailable
from audio.pcm import INPUT_RATE_HZ, OUTPUT_RATE_HZ, Pcm
from tests.app.fakes import FakeConversation
from tests.conftest import Require

pytestmark = pytest.mark.device
WANTED = WantedDevices(None, None, 0.1, copies=False)
SETTLE_S = 2.5  # a null sink that was idle has to come down from a long latency first


@pytest.fixture(scope="module")
def pulse(require: Require, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pulse]:
    for program in PROGRAMS:
        require(program)
    try:
        load_sounddevice()
    except Exception as error:
        require.that(False, str(error))
    with pytest.MonkeyPatch.context() as patch, pulse_server(tmp_path_factory.mktemp("pulse")) as server:
        for name in ("XDG_RUNTIME_DIR", "HOME"):
            patch.setenv(name, server.environment[name])
        for name in ("PULSE_SERVER", "PULSE_RUNTIME_PATH"):
            patch.delenv(name, raising=False)
        try:
            SoundCard(WANTED).close()
        except DeviceUnavailable as error:
            require.that(False, f"needs ALSA's plugin for PulseAudio (apt-get install libasound2-plugins): {error}")
        yield server


def noise(seconds: float, rate_hz: int, seed: int) -> Pcm:
    """Never the same for long, so that every place in it can be found again."""
    rough = np.random.default_rng(seed).standard_normal(round(seconds * rate_hz / 4))
    return np.clip(np.repeat(rough, 4) * 4_000, -20_000, 20_000).astype(np.int16)


class Desk:
    """Sound on the real server, and everything it reports."""

    def __init__(self) -> None:
        self.reports: list[tuple[int, int, bool]] = []
        self.troubles: list[str] = []
        self.conversation = FakeConversation()
        self.line = HearingLine(self.conversation, lambda error: None)
        self.sound = DesktopSound(
            SoundCard(WANTED),
            lambda: SoundCard(WANTED),
            lambda epoch, samples, /, done=False: self.reports.append((epoch, samples, done)),
            self.line,
            None,
            self.troubles.append,
        )
        self.heard: list[Pcm] = []

    async def pass_time(self, duration_s: float) -> None:
        until_s = time.monotonic() + duration_s
        while time.monotonic() < until_s:
            self.sound.tick(time.monotonic(), Ears.OPEN, False)
            await asyncio.sleep(0.01)

    def play(self, pcm: Pcm, epoch: int = 1) -> None:
        self.sound.player.take(AudioDelta(0.0, epoch, epoch, pcm.astype("<i2").tobytes(), ""))

    async def close(self) -> None:
        await self.sound.close()
        await self.line.close()


def test_the_position_told_at_a_flush_is_what_a_recording_holds(pulse: Pulse) -> None:
    pcm = noise(4.0, OUTPUT_RATE_HZ, seed=1)

    async def work() -> tuple[int, float]:
        desk = Desk()
        await desk.sound.start(time.monotonic())
        await desk.pass_time(SETTLE_S)
        desk.play(pcm)
        await desk.pass_time(1.7)
        flushed_s = time.monotonic()
        desk.sound.player.take(Flush(0.0, 1, 1))
        await desk.pass_time(0.5)
        await desk.close()
        epoch, samples, done = desk.reports[-1]
        assert (epoch, done) == (1, True)
        return samples, flushed_s

    with Recording(pulse, "spk.monitor") as recording:
        samples, flushed_s = asyncio.run(work())
    recorded = recording.pcm
    last = int(np.flatnonzero(np.abs(recorded.astype(int)) > AUDIBLE)[-1])
    error_ms = heard_error_ms(pcm, samples, recorded, last)
    silent_ms = (recording.start_s + last / OUTPUT_RATE_HZ - flushed_s) * 1000
    print(f"heard {samples} samples, told {error_ms} ms too much; silent {silent_ms:.0f} ms after the flush")
    assert error_ms is not None and abs(error_ms) <= 30
    assert silent_ms < 1_000


def test_what_is_said_into_the_microphone_is_heard(pulse: Pulse) -> None:
    pcm = noise(1.0, INPUT_RATE_HZ, seed=2)

    class Hearing(FakeConversation):
        async def hear(self, pcm16k: np.ndarray) -> None:
            heard.append(pcm16k)

    heard: list[Pcm] = []

    async def work() -> None:
        desk = Desk()
        desk.line._conversation = Hearing()
        await desk.sound.start(time.monotonic())
        await desk.pass_time(SETTLE_S)
        speaking = asyncio.create_task(asyncio.to_thread(pulse.speak, pcm))
        while not speaking.done():
            await desk.pass_time(0.1)
        await desk.pass_time(0.7)
        assert desk.sound.microphone.meter.level_db > -60
        await desk.close()

    asyncio.run(work())
    took = np.concatenate(heard)
    fits = [found_at(pcm[at : at + 1_600], took)[1] for at in range(0, len(pcm) - 1_600, 1_600)]
    assert np.median(fits) > 0.9


def test_a_sound_server_that_goes_away_is_told_and_the_answer_goes_on_when_it_is_back(pulse: Pulse) -> None:
    pcm = noise(3.0, OUTPUT_RATE_HZ, seed=3)

    async def work() -> list[str]:
        desk = Desk()
        await desk.sound.start(time.monotonic())
        await desk.pass_time(SETTLE_S)
        desk.play(pcm)
        await desk.pass_time(0.8)
        await asyncio.to_thread(pulse.stop)
        for _ in range(200):
            await desk.pass_time(0.1)
            if len(desk.troubles) > 1:
                break
        told = list(desk.troubles)
        before = desk.sound.player.playback.ring.read
        assert 0 < before < len(pcm)
        await asyncio.to_thread(pulse.start)
        for _ in range(200):
            await desk.pass_time(0.1)
            if desk.sound.player.playback.ring.read == len(pcm):
                break
        await desk.close()
        assert desk.troubles[-1] == ""
        return told

    told = asyncio.run(work())
    assert "a device is gone" in told[0]
    assert "no microphone was found" in told[-1]


def test_without_a_sound_server_there_is_one_clear_line(pulse: Pulse) -> None:
    pulse.stop()
    try:
        with pytest.raises(DeviceUnavailable, match="no microphone was found; plug one in"):
            SoundCard(WANTED)
    finally:
        pulse.start()
