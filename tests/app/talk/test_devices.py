"""Which device is meant, and is it still there; with PortAudio's part played by a fake."""

import asyncio
import sys
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from app.conversation.events import AudioDelta, AudioDone
from app.errors import InputError, RunError
from app.talk import streams
from app.talk.devices import Device, Side, choose, table
from app.talk.ears import Ears
from app.talk.flow import Flow, WantedDevices
from app.talk.line import HearingLine
from app.talk.player import Player
from app.talk.sound import DesktopSound
from app.talk.streams import Streams
from app.talk.watch import RETRY_S, SILENT_S, DeviceWatch, WatchOrder
from audio.errors import DeviceUnavailable
from tests.app.fakes import FakeConversation

LAPTOP = Device(0, "Built-in Audio", "ALSA", 2, 2, 44_100, default_input=True, default_output=True)
HEADSET = Device(3, "USB Headset", "ALSA", 1, 2, 48_000)
WEBCAM = Device(5, "USB Camera Mic", "ALSA", 1, 0, 16_000)
ALL = [LAPTOP, HEADSET, WEBCAM]


# choosing


@pytest.mark.parametrize(
    ("side", "wanted", "found"),
    [
        (Side.INPUT, None, LAPTOP),
        (Side.INPUT, "5", WEBCAM),
        (Side.INPUT, "camera", WEBCAM),
        (Side.OUTPUT, "usb", HEADSET),  # the camera has no loudspeaker
        (Side.INPUT, "usb headset", HEADSET),
    ],
)
def test_a_device_goes_by_number_or_part_of_its_name(side: Side, wanted: str | None, found: Device) -> None:
    assert choose(ALL, side, wanted) is found


def test_the_whole_name_is_not_ambiguous() -> None:
    other = Device(7, "USB", "ALSA", 1, 0, 16_000)
    assert choose([*ALL, other], Side.INPUT, "usb") is other


def test_the_same_name_on_two_sound_systems_is_the_default_one_or_the_first() -> None:
    twin = Device(9, "USB Headset", "JACK", 1, 2, 48_000)
    assert choose([*ALL, twin], Side.INPUT, "headset") is HEADSET
    favoured = Device(9, "USB Headset", "JACK", 1, 2, 48_000, default_input=True)
    assert choose([*ALL, favoured], Side.INPUT, "headset") is favoured


@pytest.mark.parametrize(
    ("wanted", "said"), [("piano", "is none of the microphones"), ("4", "none"), ("usb", "may be")]
)
def test_a_name_that_is_not_one_device_is_refused_with_those_there_are(wanted: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        choose(ALL, Side.INPUT, wanted)
    assert "3 USB Headset, 5 USB Camera Mic" in str(error.value)


def test_without_any_device_the_message_says_what_to_do() -> None:
    with pytest.raises(
        DeviceUnavailable,
        match=r"no loudspeaker was found; plug one in, .*libasound2-plugins .*launch.py ui.*--devices",
    ):
        choose([WEBCAM], Side.OUTPUT, None)


def test_without_a_default_the_first_is_taken() -> None:
    assert choose([HEADSET, WEBCAM], Side.INPUT, None) is HEADSET


def test_the_list_marks_the_systems_own_choice() -> None:
    first, second, third = table(ALL).splitlines()
    assert first.split() == ["0", "microphone*", "loudspeaker*", "44.1", "kHz", "Built-in", "Audio", "(ALSA)"]
    assert "loudspeaker" in second
    assert "loudspeaker" not in third
    assert table([]).startswith("no sound devices were found; ")


# watching


def test_a_device_whose_callbacks_come_is_there() -> None:
    watch = DeviceWatch()
    assert {watch.look(step * 0.1, True, step) for step in range(100)} == {WatchOrder.NOTHING}


def test_a_stream_that_ended_is_given_up_at_once_and_tried_again_every_second() -> None:
    watch = DeviceWatch()
    watch.look(0.0, True, 1)
    assert watch.look(0.1, False, 1) is WatchOrder.GIVE_UP
    assert watch.lost
    wishes = [watch.look(0.1 + step * 0.1, False, 0) for step in range(1, 31)]
    assert wishes.count(WatchOrder.TRY) == 3
    assert WatchOrder.GIVE_UP not in wishes
    watch.found(4.0)
    assert watch.look(4.1, True, 0) is WatchOrder.NOTHING


def test_callbacks_that_stop_are_a_lost_device_too() -> None:
    watch = DeviceWatch()
    watch.look(0.0, True, 7)
    assert watch.look(SILENT_S - 0.1, True, 7) is WatchOrder.NOTHING
    assert watch.look(SILENT_S + 0.1, True, 7) is WatchOrder.GIVE_UP


# the sound card, on a fake of PortAudio


class FakeStream:
    """A stream whose callback the test calls."""

    def __init__(self, library: "FakePortAudio", callback: Callable[..., None], **options: object) -> None:
        self.callback, self.options, self._library = callback, options, library
        self.active = False
        self.closed = False
        library.streams.append(self)

    def start(self) -> None:
        if self._library.busy:
            raise FakePortAudio.PortAudioError("Device unavailable [PaErrorCode -9985]")
        self.active = True

    def close(self, ignore_errors: bool = True) -> None:
        self.active, self.closed = False, True

    latency = 0.05


class FakePortAudio:
    """sounddevice, as far as `sound_card` uses it."""

    class PortAudioError(Exception):
        pass

    def __init__(self, devices: list[Device]) -> None:
        self.devices, self.streams = devices, []
        self.refused: set[tuple[int, int]] = set()  # (rate, channels)
        self.busy = False
        self.default = SimpleNamespace(device=(0, 0))

    def query_hostapis(self) -> list[dict[str, object]]:
        return [{"name": "ALSA"}]

    def query_devices(self) -> list[dict[str, object]]:
        return [
            {
                "name": device.name,
                "hostapi": 0,
                "max_input_channels": device.inputs,
                "max_output_channels": device.outputs,
                "default_samplerate": float(device.rate_hz),
            }
            for device in self.devices
        ]

    def check_input_settings(self, device: int, channels: int, dtype: str, samplerate: int) -> None:
        if (samplerate, channels) in self.refused:
            raise self.PortAudioError("Invalid sample rate [PaErrorCode -9997]")

    check_output_settings = check_input_settings

    def OutputStream(self, **options: object) -> FakeStream:
        return FakeStream(self, **options)  # type: ignore[arg-type]

    InputStream = OutputStream


@pytest.fixture
def portaudio(monkeypatch: pytest.MonkeyPatch) -> FakePortAudio:
    library = FakePortAudio([LAPTOP])
    monkeypatch.setattr(streams, "load_sounddevice", lambda: library)
    return library


WANTED = WantedDevices(None, None, 0.05, copies=True)
TIMES = SimpleNamespace(outputBufferDacTime=100.5, currentTime=100.4, inputBufferAdcTime=100.3)


def test_a_card_opens_at_our_rates_and_its_callbacks_only_copy(portaudio: FakePortAudio) -> None:
    flow = Flow()
    card = Streams(WANTED, flow, clock=lambda: 7.0)
    player = Player(lambda *_, **__: None)
    card.start(player.playback)
    speaker, microphone = portaudio.streams
    assert (speaker.options["samplerate"], microphone.options["samplerate"]) == (24_000, 16_000)
    player.take(AudioDelta(0.0, 1, 1, np.full(100, 9, "<i2").tobytes(), ""))
    out = np.zeros((150, 1), np.int16)
    speaker.callback(out, 150, TIMES, None)
    assert out[:, 0].tolist() == [9] * 100 + [0] * 50
    assert player.playback.spans.take()[0].at_s == pytest.approx(7.1)
    microphone.callback(np.full((160, 1), 3, np.int16), 160, TIMES, None)
    assert flow.heard.take_all().tolist() == [3] * 160
    assert len(flow.copied.take_all()) == 150
    assert card.running
    assert flow.calls.tolist() == [1, 1]


def test_a_device_that_wants_another_rate_and_two_channels_gets_them(portaudio: FakePortAudio) -> None:
    portaudio.refused = {(16_000, 1), (24_000, 1), (16_000, 2), (24_000, 2), (44_100, 1)}
    card = Streams(WANTED, Flow())
    assert (card.output.rate_hz, card.output.channels) == (44_100, 2)
    player = Player(lambda *_, **__: None, card.output.rate_hz)
    card.start(player.playback)
    player.take(AudioDelta(0.0, 1, 1, np.full(2_400, 900, "<i2").tobytes(), ""))
    out = np.zeros((1_000, 2), np.int16)
    portaudio.streams[0].callback(out, 1_000, TIMES, None)
    assert out[:, 0].any()
    assert (out[:, 0] == out[:, 1]).all()


def test_a_device_that_can_not_be_opened_is_named_with_the_reason(portaudio: FakePortAudio) -> None:
    portaudio.refused = {(rate, channels) for rate in (16_000, 24_000, 44_100) for channels in (1, 2)}
    with pytest.raises(DeviceUnavailable, match=r"microphone Built-in Audio cannot be opened: Invalid sample rate; "):
        Streams(WANTED, Flow())


def test_a_device_in_use_is_closed_again(portaudio: FakePortAudio) -> None:
    card, portaudio.busy = Streams(WANTED, Flow()), True
    with pytest.raises(DeviceUnavailable, match="Device unavailable; close what else uses them"):
        card.start(Player(lambda *_, **__: None).playback)
    assert all(stream.closed for stream in portaudio.streams)


def test_a_system_without_portaudio_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    with pytest.raises(RunError, match="apt-get install libportaudio2"):
        streams.load_sounddevice()


# unplugged, and back again


class NearCard:
    """What `SoundCard` is to the client, without a process of its own."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._flow = Flow()
        self._streams = Streams(WANTED, self._flow, clock)
        self.input, self.output = self._streams.input, self._streams.output
        self.start, self.close = self._streams.start, self._streams.close
        self.heard, self.copied = self._flow.heard, self._flow.copied

    @property
    def running(self) -> bool:
        return self._streams.running

    @property
    def calls(self) -> int:
        return int(min(self._flow.calls))


def test_an_unplugged_device_is_told_and_the_answer_goes_on_when_it_is_back(portaudio: FakePortAudio) -> None:
    troubles: list[str] = []
    reports: list[tuple[int, int]] = []
    now_s = 0.0

    async def run() -> None:
        nonlocal now_s
        line = HearingLine(FakeConversation(), lambda error: None)
        sound = DesktopSound(
            NearCard(lambda: now_s),  # type: ignore[arg-type]
            lambda: NearCard(lambda: now_s),  # type: ignore[arg-type,return-value]
            lambda epoch, samples, /, done=False: reports.append((epoch, samples)),
            line,
            None,
            troubles.append,
        )

        async def pass_time(duration_s: float) -> None:
            nonlocal now_s
            for _ in range(round(duration_s / 0.05)):
                now_s += 0.05
                for stream in portaudio.streams:
                    if stream.active:
                        stream.callback(np.zeros((1_200, 1), np.int16), 1_200, TIMES, None)
                sound.tick(now_s, Ears.OPEN, False)
                await asyncio.sleep(0.002)

        await sound.start(now_s)
        sound.player.take(AudioDelta(0.0, 1, 1, np.full(48_000, 9, "<i2").tobytes(), ""))
        await pass_time(0.5)
        assert sound.player.playback.ring.read == 12_000
        for stream in portaudio.streams:
            stream.active = False  # as PortAudio does when a device goes
        portaudio.devices = []
        await pass_time(RETRY_S * 2.5)
        assert troubles[0] == "Built-in Audio → Built-in Audio: a device is gone; waiting for it to come back"
        assert "no microphone was found" in troubles[-1]
        portaudio.devices = [LAPTOP]
        await pass_time(RETRY_S * 1.5)
        assert troubles[-1] == ""
        await pass_time(3.0)
        assert sound.player.playback.ring.read == 48_000
        await sound.close()
        await line.close()

    asyncio.run(run())
    assert reports[-1] == (1, 48_000)
    assert all(stream.closed for stream in portaudio.streams)


def test_a_device_that_comes_back_at_another_rate_keeps_its_place_and_its_pauses(portaudio: FakePortAudio) -> None:
    reports: list[tuple[int, int, bool]] = []
    now_s = 0.0

    async def run() -> None:
        nonlocal now_s
        line = HearingLine(FakeConversation(), lambda error: None)
        sound = DesktopSound(
            NearCard(lambda: now_s),  # type: ignore[arg-type]
            lambda: NearCard(lambda: now_s),  # type: ignore[arg-type,return-value]
            lambda epoch, samples, /, done=False: reports.append((epoch, samples, done)),
            line,
            None,
            lambda message: None,
        )

        async def pass_time(duration_s: float) -> int:
            nonlocal now_s
            heard = 0
            for _ in range(round(duration_s / 0.05)):
                now_s += 0.05
                for stream in portaudio.streams:
                    if stream.active:
                        out = np.zeros((stream.options["samplerate"] // 20, 1), np.int16)
                        stream.callback(out, len(out), TIMES, None)
                        heard += np.count_nonzero(out)
                sound.tick(now_s, Ears.OPEN, False)
                await asyncio.sleep(0.002)
            return heard

        await sound.start(now_s)
        sound.player.take(AudioDelta(0.0, 1, 1, np.full(48_000, 900, "<i2").tobytes(), ""))
        await pass_time(0.5)
        sound.player.pause("key")
        portaudio.refused = {(24_000, 1), (24_000, 2)}
        for stream in portaudio.streams:
            stream.active = False
        await pass_time(RETRY_S * 2.5)
        assert sound.player.rate_hz == 44_100
        assert await pass_time(1.0) == 0
        sound.player.resume("key")
        sound.player.take(AudioDone(0.0, 1, 1))
        assert await pass_time(3.0) == pytest.approx(1.5 * 44_100, rel=0.01)
        await sound.close()
        await line.close()

    asyncio.run(run())
    assert reports[-1] == (1, 48_000, True)
    assert [samples for _, samples, _ in reports] == sorted(samples for _, samples, _ in reports)
